"""The chat without a browser: its HTML, the cited file, the examples, the server."""

from __future__ import annotations

import hashlib
import json
import os
import re
import socket
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import gradio as gr
import pytest

from rag.build import build
from rag.errors import CannotListen, IndexMissing, IndexProblem
from rag.retrieve import Retriever
from rag.settings import load_settings
from rag.types import Answer, Box, Citation, Hit, Language, Status
from rag.web import view
from rag.web.acts import Acts
from rag.web.cited import LONG_LINE, Line, read_cited
from rag.web.examples import example_questions
from rag.web.library import Library
from rag.web.marks import pieces, question_terms, term_spans
from rag.web.markup import element, join, text
from rag.web.serve import listen
from rag.web.session import MAX_TURNS, Session, Turn, Visitor
from rag.web.sheet import answer_boxes
from rag.web.texts import EN, ZH

ASKED = "花园口镇已累计投资多少万元修复乡村道路？"
ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
HOSTILE = "<script>bad()</script><img src=x onerror=bad()>${bad()}{{bad}}[x](javascript:bad())'\"&"
HARMLESS = set(
    "div section article header footer nav aside figure figcaption blockquote h1 h2 h3 h4 p ol ul "
    "li span b mark code strong button details summary table thead tbody tr th td".split()
)


class Page(HTMLParser):
    """What a browser makes of HTML: its elements, their attributes and the text that is shown."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.shown = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)

    def handle_data(self, data: str) -> None:
        self.shown += data


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    build(SEEDS, folder)
    return folder


def citation(source: str = "a.txt", title: str | None = "题目", **changes: object) -> Citation:
    fields: dict[str, object] = {
        "source": source, "title": title, "section": None, "byline": None, "date": None,
        "page": None, "line_start": 1, "line_end": 1, "spans": ((0, 4),), "sha256": "",
        "label": f"《{title}》 {source} 第 1 行",
    }  # fmt: skip
    return Citation(**(fields | changes))  # type: ignore[arg-type]


def answer(text: str, status: Status = Status.FOUND, **changes: object) -> Answer:
    hit = Hit(1, 9.0, text, ((0, min(8, len(text))),), "a.txt@0", citation(**changes))
    return Answer("新建多少座公厕", "新建多少座公厕", status, 0.9, (hit,), "000001", 3.0)


def cited_hit(**changes: object) -> Hit:
    return Hit(1, 9.0, "内容", (), "a.txt@0", citation(**changes))


def page_of(given: Answer, question: str = "问", language: Language = Language.ZH) -> Page:
    return Page(view.conversation(Session(language, (Turn(question, given),))))


# --- foreign text is only ever text ---------------------------------------------------------------


def test_foreign_text_is_shown_as_it_is_and_never_becomes_markup() -> None:
    given = answer(HOSTILE, source=HOSTILE, title=HOSTILE, section=HOSTILE, byline=HOSTILE)
    page = page_of(given, question=HOSTILE)
    assert page.tags <= HARMLESS
    assert not {name for name in page.attributes if name.startswith("on") or name == "href"}
    assert page.shown.count(HOSTILE) >= 5


def test_template_characters_reach_the_page_only_as_entities() -> None:
    assert not set("${}`") & set(text("${a} {{b}} `c`"))


def test_control_characters_and_turned_writing_are_shown_by_name() -> None:
    assert text("a\x00b\x1b") == "a␀b␛"
    assert text("a\u202eb") == "a[U+202E]b"
    assert text("\ud800") == "\ufffd"
    assert text("第一行\n第二行\t") == "第一行\n第二行\t"


def test_an_attribute_cannot_be_left() -> None:
    made = element("button", "x", data_ask='"><img src=x>')
    assert Page(made).tags == {"button"}


def test_markup_is_not_escaped_twice() -> None:
    assert join(element("b", "&"), "&") == "<b>&amp;</b>&amp;"


# --- what an answer claims ------------------------------------------------------------------------


def test_a_found_answer_is_quoted_word_for_word_with_its_citation() -> None:
    page = page_of(answer("全年新建公厕10座。此外还有很多。"))
    assert "blockquote" in page.tags
    assert "全年新建公厕10" in page.shown
    assert "《题目》 a.txt 第 1 行" in page.shown
    assert ZH.found in page.shown


def test_not_found_quotes_nothing_and_calls_the_passages_only_near() -> None:
    page = page_of(answer("全年新建公厕10座。", Status.NOT_FOUND))
    assert "blockquote" not in page.tags
    assert "mark" not in page.tags
    assert ZH.not_found in page.shown
    assert ZH.only_near in page.shown


def test_an_uncertain_answer_says_so() -> None:
    page = page_of(answer("全年新建公厕10座。", Status.UNCERTAIN))
    assert ZH.uncertain in page.shown
    assert ZH.found not in page.shown


def test_a_passage_names_the_other_places_of_the_same_words() -> None:
    given = answer("全年新建公厕10座。")
    twin = citation("b.txt", "转载")
    shown = page_of(replace(given, hits=(replace(given.hits[0], also=(twin,)),))).shown
    assert f"同样的话也见于：{twin.label}" in shown


def test_a_passage_whose_file_changed_says_so() -> None:
    page = page_of(answer("全年新建公厕10座。", stale="changed"))
    assert ZH.stale["changed"] in page.shown


def test_a_long_passage_folds_and_is_whole_inside() -> None:
    long = "全年新建公厕10座。" + "其他的事情还有很多很多。" * 60
    page = page_of(answer(long))
    assert "details" in page.tags
    assert long in page.shown


def test_the_question_as_searched_is_shown_where_it_differs() -> None:
    given = answer("全年新建公厕10座。")
    followed = Answer("那六月呢", "六月新建多少座公厕", *_rest(given))
    assert "六月新建多少座公厕" in page_of(followed).shown
    assert ZH.searched_as.split("{")[0] not in page_of(given).shown


def _rest(given: Answer) -> tuple[object, ...]:
    return (given.status, given.confidence, given.hits, given.generation, given.took_ms)


def test_a_very_long_question_is_shown_in_part_and_its_length_told() -> None:
    page = page_of(answer("全年新建公厕10座。"), question="长" * 100_000)
    assert len(page.shown) < 2000
    assert "100000" in page.shown


def test_a_trouble_names_the_command_to_run() -> None:
    trouble = view.conversation(Session(Language.ZH), IndexMissing("index"))
    assert "rag build" in Page(trouble).shown


def test_both_languages_have_every_template_with_the_same_fields() -> None:
    def fields(value: object) -> object:
        if isinstance(value, dict):
            return {key: fields(one) for key, one in value.items()}
        return set(re.findall(r"{(\w+)}", str(value)))

    for name in ZH.__dataclass_fields__:
        assert fields(getattr(ZH, name)) == fields(getattr(EN, name)), name


def test_a_page_that_is_open_for_days_keeps_a_bounded_conversation() -> None:
    session = Session(Language.ZH)
    for number in range(MAX_TURNS + 5):
        session = session.asked(Turn(f"问题{number}"))
    assert len(session.turns) == MAX_TURNS
    assert session.turns[-1].question == f"问题{MAX_TURNS + 4}"
    assert session.dropped


# --- marks ----------------------------------------------------------------------------------------


def test_limits_are_taken_up_in_their_order_and_once_however_they_arrive() -> None:
    first = {"n": 1, "part": "kinds", "value": "md", "on": True}
    second = {"n": 2, "part": "all"}
    third = {"n": 3, "part": "since", "value": "2021-01-01"}
    session = Session(Language.ZH).hearing([first, second]).hearing([first, second, third])
    assert (session.scope.kinds, session.scope.since, session.heard) == ((), "2021-01-01", 3)
    assert session.hearing([first]) == session
    assert session.hearing([{"n": "4", "part": "all"}, None, 5]).hearing("x") == session


def test_what_overlaps_on_a_page_changes_one_session() -> None:
    visitor = Visitor(Session(Language.ZH).asked(Turn("问")))
    [asked] = visitor.session.turns
    visitor.change(lambda now: now.hearing([{"n": 1, "part": "kinds", "value": "md", "on": 1}]))
    visitor.change(lambda now: now.told(asked.key, answer=answer("全年新建公厕10座。")))
    assert visitor.session.scope.kinds == ("md",)
    assert visitor.session.turns[0].answer is not None
    visitor.change(lambda now: now.before(0))
    assert visitor.change(lambda now: now.told(asked.key, stopped=True)).turns == ()


def test_a_question_sent_twice_is_asked_once_whichever_is_quicker(index: Path) -> None:
    acts = Acts(Library(load_settings(index=index, docs=SEEDS)))
    visitor = Visitor(Session(Language.ZH))
    empty = {"last": ""}
    first = acts.ask(visitor, ASKED, empty)
    next(first)
    for again in (ASKED, ""):
        [late] = acts.ask(visitor, again, empty)
        assert late == (gr.skip(),) * 6  # or it might overdraw the answer
    [shown] = first
    [_] = acts.ask(visitor, ASKED, empty)
    [turn] = visitor.session.turns
    assert turn.answer is not None
    assert f'data-last="{turn.key}"' in shown[1]
    [_, _] = acts.ask(visitor, ASKED, {"last": turn.key})  # read, and asked once more
    assert len(visitor.session.turns) == 2
    visitor.change(lambda now: now.edited(1, whole=False))
    [_, _] = acts.ask(visitor, ASKED, {"last": turn.key})
    assert [one.question for one in visitor.session.turns] == [ASKED, ASKED]


def test_pieces_joined_are_the_text() -> None:
    cut = pieces("全年新建公厕10座。", [(0, 4), (2, 6)], [(3, 5)])
    assert "".join(piece.text for piece in cut) == "全年新建公厕10座。"
    assert [piece.text for piece in cut if piece.term] == ["建", "公"]


def test_on_paper_the_sentence_that_answers_takes_its_share_of_each_line() -> None:
    lines = [
        Line(1, "去年新建12座。今年新", ((0, 11),), ((8, 11),)),
        Line(2, "", ()),
        Line(3, "建公厕10座。", ((0, 7),), ((0, 7),)),
        Line(4, "明年再建。", ()),
    ]
    boxes = [Box(2, 100.0, 40.0, 200.0, 50.0), Box(2, 100.0, 60.0, 160.0, 70.0)]
    assert answer_boxes(lines, boxes) == [Box(2, 170.0, 40.0, 200.0, 50.0), boxes[1]]
    assert answer_boxes(lines, boxes[:1]) == [], "where it cannot be told nothing is claimed"


def test_a_term_does_not_mark_part_of_a_longer_number() -> None:
    assert term_spans("共1024人、24人", ("24",)) == ((7, 9),)


def test_words_that_only_ask_are_not_marked() -> None:
    terms = question_terms("新建了多少座公厕？")
    assert "公厕" in terms
    assert "多少" not in terms


# --- the cited file -------------------------------------------------------------------------------


def test_the_cited_characters_are_marked_on_their_own_lines(tmp_path: Path) -> None:
    data = "甲\r\n乙乙\r\n丙丙丙\r\n".encode()
    (tmp_path / "a.txt").write_bytes(data)
    cited = cited_hit(
        line_start=2, line_end=3, spans=((4, 5), (7, 9)), sha256=hashlib.sha256(data).hexdigest()
    )
    file = read_cited(tmp_path, cited)
    assert file.state is None
    assert [line.text for line in file.lines] == ["甲", "乙乙", "丙丙丙", ""]
    assert [line.cited for line in file.lines] == [(), ((1, 2),), ((0, 2),), ()]


def test_a_changed_file_is_shown_as_it_is_with_nothing_marked(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("换了内容", "utf-8")
    file = read_cited(tmp_path, cited_hit(sha256="0" * 64))
    assert file.state == "changed"
    assert [line.text for line in file.lines] == ["换了内容"]
    assert not file.lines[0].cited


@pytest.mark.parametrize("name", ["gone.txt", "a.txt/b.txt"])
def test_a_file_that_is_gone_is_missing(tmp_path: Path, name: str) -> None:
    (tmp_path / "a.txt").write_text("内容", "utf-8")
    assert read_cited(tmp_path, cited_hit(source=name)).state == "missing"


@pytest.mark.parametrize("name", ["../secret.txt", "/etc/passwd", "b/../../secret.txt", "a\0b.txt"])
def test_no_file_outside_the_documents_is_ever_opened(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret.txt").write_text("秘密", "utf-8")
    (tmp_path / "docs").mkdir()
    file = read_cited(tmp_path / "docs", cited_hit(source=name))
    assert (file.state, file.lines) == ("unreadable", ())


def test_of_a_file_of_one_endless_line_the_part_around_the_citation_is_shown(
    tmp_path: Path,
) -> None:
    whole = "字" * 300_000 + "答案" + "字" * 300_000
    (tmp_path / "a.txt").write_text(whole, "utf-8")
    sha256 = hashlib.sha256(whole.encode()).hexdigest()
    cited = cited_hit(spans=((300_000, 300_002),), sha256=sha256)
    (line,) = read_cited(tmp_path, cited).lines
    assert len(line.text) <= LONG_LINE
    assert line.whole == len(whole)
    ((start, end),) = line.cited
    assert line.text[start:end] == "答案"


def test_every_citation_of_an_answer_opens_with_exactly_its_words_marked(index: Path) -> None:
    with Retriever(settings=load_settings(index=index, docs=SEEDS)) as retriever:
        hits = retriever.retrieve("中原区新建了多少座公厕？", 20).hits
    assert len(hits) == 20
    for hit in hits:
        file = read_cited(SEEDS, hit)
        marked = [line.text[a:b] for line in file.lines for a, b in line.cited]
        assert "".join("".join(marked).split()) == "".join(hit.text.split())
        numbers = [line.number for line in file.lines if line.cited]
        assert (numbers[0], numbers[-1]) == (hit.citation.line_start, hit.citation.line_end)


# --- the examples and what is indexed -------------------------------------------------------------


def test_five_examples_come_from_the_documents_and_are_answered(index: Path) -> None:
    with Retriever(settings=load_settings(index=index, docs=SEEDS)) as retriever:
        questions = example_questions(retriever)
        assert len(set(questions)) == 5
        for question in questions:
            assert retriever.retrieve(question).status is Status.FOUND


def test_the_page_starts_to_answer_once_there_is_an_index(tmp_path: Path) -> None:
    library = Library(load_settings(index=tmp_path / "index", docs=SEEDS))
    assert isinstance(library.state(), IndexMissing)
    build(SEEDS, tmp_path / "index")
    shelf = library.shelf()
    assert len(shelf.documents) == 5
    assert shelf.passages > 5
    assert library.answer("花园口镇修路花了多少钱？").hits


def test_a_broken_index_is_named_with_the_command_that_mends_it(tmp_path: Path) -> None:
    build(SEEDS, tmp_path / "index")
    for manifest in (tmp_path / "index").glob("generations/*/manifest.json"):
        manifest.write_text("{}", "utf-8")
    state = Library(load_settings(index=tmp_path / "index", docs=SEEDS)).state()
    assert isinstance(state, IndexProblem)
    shown = Page(view.conversation(Session(Language.ZH), state)).shown
    assert "rag build" in shown


# --- the server -----------------------------------------------------------------------------------


def test_a_port_that_is_taken_gives_the_next_free_one() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with listen("127.0.0.1", port) as other:
            assert other.getsockname()[1] > port


def test_a_host_that_is_not_ours_is_refused_with_the_next_step() -> None:
    with pytest.raises(CannotListen) as refusal:
        listen("192.0.2.1", 7860)
    assert "--host" in refusal.value.describe()


QUIET_SERVER = """
import http.client, json, sys, threading
outward = []
def watch(event, details):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        host = details[1] if event in ("socket.connect", "socket.sendto") else details[0]
        host = host[0] if isinstance(host, tuple) else host
        if not str(host).startswith(("127.0.0.1", "localhost", "None", "::1", "/")):
            outward.append(f"{event} {host}")
            raise ConnectionRefusedError(f"{event} {host}")
sys.addaudithook(watch)
import os, tempfile
import rag
built = tempfile.mkdtemp()
report = rag.build(os.environ["RAG_DOCS"], built)
asked = rag.retrieve("花园口镇已累计投资多少万元修复乡村道路？", index=built)
from rag.settings import load_settings
from rag.web.serve import listen, server
ready = threading.Event()
running = server(load_settings(), ready.set)
listener = listen("127.0.0.1", 0)
port = listener.getsockname()[1]
thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]})
thread.start()
assert ready.wait(60)
def get(path, host="127.0.0.1"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path, headers={"Host": host})
    answer = connection.getresponse()
    return answer.status, dict(answer.getheaders()), answer.read().decode("utf-8", "replace")
front = get("/")
report = {"front": front[0], "policy": front[1].get("content-security-policy", ""),
          "theme": get("/theme.css")[2], "config": get("/config")[0],
          "passwd": get("/gradio_api/file=/etc/passwd")[0],
          "elsewhere": get("/", "evil.example")[0], "outward": outward,
          "indexed": report.documents, "status": asked.status}
running.should_exit = True
thread.join(30)
print(json.dumps(report))
"""


@pytest.fixture(scope="module")
def quiet_server(index: Path) -> dict[str, object]:
    """What a server said that runs where every connection to another host is noted and refused."""
    proxies = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY"), "http://192.0.2.1:9")
    env = os.environ | proxies | {"RAG_INDEX": str(index), "RAG_DOCS": str(SEEDS)}
    ran = subprocess.run(
        [sys.executable, "-c", QUIET_SERVER],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    report: dict[str, object] = json.loads(ran.stdout.splitlines()[-1])
    return report


def test_building_asking_and_serving_connect_to_no_other_host_even_behind_a_proxy(
    quiet_server: dict[str, object],
) -> None:
    assert quiet_server["outward"] == []
    assert (quiet_server["indexed"], quiet_server["status"]) == (5, "found")
    assert (quiet_server["front"], quiet_server["config"]) == (200, 200)


def test_the_browser_is_told_to_load_from_this_server_only(
    quiet_server: dict[str, object],
) -> None:
    policy = str(quiet_server["policy"])
    assert "default-src 'self'" in policy
    assert "http" not in policy
    loaded = re.findall(r"https?://[^'\")]+|@import", str(quiet_server["theme"]))
    assert set(loaded) <= {"http://www.w3.org/2000/svg"}, "the name of a format, never fetched"


def test_the_server_gives_out_no_file_of_the_machine(quiet_server: dict[str, object]) -> None:
    assert quiet_server["passwd"] in (403, 404)


def test_a_page_elsewhere_cannot_reach_the_chat_under_its_own_name(
    quiet_server: dict[str, object],
) -> None:
    assert quiet_server["elsewhere"] == 400


def test_the_command_says_which_port_it_took_instead(index: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        env = os.environ | {"RAG_INDEX": str(index), "RAG_DOCS": str(SEEDS), "RAG_LANG": "zh"}
        with subprocess.Popen(
            [sys.executable, "app.py", "--port", str(port)],
            cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True,
        ) as chat:  # fmt: skip
            assert chat.stderr is not None
            first = chat.stderr.readline()
            chat.terminate()
    assert str(port) in first
    assert "占用" in first
