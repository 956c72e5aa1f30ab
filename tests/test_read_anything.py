"""No bytes make a reader crash, hang or take others down: real files of every format, harmed.

``HARMED=2000 python -m pytest tests/test_read_anything.py`` looks longer; ``HARM_SEED`` elsewhere.
"""

from __future__ import annotations

import os
import random

import archive
import scans
import zoo
from archive import build

from rag.read import recognition
from rag.settings import load_settings
from rag.store import open_index
from rag.verify import verify

HARMED = int(os.environ.get("HARMED", "40"))
"""Harmed files of each format."""
SEED = int(os.environ.get("HARM_SEED", "1"))
TEXT = archive.report("通报", zoo.GOOD * 3)
HTML = (
    f"<html><head><meta charset=utf-8><title>通报</title></head><body><p>{TEXT}</p></body></html>"
)
MAIL = f"From: a@example.org\nSubject: 1\nContent-Type: text/plain; charset=utf-8\n\n{TEXT}\n"
SOUND = {
    "txt": TEXT.encode("gb18030"),
    "md": f"---\ntitle: 通报\n---\n\n# 通报\n\n{TEXT}".encode(),
    "html": HTML.encode(),
    "pdf": zoo.PLAIN,
    "csv": ("名称,数量\n" + "养老驿站,十二个\n" * 20).encode("utf-16"),
    "eml": MAIL.encode(),
    "docx": zoo.WORD,
    "zip": zoo.packed({"a.txt": TEXT, "b.docx": zoo.WORD}),
}
if recognition.is_there() and scans.FONT:
    SOUND["png"] = scans.saved(scans.scan([zoo.GOOD], dpi=40, points=16), kind="PNG")


def harmed(data: bytes, chance: random.Random) -> bytes:
    """Some of it changed, lost, doubled, moved, or put in the place of something else."""
    harmed = bytearray(data)
    for _ in range(chance.choice((1, 1, 3, 10, 40))):
        at = chance.randrange(len(harmed) + 1)
        length = chance.choice((1, 1, 2, 8, 64, 400))
        piece = harmed[at : at + length]
        instead = (
            chance.randbytes(len(piece)),
            b"",
            piece * 2,
            bytes(len(piece)),
            chance.choice((b"\xff\xff\xff\xff", b"<" * 50, b"\r\n", b"\xed\xa0\x80", b'"')),
        )
        harmed[at : at + length] = chance.choice(instead)
    return bytes(harmed)


def test_whatever_the_bytes_each_file_is_proven_or_told_and_the_sound_ones_are_indexed(tmp_path):
    docs, chance = tmp_path / "docs", random.Random(SEED)
    docs.mkdir()
    for kind, data in SOUND.items():
        (docs / f"sound.{kind}").write_bytes(data)
        for number in range(HARMED // 10 if kind == "png" else HARMED):  # a second each
            (docs / f"harmed{number}.{kind}").write_bytes(harmed(data, chance))
    for number in range(HARMED):
        kind = chance.choice(sorted(SOUND))
        noise = chance.randbytes(chance.choice((1, 30, 3000)))
        (docs / f"noise{number}.{kind}").write_bytes(noise)
    settings = load_settings(max_file_seconds=20)
    report = build(docs, tmp_path / "index", settings=settings)
    told = {failure.source.partition("/")[0] for failure in report.failed}
    assert not {failure.code for failure in report.failed} & {"ReaderFailed", "LawBroken"}
    checked = verify(tmp_path / "index", docs)
    assert checked.problems == ()
    assert checked.proven == checked.passages > len(SOUND)
    with open_index(tmp_path / "index") as index:
        held = {record.source.partition("/")[0] for record in index.documents()}
    assert {f"sound.{kind}" for kind in SOUND} <= held
    assert {path.name for path in docs.iterdir()} <= held | told
