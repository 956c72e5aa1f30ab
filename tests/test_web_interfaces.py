"""For programs: the named endpoints by gradio_client, MCP by its own client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from serving import serving

from rag.build import build
from rag.errors import McpMissing
from rag.retrieve import Retriever
from rag.settings import load_settings
from rag.web.serve import check

SEEDS = Path(__file__).parent.parent / "seeds"
ASKED = "花园口镇已累计投资多少万元修复乡村道路？"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("index")
    build(SEEDS, folder)
    return folder


@pytest.fixture(scope="module")
def address(index: Path) -> Iterator[str]:
    with serving(index, SEEDS, RAG_MCP="true") as address:
        yield address


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, analytics_enabled=False)


def plain(record: Any) -> Any:
    """What a record is once it has been JSON."""
    return json.loads(json.dumps(asdict(record)))


def test_retrieve_gives_the_very_records_of_the_retrieval_function(
    client: Client, index: Path
) -> None:
    given = client.predict(ASKED, 3, api_name="/retrieve")
    with Retriever(settings=load_settings(index=index, docs=SEEDS)) as retriever:
        expected = plain(retriever.retrieve(ASKED, 3))
    assert given.pop("took_ms") >= 0
    expected.pop("took_ms")
    assert given == expected


def test_retrieve_takes_what_the_retrieval_function_takes(client: Client) -> None:
    given = client.predict(
        "那修了多少公里？", k=2, mode="sparse", sources=["000*", "001*"], history=[ASKED],
        api_name="/retrieve",
    )  # fmt: skip
    assert len(given["hits"]) == 2
    assert all(hit["citation"]["source"][:3] in ("000", "001") for hit in given["hits"])
    assert all(hit["legs"].get("dense") is None or hit["score"] for hit in given["hits"])


def test_retrieve_keeps_to_conditions(client: Client) -> None:
    free = client.predict(ASKED, 5, api_name="/retrieve")
    where = ["place=花园口镇", "kind=txt"]
    given = client.predict(ASKED, 5, where=where, api_name="/retrieve")
    places = [hit["citation"]["metadata"]["places"] for hit in given["hits"]]
    assert places
    assert all(any("花园口镇" in place for place in some) for some in places)
    assert len(places) < len(free["hits"])


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"where": ["size>3"]}, "where"), ({"where": "place=郑州"}, "where"),
     ({"k": 0}, "k"), ({"k": 101}, "k"), ({"k": "5"}, "k"), ({"mode": "magic"}, "mode"),
     ({"sources": "000*"}, "sources"), ({"history": [1]}, "history"),
     ({"question": "长" * 20_001}, "question"), ({"question": {"a": 1}}, "question")],
)  # fmt: skip
def test_an_argument_that_cannot_be_used_is_told_by_its_name(
    client: Client, wrong: dict[str, Any], named: str
) -> None:
    with pytest.raises(AppError, match=f"QuestionError: {named}"):
        client.predict(**({"question": ASKED} | wrong), api_name="/retrieve")


def test_documents_lists_what_is_indexed_by_glob_and_by_page(client: Client) -> None:
    whole = client.predict(api_name="/documents")
    assert whole["total"] == len(whole["documents"]) == 5
    part = client.predict(sources=["00[0-2]*"], limit=2, offset=1, api_name="/documents")
    assert part["total"] == 3
    assert [one["source"][:3] for one in part["documents"]] == ["001", "002"]
    assert all(len(one["sha256"]) == 64 for one in part["documents"])


def test_status_tells_what_is_answered_from(client: Client) -> None:
    state = client.predict(api_name="/status")
    assert (state["ready"], state["documents"], state["trouble"]) == (True, 5, None)


def test_without_an_index_status_and_health_say_what_to_do(tmp_path: Path) -> None:
    with serving(tmp_path / "none", SEEDS) as address:
        state = Client(address, verbose=False).predict(api_name="/status")
        assert (state["ready"], state["trouble"]["code"]) == (False, "IndexMissing")
        assert "rag build" in state["trouble"]["next_step"]
        unhealthy = httpx.get(f"{address}/health", trust_env=False)
        assert (unhealthy.status_code, unhealthy.json()["code"]) == (503, "IndexMissing")


def test_the_endpoints_and_nothing_else_are_public_and_described(client: Client) -> None:
    told = client.view_api(return_format="dict", print_info=False)
    assert not told["unnamed_endpoints"]
    assert set(told["named_endpoints"]) == {"/retrieve", "/documents", "/status"}
    for endpoint in told["named_endpoints"].values():
        assert endpoint["description"]
        [returned] = endpoint["returns"]
        assert returned["type"]["properties"]
    fields = told["named_endpoints"]["/retrieve"]["returns"][0]["type"]["properties"]
    assert "citation" in fields["hits"]["items"]["properties"]


def test_a_program_without_a_library_asks_by_name_and_reads_the_answer(address: str) -> None:
    with httpx.Client(base_url=f"{address}/gradio_api", trust_env=False) as client:
        call = client.post("/call/v2/retrieve", json={"question": ASKED, "k": 1}).json()
        said = client.get(f"/call/retrieve/{call['event_id']}").text
    event, data = said.splitlines()[:2]
    assert event == "event: complete"
    [answer] = json.loads(data.removeprefix("data: "))
    assert "2700万元" in answer["hits"][0]["text"]


@pytest.mark.parametrize("place", ["question", "sources", "where"])
def test_no_argument_makes_the_server_fetch_anything(address: str, place: str) -> None:
    """A file by address is what Gradio's components would fetch: it reaches none here."""
    lure = {
        "path": f"{address}/health",
        "url": f"{address}/health",
        "meta": {"_type": "gradio.FileData"},
    }
    data = {"question": ASKED} | {place: lure if place == "question" else [lure]}
    with httpx.Client(base_url=f"{address}/gradio_api", trust_env=False) as client:
        call = client.post("/call/v2/retrieve", json=data).json()
        said = client.get(f"/call/retrieve/{call['event_id']}").text
    assert said.startswith("event: error")


# --- assistants -----------------------------------------------------------------------------------


def _hits(result: Any) -> list[dict[str, Any]]:
    hits: list[dict[str, Any]] = json.loads(result.content[0].text)["hits"]
    return hits


@pytest.mark.anyio
async def test_an_assistant_calls_retrieve_and_gets_citations(address: str) -> None:
    async with (
        streamable_http_client(f"{address}/gradio_api/mcp/") as (read, write, _),
        ClientSession(read, write) as session,
    ):
        await session.initialize()
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(tools) == {"retrieve", "documents", "status"}
        assert "citation" in (tools["retrieve"].description or "")
        assert tools["retrieve"].inputSchema["required"] == ["question"]
        result = await session.call_tool("retrieve", {"question": ASKED, "k": 2})
        assert not result.isError
        answer = json.loads(result.content[0].text)
        assert answer["status"] == "found"
        assert "2700万元" in answer["hits"][0]["text"]
        assert answer["hits"][0]["citation"]["label"].startswith("《")
        where = ["place=花园口镇", "kind=txt"]
        within = await session.call_tool("retrieve", {"question": ASKED, "where": where})
        places = [hit["citation"]["metadata"]["places"] for hit in _hits(within)]
        assert places
        assert all(any("花园口镇" in one for one in named) for named in places)
        none = await session.call_tool("retrieve", {"question": ASKED, "where": ["kind=docx"]})
        assert _hits(none) == []
        refused = await session.call_tool("retrieve", {"question": ASKED, "k": 0})
        assert refused.isError
        assert "QuestionError" in refused.content[0].text


def test_mcp_without_its_package_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(McpMissing) as refusal:
        check(load_settings(mcp=True))
    assert "wenju[mcp]" in refusal.value.describe()
