"""Who may come in: password, tries, cookies, pages elsewhere, doors that are shut."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx
import pytest
from serving import serving
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from rag.build import build
from rag.errors import PasswordNeeded, SettingRefused, SettingsError
from rag.settings import Settings, load_settings
from rag.types import Language
from rag.web import login_page
from rag.web.gate import (
    MAX_BODY,
    MINUTE,
    SESSIONS,
    TRIES,
    TRIES_IN_ALL,
    Gate,
    Lock,
    is_open,
    local_path,
)
from rag.web.serve import check

SEEDS = Path(__file__).parent.parent / "seeds"
PASSWORD = "芝麻开门-open"
BEARER = {"Authorization": b"Bearer " + PASSWORD.encode()}


class Clock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def visitor(clock: Clock | None = None, **settings: Any) -> httpx.AsyncClient:
    """A client of a page behind the gate."""

    async def page(request: Any) -> PlainTextResponse:
        return PlainTextResponse("inside")

    app = Starlette(routes=[Route("/{path:path}", page, methods=["GET", "POST", "PUT", "DELETE"])])
    gate = Gate(app, load_settings(**settings), clock or Clock())
    return httpx.AsyncClient(transport=httpx.ASGITransport(gate), base_url="http://wenju.test")


# --- the password ---------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_without_the_password_nothing_but_health_is_given() -> None:
    async with visitor(password=PASSWORD) as client:
        for path in ("/", "/config", "/gradio_api/info", "/gradio_api/mcp", "/documents"):
            assert (await client.get(path)).status_code == 401, path
        assert (await client.get("/health")).text == "inside"


@pytest.mark.anyio
async def test_a_program_gives_the_password_in_a_header() -> None:
    async with visitor(password=PASSWORD) as client:
        assert (await client.get("/", headers=BEARER)).text == "inside"
        anyone = httpx.BasicAuth("anyone", PASSWORD)
        assert (await client.get("/", auth=anyone)).text == "inside"


@pytest.mark.anyio
async def test_a_browser_gives_it_once_and_is_sent_where_it_wanted_to_go() -> None:
    async with visitor(password=PASSWORD) as client:
        asked = await client.get("/?cite=a%40b", headers={"Accept": "text/html"})
        assert asked.status_code == 401
        assert 'value="/?cite=a%40b"' in asked.text
        form = {"password": PASSWORD, "next": "/?cite=a%40b"}
        entered = await client.post("/login", data=form, headers={"Accept": "text/html"})
        assert (entered.status_code, entered.headers["location"]) == (303, "/?cite=a%40b")
        cookie = entered.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert (await client.get("/")).text == "inside"
        await client.get("/logout")
        assert (await client.get("/")).status_code == 401


@pytest.mark.anyio
async def test_a_cookie_from_before_logging_out_is_worth_nothing() -> None:
    async with visitor(password=PASSWORD) as client:
        await client.post("/login", data={"password": PASSWORD})
        stolen = dict(client.cookies)
        await client.get("/logout")
        answer = await client.get("/", headers={"Cookie": f"wenju={stolen['wenju']}"})
        assert answer.status_code == 401


@pytest.mark.anyio
@pytest.mark.parametrize(
    "given",
    ["Bearer wrong", "Basic !!!", "Basic d3Jvbmc=", "Bearer", "Digest x", b"Bearer \xff\xfe"],
)
async def test_what_is_not_the_password_is_refused(given: str | bytes) -> None:
    async with visitor(password=PASSWORD) as client:
        assert (await client.get("/", headers={"Authorization": given})).status_code == 401


@pytest.mark.anyio
async def test_too_many_tries_have_to_wait_even_with_the_right_password() -> None:
    clock = Clock()
    async with visitor(clock, password=PASSWORD) as client:
        for _ in range(TRIES):
            wrong = await client.get("/", headers={"Authorization": "Bearer guess"})
            assert wrong.status_code == 401
        stopped = await client.get("/", headers=BEARER)
        assert stopped.status_code == 429
        assert 0 < int(stopped.headers["retry-after"]) <= MINUTE + 1
        clock.seconds += MINUTE
        assert (await client.get("/", headers=BEARER)).text == "inside"


@pytest.mark.anyio
async def test_who_is_in_stays_in_while_others_guess() -> None:
    async with visitor(password=PASSWORD) as client:
        await client.post("/login", data={"password": PASSWORD})
        for _ in range(TRIES + 2):
            await client.post("/login", data={"password": "guess"})
        assert (await client.get("/")).text == "inside"


def test_guessing_from_many_addresses_is_stopped_too() -> None:
    lock = Lock(PASSWORD, Clock())
    for number in range(TRIES_IN_ALL):
        assert lock.open("guess", f"10.0.0.{number}") == 0
    assert (lock.open(PASSWORD, "10.0.1.1") or 0) > 0


def test_the_browsers_that_are_remembered_are_bounded_and_forgotten_in_time() -> None:
    clock = Clock()
    lock = Lock(PASSWORD, clock)
    first = lock.remember()
    for _ in range(SESSIONS):
        last = lock.remember()
    assert not lock.knows(first)
    assert lock.knows(last)
    clock.seconds += 31 * 24 * 3600
    assert not lock.knows(last)


class Shown(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)


@pytest.mark.parametrize("language", list(Language))
def test_the_page_that_asks_has_one_form_and_no_script(language: Language) -> None:
    page = login_page.page(language, '/"><script>bad()</script>', wrong=True, wait=0)
    tags = Shown(page).tags
    assert tags.count("form") == 1
    assert "script" not in tags


@pytest.mark.parametrize(
    "elsewhere",
    ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\n"],
)
def test_the_way_onward_never_leads_to_another_host(elsewhere: str) -> None:
    assert local_path(elsewhere) == "/"


# --- pages elsewhere ------------------------------------------------------------------------------


@pytest.mark.anyio
async def test_a_page_elsewhere_cannot_make_a_browser_change_anything() -> None:
    async with visitor() as client:
        for origin in ("https://evil.example", "null", "http://wenju.test.evil.example"):
            refused = await client.post("/gradio_api/queue/join", headers={"Origin": origin})
            assert refused.status_code == 403, origin
        own = await client.post("/gradio_api/queue/join", headers={"Origin": "http://wenju.test"})
        assert own.text == "inside"


@pytest.mark.anyio
async def test_our_own_page_is_known_behind_a_proxy_too() -> None:
    seen = {"Origin": "https://reports.example", "X-Forwarded-Host": "reports.example"}
    async with visitor() as client:
        assert (await client.post("/gradio_api/queue/join", headers=seen)).text == "inside"


@pytest.mark.anyio
async def test_a_page_that_the_settings_name_may_call() -> None:
    async with visitor(cors_origins="https://intranet.example, http://a:8080") as client:
        allowed = await client.post("/gradio_api/call/x", headers={"Origin": "http://a:8080"})
        assert allowed.text == "inside"


@pytest.mark.anyio
async def test_no_request_carries_more_than_a_conversation_needs() -> None:
    async with visitor() as client:
        large = await client.post("/gradio_api/queue/join", content=b"x" * (MAX_BODY + 1))
        assert large.status_code == 413

        async def unmeasured() -> Any:
            yield b"x"

        assert (await client.post("/gradio_api/call/x", content=unmeasured())).status_code == 413


# --- doors ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    ["/gradio_api/file=http://192.0.2.1/x", "/gradio_api/file=HTTPS://192.0.2.1/", "/monitoring",
     "/gradio_api/file=//192.0.2.1/share", "/gradio_api/proxy=http://192.0.2.1", "/deep_link",
     "/gradio_api/upload", "/gradio_api/vibe-edit", "/gradio_api/process_recording",
     "/gradio_api/component_server", "/gradio_api/run-history/connect", "/monitoring/summary",
     "/gradio_api/stream/x", "/gradio_api/dev/reload", "/gradio_api/profiling/traces",
     "/pwa_icon/100000"],
)  # fmt: skip
def test_what_the_page_does_not_use_is_shut(path: str) -> None:
    assert not is_open(path)


# --- the settings ---------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "", "reports.example"])
def test_it_does_not_listen_beyond_this_machine_without_a_password(host: str) -> None:
    with pytest.raises(PasswordNeeded) as refusal:
        check(load_settings(host=host))
    assert "RAG_PASSWORD" in refusal.value.describe()
    check(load_settings(host=host, password=PASSWORD))
    check(load_settings(host=host, open_to_all=True))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_on_this_machine_no_password_is_needed(host: str) -> None:
    check(load_settings(host=host))


@pytest.mark.parametrize(
    "wrong",
    [{"password": "short"}, {"admin": "perhaps"}, {"cors_origins": "https://a.example/path"},
     {"cors_origins": "*"}, {"llm_base_url": "file:///etc"}, {"llm_timeout": 0},
     {"llm_base_url": "http://127.0.0.1/v1"}],
)  # fmt: skip
def test_a_setting_that_cannot_be_used_is_refused_by_its_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsError) as refusal:
        load_settings(**wrong)
    assert next(iter(wrong)).split("_")[0] in refusal.value.where


def test_a_password_is_never_shown() -> None:
    with pytest.raises(SettingRefused) as refusal:
        load_settings(password="short")
    told = f"{refusal.value.describe()} {refusal.value.__cause__!r}"
    assert "short" not in told
    kept = load_settings(password=PASSWORD, llm_api_key="sk-secret")
    assert not {PASSWORD, "sk-secret"} & set(str(kept).split("'"))
    assert isinstance(kept, Settings)


# --- the real server ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    index = tmp_path_factory.mktemp("index")
    build(SEEDS, index)
    with serving(index, SEEDS, RAG_PASSWORD=PASSWORD) as address:
        yield address


def test_the_server_itself_stands_behind_the_gate(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False) as client:
        assert client.get("/config").status_code == 401
        assert client.get("/config", headers=BEARER).status_code == 200
        assert client.get("/health").json() == {"status": "ok"}


def test_every_answer_of_the_server_carries_the_policy(address: str) -> None:
    with httpx.Client(base_url=address, trust_env=False) as client:
        for path, status in (("/", 401), ("/health", 200), ("/gradio_api/upload", 404)):
            answer = client.get(path)
            assert answer.status_code == status
            assert "default-src 'self'" in answer.headers["content-security-policy"], path
            assert answer.headers["x-content-type-options"] == "nosniff"


def test_no_page_elsewhere_may_read_unless_named(address: str) -> None:
    asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    with httpx.Client(base_url=address, trust_env=False) as client:
        for answer in (
            client.options("/gradio_api/call/retrieve", headers=asked),
            client.get("/config", headers=BEARER | {"Origin": "https://evil.example"}),
        ):
            assert "access-control-allow-origin" not in answer.headers


def test_a_page_that_is_named_may_read(tmp_path: Path) -> None:
    origin = {"Origin": "https://intranet.example"}
    with (
        serving(tmp_path / "none", SEEDS, RAG_CORS_ORIGINS="https://intranet.example") as address,
        httpx.Client(base_url=address, trust_env=False) as client,
    ):
        read = client.get("/config", headers=origin)
        assert read.headers["access-control-allow-origin"] == "https://intranet.example"
        assert client.get("/health").status_code == 503
