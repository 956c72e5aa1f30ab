"""What the legs of the search find, brought to one scale."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import numpy as np
import numpy.typing as npt

from rag.encode import Encoder, bigrams, words
from rag.retrieve.features import LEGS, Floats
from rag.retrieve.question import Question
from rag.store import Field, Index, Scored, Vector, Wanted
from rag.types import Leg

_WHERE = 2.0
"""Weight of the headline's fields against the passage's where both are asked at once."""
_PLACES, _BESIDE = 10, 40
"""Passages whose documents are read by meaning too, and how many are taken of these."""
DEPTH = 50
"""Candidates taken from each leg."""
_LONGEST_QUERY = 2000
"""Code points of a question that are encoded: of a longer one its beginning and its end."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The union of what :data:`~rag.retrieve.features.LEGS` found."""

    found: tuple[tuple[Scored, ...], ...]
    """One list a leg, best first."""
    ids: tuple[int, ...]
    """Ascending."""
    shares: Floats
    """Shape ``[len(ids), len(LEGS)]``: a leg's score as a share of its best; 0 where not found."""
    documents: npt.NDArray[np.int64]
    """Which document each is of."""

    def legs(self, passage: int) -> dict[str, Leg]:
        """How each leg saw a passage."""
        seen = {}
        for name, leg in zip(LEGS, self.found, strict=True):
            for rank, scored in enumerate(leg, 1):
                if scored.id == passage:
                    seen[name] = Leg(rank, round(scored.score, 6))
        return seen

    def without(self, passages: Collection[int]) -> Candidates:
        """The same search had ``passages`` not been in the corpus."""
        left = [[hit for hit in leg if hit.id not in passages] for leg in self.found]
        document = dict(zip(self.ids, self.documents.tolist(), strict=True))
        return _united(left, lambda ids: np.array([document[one] for one in ids], np.int64))


def gather(
    index: Index,
    encoder: Encoder,
    question: Question,
    *,
    depth: int = DEPTH,
    sources: Sequence[str] = (),
) -> Candidates:
    """Ask every leg for its ``depth`` best."""
    text = question.text
    if len(text) > _LONGEST_QUERY:
        text = text[: _LONGEST_QUERY // 2] + text[-_LONGEST_QUERY // 2 :]
    vector = encoder.encode_queries([text])[0]
    titled = index.search_fields(
        [Wanted(Field.TITLE_WORDS, question.words), Wanted(Field.TITLE_BIGRAMS, question.bigrams)],
        depth,
        sources,
    )
    placed = _placed(index, question, titled, depth, sources)
    return _united(
        [
            index.search_dense(vector, depth, sources),
            index.search_fulltext(Field.WORDS, question.words, depth, sources),
            index.search_fulltext(Field.BIGRAMS, question.bigrams, depth, sources),
            titled,
            placed,
            _beside(index, vector, placed),
        ],
        index.documents_of,
    )


def _placed(
    index: Index,
    question: Question,
    titled: Sequence[Scored],
    depth: int,
    sources: Sequence[str],
) -> list[Scored]:
    """Where and what, each asked of its own fields and added up.

    What the best headline explains of the question must not pull passages: they are asked for the
    rest only.
    """
    if not titled:
        return []
    (best,) = index.chunks([titled[0].id])
    heading = f"{best.title or ''}\n{PurePosixPath(best.source).stem}"
    where_words, where_bigrams = set(words(heading)), set(bigrams(heading))
    what = [
        Wanted(Field.WORDS, [term for term in question.words if term not in where_words]),
        Wanted(Field.BIGRAMS, [term for term in question.bigrams if term not in where_bigrams]),
    ]
    if not any(one.terms for one in what):
        return []
    where = [
        Wanted(Field.TITLE_WORDS, question.words, _WHERE),
        Wanted(Field.TITLE_BIGRAMS, question.bigrams, _WHERE),
    ]
    return index.search_fields([*what, *where], depth, sources)


def _beside(index: Index, vector: Vector, placed: Sequence[Scored]) -> list[Scored]:
    """The nearest by meaning in the documents that the best of ``placed`` stand in."""
    best = [scored.id for scored in placed[:_PLACES]]
    return index.search_dense_beside(vector, _BESIDE, best) if best else []


def _united(
    found: Sequence[Sequence[Scored]],
    documents_of: Callable[[Sequence[int]], npt.NDArray[np.int64]],
) -> Candidates:
    """Lists of scored passages, one a leg and best first, as candidates."""
    ids = sorted({scored.id for leg in found for scored in leg})
    place = {passage: row for row, passage in enumerate(ids)}
    shares = np.zeros((len(ids), len(LEGS)))
    for column, leg in enumerate(found):
        best = leg[0].score if leg else 0.0
        if best > 0:
            for scored in leg:
                shares[place[scored.id], column] = scored.score / best
    return Candidates(tuple(tuple(leg) for leg in found), tuple(ids), shares, documents_of(ids))
