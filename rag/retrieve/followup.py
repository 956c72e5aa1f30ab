"""Follow-ups without a language model: what a question lacks comes from the turn before.

A question depends on the conversation when it points back (它、那里、该…), opens like an
afterthought (那、还有…), or is an ellipsis (「戏曲进校园呢？」, 「多少钱？」). A question that
stands alone is left alone, so a change of subject does not drag the old one along.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.encode import cut
from rag.retrieve.question import EMPTY_WORDS

_POINTS_BACK = re.compile(
    r"它们?|他们?|她们?|其[中他它余]?|该[^如]|此(?!外)|这[个些里儿种项次家位条所]?|那[个些里儿种项次家位条所]|前者|后者"
    r"|上述|同一|另外|其余"
)
_AFTERTHOUGHT = re.compile(r"^\s*(?:那么?|还有|另外|然后|再|又|以及|除此|除了这)")
_ELLIPSIS = re.compile(r"呢\s*[？?]?\s*$")


def rewrite(question: str, history: Sequence[str]) -> tuple[str, str]:
    """``(query, earlier)``: the question as it is searched, and what it took from earlier turns.

    ``earlier`` is empty for a question that stands alone; then ``query`` is the question.
    """
    earlier = ""
    for turn in history:
        if turn.strip():
            earlier = _joined(turn, earlier if depends(turn) else "")
    if not earlier or not depends(question):
        return question, ""
    taken = _lacking(earlier, question)
    return (f"{question.strip()} {taken}", taken) if taken else (question, "")


def depends(question: str) -> bool:
    """Whether a question needs the turns before it to be understood."""
    content = [word for word in cut(question) if word not in EMPTY_WORDS]
    if _AFTERTHOUGHT.search(question) or len(content) <= 1:
        return True
    if _ELLIPSIS.search(question) and len(content) <= 4:
        return True
    return _POINTS_BACK.search(question) is not None and len(content) <= 8


def _joined(turn: str, earlier: str) -> str:
    taken = _lacking(earlier, turn) if earlier else ""
    return f"{turn.strip()} {taken}".strip()


def _lacking(earlier: str, question: str) -> str:
    """The content words of ``earlier`` that ``question`` does not have, in order."""
    own = set(cut(question))
    return " ".join(
        dict.fromkeys(word for word in cut(earlier) if word not in EMPTY_WORDS and word not in own)
    )
