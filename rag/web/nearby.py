"""What could help where nothing was found: words that do occur in the documents.

Which words of the question stand nowhere is asked of the full text. The words offered are taken
from the nearest passages, so that each of them does occur, and are those nearest in meaning to the
question's own by the embedded model's word vectors.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from rag.encode import cut, load_lexicon, normalise
from rag.store import Field, Index
from rag.types import Hit
from rag.web.marks import question_terms

OFFERED = 6
LOOKED_UP = 12
"""Words of a question that are looked up."""
_NEAR = 0.35
"""Cosine from which a word is near enough to be offered."""
_LONGEST = 8
_RARE = 7.0
"""Nats: a word more common than this says nothing by itself."""


def absent_words(index: Index, query: str) -> tuple[str, ...]:
    """The words of ``query`` that stand in no passage of the index."""
    known = question_terms(query)
    terms = [one for one in known if not any(one != other and one in other for other in known)]
    return tuple(
        term
        for term in terms[:LOOKED_UP]
        if not index.search_fulltext(Field.WORDS, [term], 1)
        and not index.search_fulltext(Field.TITLE_WORDS, [term], 1)
    )


def offered_words(query: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Words of the passages ``hits`` that are near in meaning to those of ``query``, best first."""
    asked = [term for term in question_terms(query) if not term.isdigit()][:LOOKED_UP]
    lexicon = load_lexicon()
    counted = dict.fromkeys(
        word
        for hit in hits
        for word in cut(f"{hit.citation.title or ''}。{hit.text}")
        if 2 <= len(word) <= _LONGEST and not word.isascii() and lexicon.rarity(word) > _RARE
    )
    known = [word for word in counted if not any(word in one or one in word for one in asked)]
    if not (asked and known):
        return ()
    nearness = (_directions(known) @ _directions(asked).T).max(axis=1)
    order = sorted(range(len(known)), key=lambda place: (-nearness[place], place))
    kept: list[str] = []
    for place in order:
        if nearness[place] < _NEAR or len(kept) == OFFERED:
            break
        word = known[place]
        if not any(word in one or one in word for one in kept):
            kept.append(word)
    return tuple(kept)


def _directions(words: Sequence[str]) -> npt.NDArray[np.float32]:
    """The words' vectors, each of length 1 or 0: float32 ``[len(words), dimension]``."""
    lexicon = load_lexicon()
    tokens = lexicon.tokens([normalise(word) for word in words])
    vectors = lexicon.vectors(tokens.ids)
    summed = np.stack(
        [
            vectors[start:end].sum(axis=0)
            for start, end in zip(tokens.starts[:-1], tokens.starts[1:], strict=True)
        ]
    )
    lengths = np.linalg.norm(summed, axis=1, keepdims=True)
    return (summed / np.where(lengths > 0, lengths, 1)).astype(np.float32)
