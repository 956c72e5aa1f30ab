"""A small archive of made-up reports, and ways to look at an index from outside."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from rag.encode import Encoder, load_encoder
from rag.store import Field, Index
from rag.types import BuildReport

BUILDING = import_module("rag.build")
"""The module; the public face has a function of that name."""

READING = import_module("rag.intake.passages")
"""The module that reads one file, in this process where the file is short and of our formats."""

WHAT = (
    "新建养老驿站",
    "改造老旧管网",
    "修缮乡村道路",
    "开办社区食堂",
    "加装住宅电梯",
    "种植行道树",
)
WHERE = ("临河镇", "白石桥街道", "青杨岭乡", "望湖新区", "柳林口村", "东沟屯")


def report(headline: str, *facts: str) -> str:
    """A newspaper page of one article: each fact opens a paragraph of some 150 characters."""
    paragraphs = []
    for number, fact in enumerate(facts):
        what, where = WHAT[number % len(WHAT)], WHERE[(number * 5 + len(fact)) % len(WHERE)]
        paragraphs.append(
            f"{fact}据{where}有关负责人介绍，当地把{what}列为今年的民生实事，共分{number + 3}个"
            f"阶段推进。目前已有{(number + 2) * 17}户居民受益，预计{number % 12 + 1}月底全部完工。"
            f"不少居民表示，{what}之后，日常生活比过去方便了许多，也盼着{where}的后续工程早日动工。"
        )
    return "\n\n".join([headline, "本报讯（记者 甲乙）", *paragraphs]) + "\n"


PAGES = {
    "甲报": report("临河镇新建十二个养老驿站", *(f"养老驿站第{n}期开工。" for n in range(8))),
    "乙报": report("青杨岭乡修通山路", *(f"山路第{n}段已经通车。" for n in range(5))),
    "a[1]": report("望湖新区开食堂", "社区食堂每餐只要八元。"),
    "a1": report("柳林口村种树", "全村今年植树三千棵。"),
}
"""Several documents, two of them of many passages and two whose names look like one glob."""


def write(folder: Path, **pages: str) -> Path:
    """Write ``name=text`` as ``name.txt`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (folder / f"{name}.txt").write_text(text, encoding="utf-8")
    return folder


@cache
def embedded() -> Encoder:
    """The embedded model, loaded once."""
    return load_encoder()


def build(docs: Path, index: Path, **more: Any) -> BuildReport:
    """Build with the embedded model."""
    report: BuildReport = BUILDING.build(docs, index, **({"encoder": embedded()} | more))
    return report


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Size and time of everything below a folder, itself included."""
    paths = [folder, *folder.rglob("*")]
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in paths}


def generations(index: Path) -> list[str]:
    """Names in ``generations/``, hidden ones too."""
    return sorted(path.name for path in (index / "generations").iterdir())


def answers(index: Index) -> list[object]:
    """What an index holds and says: equal for two indexes that answer alike."""
    ids = range(index.manifest.passages)
    said: list[object] = [list(index.all_chunks()), index.documents()]
    said += [index.vectors(list(ids)).tobytes()]
    said += [index.search_dense(row, 5) for row in index.vectors(list(ids)[:5])]
    for field in Field:
        said += [index.search_fulltext(field, ["养老", "驿站", "道路", "今年"], 10)]
    return said


def texts(index: Index) -> str:
    """All passages of an index in one string."""
    return "\n".join(chunk.text for chunk in index.all_chunks())


def try_mount(*arguments: str) -> str | None:
    """Mount something; returns why that cannot be done here, or None."""
    try:
        done = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    except OSError as error:
        return str(error)
    return done.stderr.strip() or "mount failed" if done.returncode else None


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[str | None]:
    """A disk of its own at ``folder``; yields why there can be none here, or None."""
    folder.mkdir(parents=True, exist_ok=True)
    refused = try_mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield refused
    finally:
        if refused is None:
            subprocess.run(["umount", "-l", str(folder)], check=True)
