"""Text of a page: never markup, and nothing that a printer cannot print."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from switch.report.markup import Html, joined, said, tag, text


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.words += "".join(value or "" for _, value in attrs)

    def handle_data(self, data: str) -> None:
        self.words += data


@given(st.text())
def test_no_value_becomes_markup(value: str) -> None:
    reader = _Reader()
    reader.feed(tag("p", value))
    reader.close()
    assert reader.tags == ["p"]
    assert all(c.isprintable() for c in reader.words)


@given(st.text(alphabet=st.characters(exclude_categories=("C", "Z"))))
def test_printable_values_read_as_they_were(value: str) -> None:
    reader = _Reader()
    reader.feed(tag("p", value))
    reader.close()
    assert reader.words == value


@given(st.text())
def test_no_attribute_ends_its_element(value: str) -> None:
    reader = _Reader()
    reader.feed(tag("td", "x", title=value))
    reader.close()
    assert reader.tags == ["td"]


def test_markup_stays_and_parts_are_joined() -> None:
    assert joined((Html("<b>"), "<b>", 3)) == "<b>&lt;b&gt;3"
    assert text("a\x00\x1b[2J") == r"a\x00\x1b[2J"
    assert tag("td", "", class_="right", hidden=False) == '<td class="right"></td>'


def test_words_are_those_of_the_language() -> None:
    assert (said("en", "rate", "速率"), said("zh", "rate", "速率")) == ("rate", "速率")
