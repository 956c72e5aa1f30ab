"""Answer sentence selection: what numpy reads is what was trained, and no input upsets it."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from rag.encode import load_lexicon, normalise
from rag.retrieve.features import LEGS, SENTENCE, weigh
from rag.retrieve.question import understand
from rag.retrieve.ranking import MARKED, READ, READING, known, load_ranking, worth_reading
from rag.retrieve.selection import QUESTION_TOKENS, SENTENCE_TOKENS, Selector, load_selector
from rag.types import BlockKind, Chunk
from training.selection import Group, Selection, batched, told

QUESTION = "上街区今年要新建多少个养老驿站？"
PASSAGE = ("上街区今年计划新建养老驿站12个。", "另外还要修路三十公里，改善民生。", "！")


def ids(text):
    return load_lexicon().tokens([normalise(text)]).ids


def read(question, *passages, selector=None):
    selector = selector or load_selector()
    return selector.logits(
        ids(question), [ids("")] * len(passages), [[ids(one) for one in some] for some in passages]
    )


def test_numpy_reads_as_the_network_that_was_trained(tmp_path):
    lexicon = load_lexicon()
    torch.manual_seed(3)
    network = Selection(lexicon).eval()
    save_file(network.state_dict(), tmp_path / "weights.safetensors")
    groups = [
        Group("", QUESTION, "民生实事", PASSAGE, [True, False, False], held_out=True),
        Group("", QUESTION, "", ["天气很好，" * 40], [False], held_out=True),
    ]
    tokens = told(groups, lexicon)
    with torch.no_grad():
        expected = network(*batched(tokens)).numpy()
    got = Selector(tmp_path / "weights.safetensors", lexicon).logits(
        tokens[0].question, [one.title for one in tokens], [one.sentences for one in tokens]
    )
    assert [len(one) for one in got] == [3, 1]
    np.testing.assert_allclose(np.concatenate(got), expected, atol=1e-4)


def test_the_sentence_that_answers_is_likelier_than_its_neighbour():
    (logits,) = read(QUESTION, PASSAGE)
    assert int(np.argmax(logits)) == 0


def test_what_a_passage_is_told_does_not_depend_on_those_beside_it():
    alone = read(QUESTION, PASSAGE)[0]
    beside = read(QUESTION, PASSAGE, ["天气很好。"], ["长" * 300])[0]
    np.testing.assert_allclose(alone, beside, atol=1e-4)


@pytest.mark.parametrize("question", ["", "？", "龘", "a" * 400, "养老" * QUESTION_TOKENS], ids=len)
@pytest.mark.parametrize("sentence", ["", "。", "龘龘", "养老驿站" * SENTENCE_TOKENS], ids=len)
def test_any_text_gets_a_finite_number(question, sentence):
    (logits,) = read(question, [sentence, sentence])
    assert logits.shape == (2,)
    assert np.isfinite(logits).all()


def test_a_sentences_own_are_the_words_that_no_other_of_its_passage_and_no_heading_holds():
    parts = ("青川县召开推进会。", "何田主持推进会。", "天晴。")
    ends = [0, *np.cumsum([len(one) for one in parts]).tolist()]
    text, spans = "".join(parts), tuple(pairwise(ends))
    chunk = Chunk(
        "a@0", "a.md", BlockKind.PARAGRAPH, text, spans, spans, 1, 1, "青川县的会", None, None, None
    )
    lexicon = load_lexicon()
    question = understand("青川县推进会由谁主持？", lexicon)
    (rows,) = weigh(question, [chunk], np.zeros((1, len(LEGS))), lexicon).sentences
    own = rows[:, SENTENCE.index("own")]
    assert own[1] > 0.2 > 0.05 > max(own[0], own[2])
    repeated = replace(chunk, title="何田主持的会")
    (rows,) = weigh(question, [repeated], np.zeros((1, len(LEGS))), lexicon).sentences
    assert rows[1, SENTENCE.index("own")] == 0.0


def test_a_lone_passage_is_no_further_ahead_than_itself():
    ranking = load_ranking()
    features = np.zeros((1, len(ranking.order)))
    sentence = np.arange(len(SENTENCE), dtype=float)
    row = known(features, np.array([3.0]), [np.array([1.5])], [sentence])
    told = dict(zip(READING, row[0, -len(READING) :], strict=True))
    assert (told["score"], told["read"]) == (3.0, 1.5)
    assert [told[f"marked_{name}"] for name in MARKED] == [SENTENCE.index(name) for name in MARKED]
    assert told["read_second"] < told["read"]
    assert [told[name] for name in READING if name.endswith("_behind")] == [0.0] * 2
    assert 0 <= ranking.confident(row, ranking.read_scores(row)) <= 1


def test_read_are_those_near_to_the_first_three_at_least_ten_at_most():
    assert worth_reading(np.array([9.0, 1.0, 0.5, 0.2])) == 3
    assert worth_reading(np.array([9.0, 8.0, 7.5, 6.1, 5.0])) == 4
    assert worth_reading(np.full(30, 9.0)) == READ
    assert worth_reading(np.array([9.0])) == 1
