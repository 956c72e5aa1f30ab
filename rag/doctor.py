"""What is wrong with this installation or index, and the next step.

Every check runs whatever the others say; nothing is written and nothing is repaired.
"""

from __future__ import annotations

import platform
import shutil
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, version

from rag.encode import load_encoder, load_reranker
from rag.errors import IndexMissing, SettingsError, WenjuError
from rag.read import scan
from rag.retrieve import CalibrationState, find_calibration
from rag.settings import NO_RERANKER, Settings, load_settings
from rag.store import docs_of, store_of
from rag.types import Language

_PACKAGES = ("faiss-cpu", "tantivy", "jieba", "rjieba", "numpy", "sentence-transformers", "gradio")
_LOW_DISK = 500_000_000
"""Bytes; a build writes a new generation beside the live one."""


class Level(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    """``installation``, ``settings``, ``model``, ``index``, ``calibration``, ``documents``,
    ``disk``, ``port`` or ``leftovers``."""
    level: Level
    what: str
    next_step: str | None = None
    """None where there is nothing to do."""


def examine(
    *, docs: str | None = None, index: str | None = None, language: Language = Language.ZH
) -> list[Check]:
    """Look at everything that has to be right for ``rag`` to work.

    Args:
        docs: folder of the documents; by default the setting's.
        index: folder of the index; by default the setting's.
        language: of the texts.
    """
    checks = [_installation(language)]
    try:
        settings = load_settings(docs=docs, index=index)
    except SettingsError as error:
        return [*checks, _bad("settings", error, language)]
    for name, look in _LOOKS.items():
        try:
            checks += look(settings, language)
        except WenjuError as error:
            checks.append(_bad(name, error, language))
        except OSError as error:
            checks.append(Check(name, Level.BAD, str(error), _say(_CHECK_PATH, language)))
    return checks


def _installation(language: Language) -> Check:
    found, missing = [], []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {version(package)}")
        except PackageNotFoundError:
            missing.append(package)
    if missing:
        names = ", ".join(missing)
        what = _say(_PACKAGES_MISSING, language, names=names)
        return Check("installation", Level.BAD, what, _say(_INSTALL_AGAIN, language))
    what = f"wenju {_own_version()}, Python {platform.python_version()}, {', '.join(found)}"
    return Check("installation", Level.OK, what)


def _own_version() -> str:
    try:
        return version("wenju")
    except PackageNotFoundError:  # run from a folder that nobody has installed
        return "?"


def _model(settings: Settings, language: Language) -> Iterator[Check]:
    encoder = load_encoder(settings.model)
    encoder.encode_queries(["问"])
    what = f"{encoder.name} ({encoder.fingerprint[:12]}, {encoder.dimension})"
    yield Check("model", Level.OK, what)
    if settings.reranker != NO_RERANKER:
        yield Check("model", Level.OK, load_reranker(settings.reranker).name)


def _index(settings: Settings, language: Language) -> Iterator[Check]:
    try:
        store = store_of(settings)
        manifest = store.manifest(store.published()[-1])
    except IndexMissing as error:
        yield Check("index", Level.WARN, error.what(language), error.next_step(language))
        return
    shape = manifest.shape
    counts = {"documents": len(manifest.documents), "passages": manifest.passages}
    damaged = store.damaged(manifest)  # told before it is opened, so that the part is named
    if damaged:
        what = _say(_PARTS_DAMAGED, language, names=", ".join(damaged))
        yield Check("index", Level.BAD, what, _say(_BUILD_AGAIN, language))
        return
    with store.open() as index:
        what = _say(_INDEX_WHOLE, language, path=index.where, **counts)
    yield Check("index", Level.OK, what)
    encoder = load_encoder(settings.model)
    if encoder.fingerprint != shape.fingerprint:
        what = _say(_OTHER_MODEL, language, indexed=shape.model, wanted=encoder.name)
        yield Check("index", Level.BAD, what, _say(_BUILD_OR_BACK, language))
    state, calibration = find_calibration(settings, shape.fingerprint)
    if state is CalibrationState.IN_FORCE and calibration:
        what = _say(_CALIBRATED, language, count=calibration.questions, when=calibration.created)
        yield Check("calibration", Level.OK, what)
    elif state is not CalibrationState.NONE:
        what = _say(_OUTDATED if state is CalibrationState.OUTDATED else _UNREADABLE, language)
        yield Check("calibration", Level.WARN, what, _say(_CALIBRATE_AGAIN, language))


def _documents(settings: Settings, language: Language) -> Iterator[Check]:
    docs = docs_of(settings)
    found, failures = scan(docs, settings)
    yield Check(
        "documents",
        Level.OK,
        _say(_FILES_FOUND, language, count=len(found), path=docs),
    )
    for failure in failures:
        what = f"{failure.source}: {failure.what}"
        yield Check("documents", Level.WARN, what, failure.next_step)


def _disk(settings: Settings, language: Language) -> Iterator[Check]:
    folder = settings.index.absolute()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    what = _say(_FREE, language, size=f"{free / 1e9:.1f} GB", path=folder)
    if free < _LOW_DISK:
        yield Check("disk", Level.WARN, what, _say(_MAKE_ROOM, language))
    else:
        yield Check("disk", Level.OK, what)


def _port(settings: Settings, language: Language) -> Iterator[Check]:
    where = f"{settings.host}:{settings.port}"
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM
        )[0]
        with socket.socket(family, kind, protocol) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        what = f"{where}: {error.strerror or error}"
        yield Check("port", Level.WARN, what, _say(_OTHER_PORT, language))
    else:
        yield Check("port", Level.OK, _say(_PORT_FREE, language, where=where))


def _leftovers(settings: Settings, language: Language) -> Iterator[Check]:
    left = store_of(settings).leftovers(settings.keep_generations)
    if left:
        what = _say(_LEFT, language, names=", ".join(left))
        yield Check("leftovers", Level.WARN, what, _say(_NEXT_BUILD_CLEANS, language))
    else:
        yield Check("leftovers", Level.OK, _say(_NOTHING_LEFT, language))


_LOOKS: dict[str, Callable[[Settings, Language], Iterator[Check]]] = {
    "model": _model,
    "index": _index,
    "documents": _documents,
    "disk": _disk,
    "port": _port,
    "leftovers": _leftovers,
}

# Chinese, English
_PACKAGES_MISSING = ("缺少 {names}", "{names} missing")
_INSTALL_AGAIN = ("请重新安装 wenju", "install wenju again")
_CHECK_PATH = ("请检查路径、权限和磁盘", "check path, permissions and disk")
_PARTS_DAMAGED = ("{names} 与写入时不同", "{names} not as written")
_BUILD_AGAIN = ("请运行 rag build 重建", "run rag build to make it anew")
_INDEX_WHOLE = (
    "{path}：{documents} 份文件，{passages} 段，各部分完好",
    "{path}: {documents} documents, {passages} passages, every part as written",
)
_OTHER_MODEL = (
    "索引由模型 {indexed} 建立，现在的模型是 {wanted}",
    "built with the model {indexed}, and the model is now {wanted}",
)
_BUILD_OR_BACK = (
    "请运行 rag build 重建，或改回原来的模型",
    "run rag build to make it anew, or go back to the former model",
)
_CALIBRATED = ("用 {count} 个问题校准，{when}", "by {count} questions, {when}")
_OUTDATED = (
    "校准时的模型或排序与现在不同，没有采用",
    "made with another model or ranking than now, and left aside",
)
_UNREADABLE = ("calibration.json 已损坏，没有采用", "calibration.json is damaged and left aside")
_CALIBRATE_AGAIN = (
    "请再运行 rag calibrate，或用 rag calibrate --reset 取消",
    "run rag calibrate again, or rag calibrate --reset",
)
_FILES_FOUND = ("{path} 里有 {count} 个文件", "{count} files in {path}")
_FREE = ("{path} 还有 {size}", "{size} free at {path}")
_MAKE_ROOM = (
    "请腾出空间，或用 RAG_INDEX 把索引放到别的磁盘",
    "free some space, or put the index on another disk with RAG_INDEX",
)
_PORT_FREE = ("{where} 空闲", "{where} is free")
_OTHER_PORT = (
    "网页问答可能已经开着；如果不是，请用 RAG_PORT 换一个端口",
    "the chat may be open already; if not, take another port with RAG_PORT",
)
_LEFT = ("上次没有做完的：{names}", "unfinished work: {names}")
_NEXT_BUILD_CLEANS = (
    "下一次 rag build 会清理；如果它正在运行，则属正常",
    "the next rag build cleans up; normal while one is running",
)
_NOTHING_LEFT = ("没有未做完的内容", "no unfinished work")


def _bad(name: str, error: WenjuError, language: Language) -> Check:
    what = f"{error.where}: {error.what(language)}"
    return Check(name, Level.BAD, what, error.next_step(language))


def _say(pair: tuple[str, str], language: Language, **values: object) -> str:
    return pair[language is Language.EN].format(**values)
