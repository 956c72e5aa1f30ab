"""What a server imports and loads, for a process that servers are forked from (``serving.py``)."""

from rag.web.serve import silence

silence()

import scipy.sparse  # noqa: E402, F401

import rag.cli  # noqa: E402
import rag.store.index  # noqa: E402
import rag.web.page  # noqa: E402, F401
from rag.encode import load_encoder, load_lexicon  # noqa: E402
from rag.retrieve.question import understand  # noqa: E402
from rag.retrieve.ranking import load_ranking  # noqa: E402
from rag.retrieve.selection import load_selector  # noqa: E402

understand("养老驿站有多少？", load_lexicon())
load_encoder()
load_ranking()
load_selector()
