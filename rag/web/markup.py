"""HTML, built so that nothing foreign can become markup.

The one place where text becomes HTML. An element is made by :func:`element`; every string that
goes into one is escaped, unless it is :class:`Markup`, which only this module makes.
"""

from __future__ import annotations

import re
from html import escape

VOID = frozenset({"br", "hr", "img", "input", "wbr"})
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_TEMPLATE = str.maketrans({"$": "&#36;", "{": "&#123;", "}": "&#125;", "`": "&#96;"})


class Markup(str):
    """HTML that has been escaped."""

    __slots__ = ()


Content = str | Markup | None


def text(value: str) -> Markup:
    """``value`` as HTML that shows it, character by character.

    Control characters and marks that turn the direction of writing are shown by name, and half a
    surrogate pair as U+FFFD: none of them may act. The characters of JavaScript and Handlebars
    templates are escaped too, because the page is delivered through a component that has both.
    """
    return Markup(escape(_UNSEEN.sub(_named, value), quote=True).translate(_TEMPLATE))


def element(name: str, /, *children: Content, **attributes: str | int | bool | None) -> Markup:
    """``<name attributes>children</name>``; None is left out, in children and attributes.

    Args:
        name: the tag.
        children: text, which is escaped, or markup.
        attributes: ``class_`` stands for ``class`` and ``data_open`` for ``data-open``; True is an
            attribute without value, False and None are left out.
    """
    opening = "".join(
        _attribute(key, value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in VOID:
        return Markup(f"<{name}{opening}>")
    return Markup(f"<{name}{opening}>{join(*children)}</{name}>")


def join(*children: Content) -> Markup:
    """The children one after the other, text escaped, None left out."""
    return Markup(
        "".join(
            child if isinstance(child, Markup) else text(child)
            for child in children
            if child is not None
        )
    )


def _attribute(key: str, value: str | int | bool) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'


def _named(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xD800 <= code <= 0xDFFF:
        return "\ufffd"
    if match[0] == "\r":
        return ""
    if code < 0x20:
        return chr(0x2400 + code)
    return f"[U+{code:04X}]"
