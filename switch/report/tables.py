"""Tables, facts and headline figures of a page (switch/report).

Every value is escaped here; a colour never says anything that the words do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, Literal

import msgspec

from switch.report.markup import Html, joined, tag, text

Tone = Literal["good", "bad", "warn", "plain"]
"""What a colour says; it is never the only thing that says it."""
_NUMBER: Final = (int, float)


class Cell(msgspec.Struct, frozen=True):
    """A value with a tone of its own."""

    value: object
    tone: Tone = "plain"


class Tile(msgspec.Struct, frozen=True):
    """A headline figure: what it is, how much, and a word about it."""

    name: str
    value: str
    note: str = ""
    tone: Tone = "plain"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], caption: str = "") -> Html:
    """Return a table; numbers and `right(...)` stand at the right, as they are."""
    kept = list(rows)
    body = [tag("tr", joined(_cell(value) for value in row)) for row in kept]
    head = tag(
        "tr",
        joined(
            tag("th", name, scope="col", class_=_is_number(kept, at) and "right")
            for at, name in enumerate(columns)
        ),
    )
    told = tag("caption", caption) if caption else Html()
    inner = joined((told, tag("thead", head), tag("tbody", joined(body))))
    return tag("div", tag("table", inner), class_="scroll")


def _is_number(rows: Sequence[Sequence[object]], at: int) -> bool:
    """Tell whether a column has numbers, so that its heading stands above them."""
    return any(at < len(row) and 'class="right"' in _cell(row[at]) for row in rows[:1])


def right(value: str, tone: Tone = "plain") -> Html:
    """Return a cell that stands at the right: a number that is already text."""
    return Html(f'<span class="number {tone}">{text(value)}</span>')


def _cell(value: object) -> Html:
    classes: list[str] = []
    inner = value
    if isinstance(value, Cell):
        inner = value.value
        if value.tone != "plain":
            classes.append(value.tone)
    if isinstance(inner, _NUMBER) or (isinstance(inner, Html) and 'class="number' in inner):
        classes.append("right")
    return tag("td", inner, class_=" ".join(classes) or False)


def facts(pairs: Iterable[tuple[str, object]]) -> Html:
    """Return names with their values, one below the other."""
    inner = joined(
        joined((tag("dt", name), tag("dd", value))) for name, value in pairs if value != ""
    )
    return tag("dl", inner, class_="facts")


def tiles(figures: Iterable[Tile]) -> Html:
    """Return headline figures side by side."""
    return tag(
        "div",
        joined(
            tag(
                "div",
                joined(
                    (
                        tag("span", figure.name, class_="name"),
                        tag("strong", figure.value),
                        tag("span", figure.note, class_="note") if figure.note else Html(),
                    )
                ),
                class_=f"tile {figure.tone}",
            )
            for figure in figures
        ),
        class_="tiles",
    )


def paragraph(words: object, tone: Tone = "plain") -> Html:
    """Return a paragraph."""
    return tag("p", words, class_=tone if tone != "plain" else False)


def listed(items: Iterable[object]) -> Html:
    """Return a list of sentences."""
    return tag("ul", joined(tag("li", item) for item in items))
