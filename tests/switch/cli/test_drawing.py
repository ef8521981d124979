"""Tables as text: widths, wide characters, nothing that moves a cursor."""

from __future__ import annotations

import io
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.cli.drawing import drawn, plain, table


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@given(st.text())
def test_plain_text_is_printable_and_keeps_what_already_was(text: str) -> None:
    shown = plain(text).plain
    assert shown.isprintable()
    if text.isprintable():
        assert shown == text


def test_markup_and_emoji_names_in_a_value_are_left_alone() -> None:
    assert drawn(plain("[red]x[/red] :smile:")) == "[red]x[/red] :smile:"


def test_a_table_folds_what_is_too_long_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    made = table("one", "two")
    made.add_row(plain("x" * 70), plain("值" * 70))
    text = drawn(made)
    assert (text.count("x"), text.count("值")) == (70, 70)


def test_the_first_column_names_its_row_and_stays_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    made = table(*"abcdefg")
    made.add_row(plain("432813000001"), *[plain("word " * 4)] * 6)
    lines = drawn(made).splitlines()[2:]
    assert lines[0].startswith("432813000001 ")
    assert all(line.startswith(" ") for line in lines[1:])
    assert max(map(len, lines)) <= 60


@pytest.mark.parametrize(
    ("asked", "width"), [("70", 70), ("3", 60), ("0", 60), ("wide", 100), ("", 100)]
)
def test_the_width_is_what_is_asked_for_within_reason(
    asked: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", asked)
    text = drawn(plain(" ".join(["word"] * 100)))
    assert width - len("word ") < max(map(len, text.splitlines())) <= width


def test_only_a_terminal_gets_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b" not in drawn(plain("title", "bold"))
    monkeypatch.setattr(sys, "stdout", _Terminal())
    assert "\x1b[1m" in drawn(plain("title", "bold"))
