"""问据 Wenju: ask a folder of Chinese reports, get passages with citations that can be proven.

>>> import rag
>>> rag.build("seeds", "index")
>>> answer = rag.retrieve("中原区发放了多少份调查问卷？", k=5)
"""

# Imported here and now, not on first use: `build` and `retrieve` are also the names of submodules,
# and importing a submodule later would put it in the function's place.
from rag.build import build
from rag.errors import WenjuError
from rag.retrieve import Retriever, retrieve
from rag.settings import Settings, load_settings
from rag.types import Answer, BuildReport, Citation, Failure, Hit, Leg, Mode, Status

__all__ = [
    "Answer",
    "BuildReport",
    "Citation",
    "Failure",
    "Hit",
    "Leg",
    "Mode",
    "Retriever",
    "Settings",
    "Status",
    "WenjuError",
    "build",
    "load_settings",
    "retrieve",
]
