"""The written answer: each sentence against what it cites; an endpoint that fails takes nothing."""

from __future__ import annotations

import socket
import time
from dataclasses import replace
from typing import Any

import pytest
from endpoint import BAD_WAYS, talking

from rag.settings import Settings, load_settings
from rag.types import Answer, Citation, Hit, Language, Status
from rag.web.support import missing
from rag.web.writing import Claim, Doubt, Draft, Stage, claims, drafts, writes

TOILETS = (
    "全年新建公厕10座，改造老旧管网3.5公里，总投资2700万元。工程由临河镇政府负责，六月底完工。"
)
VISITS = "中原区发放调查问卷1.2万份，走访群众2.8万人次，没有发现重大隐患。"


def hit(rank: int, text: str) -> Hit:
    cited = Citation(
        source=f"{rank}.txt", title="临河镇今年的民生实事", section=None, byline="记者 甲乙",
        date="2023-05-06", page=None, line_start=1, line_end=1, spans=((0, len(text)),),
        sha256="0" * 64, label=f"《临河镇今年的民生实事》 {rank}.txt 第 1 行",
    )  # fmt: skip
    return Hit(rank, 9.0 - rank, text, ((0, 10),), f"{rank}.txt@0", cited)


HITS = (hit(1, TOILETS), hit(2, VISITS))
ANSWER = Answer("新建几座公厕？", "新建几座公厕？", Status.FOUND, 0.9, HITS, "000001", 3.0)


def settings_for(address: str, **more: Any) -> Settings:
    return load_settings(**({"llm_base_url": address, "llm_model": "small"} | more))


def last(address: str, **more: Any) -> Draft:
    return list(drafts(settings_for(address, **more), ANSWER))[-1]


def judged(text: str) -> tuple[Claim, ...]:
    return claims(text, HITS, finished=True)


# --- what a citation bears out --------------------------------------------------------------------


@pytest.mark.parametrize(
    "sentence",
    ["今年新建公厕10座。", "临河镇今年要新建10座公厕，总投资为2700万元。", "管网改造了3.5公里。",
     "共投资２７００万元。", "工程由临河镇政府负责。", "报道称“全年新建公厕10座”。",
     "这些工程6月底完工。", "据2023年5月6日的报道，新建公厕10座。"],
)  # fmt: skip
def test_what_the_passage_says_is_borne_out(sentence: str) -> None:
    assert missing(sentence, [f"临河镇今年的民生实事\n2023-05-06\n{TOILETS}"]) == ()


@pytest.mark.parametrize(
    ("sentence", "what"),
    [("今年新建公厕12座。", "12"), ("总投资2700元。", "2700"), ("管网改造了35公里。", "35"),
     ("工程由郑州市负责。", "郑州市"), ("公厕10座，由王建国督办。", "王建国"),
     ("采用TH01型设备新建公厕10座。", "TH01"), ("报道称“新建公厕十余座”。", "新建公厕十余座"),
     ("今年没有新建公厕。", "没有"), ("投资增长27%。", "27%")],
)  # fmt: skip
def test_what_the_passage_does_not_say_is_named(sentence: str, what: str) -> None:
    assert what in missing(sentence, [TOILETS])


def test_a_sentence_of_mostly_other_words_is_not_borne_out() -> None:
    assert missing("学校食堂的菜品价格由家长委员会监督公示。", [TOILETS])


def test_a_number_is_found_however_it_is_written() -> None:
    assert missing("发放问卷12000份，走访2.8万人次。", [VISITS]) == ()
    assert missing("发放问卷一万二千份。", [VISITS]) == ()


@pytest.mark.parametrize(
    ("sentence", "named"),
    [
        ("总投资９９９万元。", "９９９万"),
        ("总投资九百九十九万元。", "九百九十九万"),
        ("总投资1,234元。", "1,234"),
        ("占百分之三点五。", "百分之三点五"),
    ],
)
def test_what_is_not_borne_out_is_named_as_it_was_written(sentence: str, named: str) -> None:
    assert missing(sentence, ["总投资170元，占一成。"]) == (named,)


def test_part_of_a_number_bears_nothing_out() -> None:
    assert missing("总投资70元。", ["总投资170元。"]) == ("70",)


# --- sentences and their citations ----------------------------------------------------------------


@pytest.mark.parametrize(
    "written",
    ["新建公厕10座[1]。", "新建公厕10座。[1]", "新建公厕10座【1】。", "新建公厕10座 ［1］。",
     "**新建公厕10座**[1]。", "- 新建公厕10座。[1]", "<think>12？[2]</think>新建公厕10座[1]。"],
)  # fmt: skip
def test_a_citation_is_read_however_it_is_set(written: str) -> None:
    [claim] = judged(written)
    assert (claim.text, claim.cites, claim.doubt) == ("新建公厕10座。", (1,), None)


def test_several_citations_together_bear_a_sentence_out() -> None:
    sentence = "新建公厕10座，发放调查问卷1.2万份"
    assert judged(f"{sentence}[1][2]。")[0].doubt is None
    assert judged(f"{sentence}[1，2]。")[0].cites == (1, 2)
    assert judged(f"{sentence}[1]。")[0].doubt is Doubt.UNSUPPORTED


def test_each_sentence_is_judged_by_itself() -> None:
    three = judged("新建公厕10座[1]。投资2800万元[1]。一切顺利。依据见资料[7]。")
    assert [claim.doubt for claim in three] == [
        None, Doubt.UNSUPPORTED, Doubt.UNCITED, Doubt.NO_SUCH_PASSAGE,
    ]  # fmt: skip
    assert three[1].missing == ("2800万",)


def test_a_sentence_that_cites_the_wrong_passage_is_marked() -> None:
    assert judged("新建公厕10座[2]。")[0].doubt is Doubt.UNSUPPORTED


def test_what_is_still_being_written_is_not_judged_yet() -> None:
    first, second = claims("新建公厕10座[1]。投资28", HITS, finished=False)
    assert (first.doubt, second.doubt) == (None, None)
    assert claims("新建公厕10座[1]。投资28", HITS, finished=True)[1].doubt is Doubt.UNCITED


# --- an endpoint that does well -------------------------------------------------------------------


def test_an_answer_is_streamed_and_each_sentence_cited() -> None:
    with talking("well", "今年新建公厕10座[1]。发放问卷1.2万份[2]。") as server:
        seen = list(drafts(settings_for(server.address, llm_api_key="sk-1"), ANSWER))
    assert seen[0] == Draft(Stage.WRITING)
    assert seen[-1].stage is Stage.DONE
    assert [claim.cites for claim in seen[-1].claims] == [(1,), (2,)]
    assert all(claim.doubt is None for claim in seen[-1].claims)
    [asked] = server.asked
    assert (asked["model"], asked["stream"]) == ("small", True)
    assert "[2] 《临河镇今年的民生实事》" in asked["messages"][1]["content"]
    assert server.keys == ["Bearer sk-1"]


def test_an_answer_grows_while_it_is_written() -> None:
    with talking("slowly", "新建公厕10座[1]。") as server:
        seen = list(drafts(settings_for(server.address), ANSWER))
    lengths = [sum(len(claim.text) for claim in draft.claims) for draft in seen]
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 3


def test_an_endpoint_that_does_not_stream_is_understood_too() -> None:
    with talking("at_once", "新建公厕10座[1]。") as server:
        assert last(server.address).claims == (Claim("新建公厕10座。", (1,)),)


def test_an_endpoint_that_finds_no_answer_says_so() -> None:
    with talking("well", "资料不足。") as server:
        assert last(server.address) == Draft(Stage.ABSTAINED)


# --- and badly ------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", BAD_WAYS)
def test_an_endpoint_that_talks_nonsense_is_told_and_nothing_is_raised(way: str) -> None:
    with talking(way) as server:
        draft = last(server.address, llm_timeout=10)
    assert draft.stage is Stage.FAILED
    assert draft.trouble is not None
    for language in Language:
        assert draft.trouble.what(language)
        assert draft.trouble.next_step(language)


def test_an_endpoint_that_is_down_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
    assert last(address).stage is Stage.FAILED


@pytest.mark.parametrize("way", ["nothing_ever", "slowly"])
def test_an_endpoint_that_is_slow_is_left_in_time(way: str) -> None:
    with talking(way, "很" * 1000) as server:
        began = time.monotonic()
        draft = last(server.address, llm_timeout=1)
    assert draft.stage is Stage.FAILED
    assert "timeout" in draft.trouble.what()  # type: ignore[union-attr]
    assert time.monotonic() - began < 25


def test_the_key_is_in_no_message() -> None:
    with talking("an_error") as server:
        draft = last(server.address, llm_api_key="sk-very-secret")
    assert "sk-very-secret" not in repr(draft) + draft.trouble.describe()  # type: ignore[union-attr]


def test_hostile_text_stays_text() -> None:
    with talking("well", "<script>bad()</script>[1]。![x](http://192.0.2.1/a.png)[1]。") as server:
        draft = last(server.address)
    assert draft.stage is Stage.DONE
    assert any("<script>" in claim.text for claim in draft.claims)
    assert all(claim.doubt is Doubt.UNSUPPORTED for claim in draft.claims)


def test_nothing_is_written_unless_there_is_an_endpoint_and_something_found() -> None:
    there = settings_for("http://127.0.0.1:9/v1")
    assert writes(there, ANSWER)
    assert not writes(load_settings(), ANSWER)
    assert not writes(there, replace(ANSWER, status=Status.NOT_FOUND))
    assert not writes(there, replace(ANSWER, hits=()))
