"""Text made safe for a page (switch/report): what came from a wire is never markup.

`Html` is what may stand in a page as it is; every other value goes through `text`.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Literal

Language = Literal["en", "zh"]
"""The language of a page."""


class Html(str):
    """Markup that may stand in a page as it is."""

    __slots__ = ()


def text(value: object) -> Html:
    """Return a value as text: markup escaped, and what no printer can print written out."""
    if isinstance(value, Html):
        return value
    shown = "".join(
        c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in str(value)
    )
    return Html(escape(shown))


def tag(name: str, inner: object = "", **attributes: object) -> Html:
    """Return an element; `class_` is the attribute class, and what is False is left out."""
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not False
    )
    return Html(f"<{name}{told}>{text(inner)}</{name}>")


def joined(parts: Iterable[object]) -> Html:
    """Return parts one after the other."""
    return Html("".join(text(part) for part in parts))


def said(language: Language, en: str, zh: str) -> str:
    """Return the words of a language."""
    return zh if language == "zh" else en
