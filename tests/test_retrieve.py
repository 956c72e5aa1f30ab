"""Promises of rag/retrieve: the contract of an answer, on the five reports."""

import json
import shutil
import threading
from dataclasses import asdict
from pathlib import Path

import pytest

import rag
from rag.errors import IndexMissing, ModelMismatch, QuestionError
from rag.read import decode, is_quote
from rag.retrieve.followup import depends, rewrite
from rag.types import Mode, Status

ROOT = Path(__file__).parent.parent
QUESTION = "花园口镇已累计投资多少万元修复乡村道路？"


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("retrieve")
    shutil.copytree(ROOT / "seeds", folder / "docs")
    rag.build(folder / "docs", folder / "index")
    return folder / "index"


@pytest.fixture(scope="module")
def docs(index):
    return index.parent / "docs"


@pytest.fixture(scope="module")
def retriever(index):
    with rag.Retriever(index) as opened:
        yield opened


def without_time(answer):
    return json.dumps(asdict(answer) | {"took_ms": 0}, ensure_ascii=False)


def test_the_passage_that_answers_stands_first(retriever):
    answer = retriever.retrieve(QUESTION)
    assert "约2700万元" in answer.hits[0].text
    assert answer.status is Status.FOUND


def test_the_first_highlight_is_the_sentence_that_answers(retriever):
    hit = retriever.retrieve(QUESTION).hits[0]
    start, end = hit.highlights[0]
    assert "约2700万元" in hit.text[start:end]


@pytest.mark.parametrize("mode", list(Mode))
def test_every_passage_is_the_files_own_words(retriever, docs, mode):
    for hit in retriever.retrieve(QUESTION, k=50, mode=mode).hits:
        text, _ = decode((docs / hit.citation.source).read_bytes(), hit.citation.source)
        assert is_quote(hit.text, text, hit.citation.spans)
        cited = text.split("\n")[hit.citation.line_start - 1 : hit.citation.line_end]
        assert "".join(hit.text.split())[:8] in "".join("".join(cited).split())


def test_a_citation_names_headline_file_and_lines(retriever):
    citation = retriever.retrieve(QUESTION).hits[0].citation
    assert citation.label == (
        "《惠济区花园口镇主题教育在“路”上 道路修复赢群众点赞》 004_6f6e1652de062d90.txt "
        f"第 {citation.line_start}–{citation.line_end} 行"
    )
    assert citation.stale is None


def test_scores_fall_and_ranks_count_from_one(retriever):
    hits = retriever.retrieve(QUESTION, k=30).hits
    assert [hit.rank for hit in hits] == list(range(1, 31))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.chunk_id for hit in hits}) == 30


def test_how_many_passages_are_wanted_changes_none_of_the_first(retriever):
    few, many = (retriever.retrieve(QUESTION, k=k) for k in (3, 40))
    assert few.hits == many.hits[:3]
    assert few.confidence == many.confidence


def test_every_passage_has_its_likeliest_sentence_marked_however_far_behind(retriever):
    hits = retriever.retrieve(QUESTION, k=60).hits
    assert len(hits) == 60
    assert all(hit.highlights for hit in hits)


def test_more_passages_than_there_are_gives_what_there_is(retriever):
    everything = sum(document.chunks for document in retriever.documents())
    hits = retriever.retrieve(QUESTION, k=1_000_000).hits
    assert 0 < len(hits) <= everything


@pytest.mark.parametrize("k", [0, -1, 2.5, "5", True])
def test_a_k_that_means_nothing_is_refused_with_the_next_step(retriever, k):
    with pytest.raises(QuestionError, match="k") as caught:
        retriever.retrieve(QUESTION, k=k)
    assert repr(k) in caught.value.describe()


def test_an_unknown_mode_is_refused_with_the_known_ones(retriever):
    with pytest.raises(QuestionError, match="hybrid"):
        retriever.retrieve(QUESTION, mode="magic")


@pytest.mark.parametrize("question", ["", "   ", "\n\t　", "\u200b", "？？！", "\x00", "😀"])
def test_a_blank_question_gets_no_hits(retriever, question):
    answer = retriever.retrieve(question)
    assert (answer.hits, answer.status, answer.confidence) == ((), Status.NOT_FOUND, 0.0)


@pytest.mark.parametrize(
    "question",
    [
        "？？？！！！",
        "的了吗呢",
        "<script>alert(1)</script>",
        'title:"x" OR (a AND b) +*^~:\\',
        "\x00\x01\x02",
        "\ud800",
        "😀😀😀",
        "龘靐齉",
        "a",
        "a" * 5000,
    ],
)
def test_any_question_gets_an_answer(retriever, question):
    answer = retriever.retrieve(question)
    assert answer.question == question
    assert answer.status is not Status.FOUND


def test_a_question_of_a_hundred_thousand_characters_is_answered(retriever):
    answer = retriever.retrieve(QUESTION + "这是一段很长的补充说明，" * 8400)
    assert len(answer.question) > 100_000
    assert answer.hits


def test_same_index_and_question_give_the_same_bytes(index, retriever):
    first = without_time(retriever.retrieve(QUESTION, k=20))
    assert without_time(retriever.retrieve(QUESTION, k=20)) == first
    with rag.Retriever(index) as another:
        assert without_time(another.retrieve(QUESTION, k=20)) == first


def test_many_questions_get_the_answers_each_would_get_alone(retriever):
    questions = [QUESTION, "七十七中来了哪国的校长", ""]
    together = retriever.retrieve_many(questions, k=3)
    alone = [retriever.retrieve(question, k=3) for question in questions]
    assert [without_time(one) for one in together] == [without_time(one) for one in alone]


def test_many_threads_get_the_answers_that_one_gets(retriever):
    questions = [QUESTION, "七十七中来了哪国的校长", "巡察组修好了几座桥"] * 4
    alone = [without_time(retriever.retrieve(question)) for question in questions]
    got = [""] * len(questions)

    def work(place):
        got[place] = without_time(retriever.retrieve(questions[place]))

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(questions))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == alone


def test_sources_limit_what_is_searched(retriever):
    hits = retriever.retrieve(QUESTION, k=20, sources=["000*", "001*"]).hits
    assert {hit.citation.source[:3] for hit in hits} == {"000", "001"}
    assert retriever.retrieve(QUESTION, sources=["nothing*"]).status is Status.NOT_FOUND


@pytest.mark.parametrize(
    "same",
    [
        "花園口鎮修路一共花了多少錢？",
        "花园口镇　修路　一共花了多少钱？",
        "花园口镇修路一共花了多少钱",
    ],
)
def test_script_and_width_do_not_matter(retriever, same):
    assert "约2700万元" in retriever.retrieve(same).hits[0].text


def test_numbers_are_found_however_they_are_written(retriever):
    for question in (
        "哪里投了2700万元修路",
        "哪里投了两千七百万元修路",
        "哪里投了２７００万元修路",
    ):
        assert "约2700万元" in retriever.retrieve(question).hits[0].text


@pytest.mark.parametrize(
    "question", ["孙悟空大闹天宫用了什么兵器？", "量子计算机的退相干时间有多长"]
)
def test_what_the_documents_do_not_say_is_not_found(retriever, question):
    answer = retriever.retrieve(question)
    assert answer.status is Status.NOT_FOUND
    assert answer.hits, "the nearest passages may still be shown"


def test_confidence_is_a_probability(retriever):
    for question in (QUESTION, "火星上有没有生命？"):
        assert 0 <= retriever.retrieve(question).confidence <= 1


def test_thresholds_can_be_set(index, monkeypatch):
    monkeypatch.setenv("RAG_FOUND", "1")
    monkeypatch.setenv("RAG_UNCERTAIN", "0")
    with rag.Retriever(index) as strict:
        assert strict.retrieve(QUESTION).status is Status.UNCERTAIN


def test_every_leg_says_how_it_saw_a_hit(retriever):
    legs = retriever.retrieve(QUESTION).hits[0].legs
    assert legs["words"].rank == 1
    assert {"dense", "words", "bigrams"} <= legs.keys()


# --- follow-ups ----------------------------------------------------------------------------------


def test_a_follow_up_is_searched_with_the_words_it_lacks(retriever):
    answer = retriever.retrieve("那修了多少条路？", history=["花园口镇修路花了多少钱？"])
    assert "14条" in answer.hits[0].text
    assert "花园口" in answer.query
    assert answer.question == "那修了多少条路？"


@pytest.mark.parametrize("mode", ["dense", "sparse"])
def test_every_leg_searches_the_question_that_is_shown(retriever, mode):
    follow_up = retriever.retrieve(
        "那修了多少条路？", history=["花园口镇修路花了多少钱？"], mode=mode
    )
    alone = retriever.retrieve(follow_up.query, mode=mode)
    leg = "dense" if mode == "dense" else "words"
    seen = [[(hit.chunk_id, hit.legs.get(leg)) for hit in each.hits] for each in (follow_up, alone)]
    assert seen[0] == seen[1]
    assert "14条" in follow_up.hits[0].text


def test_a_change_of_subject_does_not_drag_the_old_one_along():
    history = ["花园口镇修路花了多少钱？"]
    question = "新加坡的两位校长到郑州七十七中访问了几天？"
    assert rewrite(question, history) == (question, "")


@pytest.mark.parametrize(
    "question", ["它的面积呢？", "那戏曲进校园呢", "多少钱？", "还有哪些人参加了"]
)
def test_a_dependent_question_is_recognised(question):
    assert depends(question)


def test_a_question_without_history_is_searched_as_it_is(retriever):
    assert retriever.retrieve("那面积呢？").query == "那面积呢？"


# --- citations that can be proven ----------------------------------------------------------------


@pytest.fixture
def own(tmp_path):
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "甲.txt").write_text("甲镇今年新建养老驿站十二个。\n", "utf-8")
    (tmp_path / "docs" / "乙.txt").write_text("乙镇今年修路三条。\n", "utf-8")
    rag.build(tmp_path / "docs", tmp_path / "index")
    return tmp_path


def test_a_changed_or_missing_file_is_marked(own):
    with rag.Retriever(own / "index") as retriever:
        assert retriever.retrieve("甲镇建了几个养老驿站").hits[0].citation.stale is None
        (own / "docs" / "甲.txt").write_text("改过了。\n", "utf-8")
        assert retriever.retrieve("甲镇建了几个养老驿站").hits[0].citation.stale == "changed"
        (own / "docs" / "甲.txt").unlink()
        assert retriever.retrieve("甲镇建了几个养老驿站").hits[0].citation.stale == "missing"


def test_an_open_retriever_moves_on_to_a_new_generation(own):
    with rag.Retriever(own / "index") as retriever:
        before = retriever.retrieve("丙镇建了几所小学").generation
        (own / "docs" / "丙.txt").write_text("丙镇建成小学五所。\n", "utf-8")
        rag.build(own / "docs", own / "index")
        after = retriever.retrieve("丙镇建了几所小学")
        assert after.generation != before
        assert after.hits[0].citation.source == "丙.txt"


def test_searching_writes_nothing(own):
    def tree():
        return {
            path: (path.stat().st_size, path.stat().st_mtime_ns)
            for path in (own / "index").rglob("*")
        }

    before = tree()
    with rag.Retriever(own / "index") as retriever:
        retriever.retrieve("甲镇建了几个养老驿站")
    assert tree() == before


def test_without_an_index_the_next_step_is_named(tmp_path):
    with pytest.raises(IndexMissing) as caught:
        rag.retrieve("有吗", index=tmp_path / "none")
    assert "rag build" in caught.value.describe()


def test_an_index_of_another_model_is_refused_with_both_names(own, tmp_path):
    from rag.encode.encoder import EMBEDDED_FOLDER

    other = tmp_path / "other-model"
    shutil.copytree(EMBEDDED_FOLDER, other)
    (other / "extra.json").write_text("{}")
    with pytest.raises(ModelMismatch) as caught:
        rag.Retriever(own / "index", model=str(other))
    assert "embedded" in caught.value.describe()
    assert str(other) in caught.value.describe()


def test_the_retrieval_function_opens_the_index_once(index):
    first = rag.retrieve(QUESTION, k=2, index=index)
    assert [hit.rank for hit in first.hits] == [1, 2]
    assert without_time(rag.retrieve(QUESTION, 2, index=str(index))) == without_time(first)
