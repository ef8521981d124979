"""Who and why are asked for, and what a change was is said."""

from __future__ import annotations

import pytest
import typer

from switch.cli.registering.telling import changed, check_told
from switch.config.registry.changes import Change


@pytest.mark.parametrize(
    ("by", "why"), [("", "x"), ("li", " "), ("li", "a\nb"), ("6219991234567890120", "x")]
)
def test_who_and_why_are_there_in_one_line_and_without_a_card(
    by: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit):
        check_told(by, why)
    assert "6219991234567890120" not in capsys.readouterr().err
    check_told("li", "because")


def test_a_change_is_told_by_its_number_and_size(capsys: pytest.CaptureFixture[str]) -> None:
    changed(None)
    changed(Change(number=7, at="", by="", why="", rows={"a": [{}, {}]}, removed={"b": ["k"]}))
    nothing, told = capsys.readouterr().out.splitlines()
    assert nothing.startswith("nothing changes")
    assert told.startswith("change 7: 2 rows set, 1 removed")
