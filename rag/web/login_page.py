"""The page that asks for the password: HTML of its own, without a script."""

from __future__ import annotations

from rag.types import Language
from rag.web.markup import element, join
from rag.web.service_texts import service_texts

STYLE = """
:root { color-scheme: light dark; --paper: #fbf9f5; --sheet: #fffefb; --ink: #24211d;
  --soft: #5d564b; --rule: #a69d8c; --seal: #9b2f22; --warn: #7a4b00; }
@media (prefers-color-scheme: dark) { :root { --paper: #171512; --sheet: #1f1c18; --ink: #e9e4da;
  --soft: #b3aa9a; --rule: #6a6254; --seal: #e8a397; --warn: #e6bd76; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 24px;
  background: var(--paper); color: var(--ink); font: 16px/1.6 system-ui, -apple-system,
  "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
main { width: min(100%, 360px); }
.seal { display: block; width: 44px; margin-bottom: 14px; font: 700 26px/44px "Noto Serif CJK SC",
  "Songti SC", SimSun, serif; text-align: center; background: #9b2f22; color: #fffefb;
  border-radius: 6px; }
h1 { margin: 0; font: 700 26px/1.3 "Noto Serif CJK SC", "Songti SC", SimSun, serif; }
p { margin: 4px 0 20px; color: var(--soft); font-size: 14.5px; }
.notice { color: var(--warn); margin: 0 0 12px; }
label { display: block; font-size: 14.5px; margin-bottom: 6px; }
input, button { width: 100%; font: inherit; padding: 10px 12px; border-radius: 6px; }
input { border: 1px solid var(--rule); background: var(--sheet); color: var(--ink); }
button { margin-top: 12px; border: 0; background: #9b2f22; color: #fff; cursor: pointer; }
button:hover { background: #80261b; }
:is(input, button):focus-visible { outline: 2px solid var(--seal); outline-offset: 2px; }
"""


def page(language: Language, onward: str, *, wrong: bool, wait: int) -> str:
    """The whole page.

    Args:
        language: of its texts.
        onward: the path to go to afterwards.
        wrong: whether a wrong password was given.
        wait: seconds until the next try, or 0.
    """
    say = service_texts(language)
    notice = say.wait.format(seconds=wait) if wait else say.wrong_password if wrong else None
    form = element(
        "form",
        element("p", notice, class_="notice", role="alert") if notice else None,
        element("label", say.password, for_="password"),
        element(
            "input",
            id="password",
            name="password",
            type="password",
            autocomplete="current-password",
            required=True,
            autofocus=True,
        ),
        element("input", type="hidden", name="next", value=onward),
        element("button", say.enter, type="submit"),
        method="post",
        action="/login",
    )
    main = element(
        "main",
        element("span", "据", class_="seal", aria_hidden="true"),
        element("h1", say.product),
        element("p", say.who_may_enter),
        form,
    )
    head = join(element("title", f"{say.enter} · {say.product}"))
    return (
        f'<!doctype html><html lang="{say.html_lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"{head}<style>{STYLE}</style></head><body>{main}</body></html>"
    )
