"""What a spreadsheet would run begins with a quote; a number stays one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.report.cells import inert


@pytest.mark.parametrize("number", ["-0.34", "-3.00", "0.00", "-12", "12.50", 7, -7])
def test_a_number_is_no_text(number: str | int) -> None:
    assert inert(number) == number


@pytest.mark.parametrize("text", ["=1+1", "+1", "-", "-1-1", "@x", "\t1", "\r1", "--1", "-1.2.3"])
def test_a_formula_begins_with_a_quote(text: str) -> None:
    assert inert(text) == f"'{text}"


@given(st.text(max_size=12))
def test_whatever_is_not_a_number_is_never_run(text: str) -> None:
    cell = str(inert(text))
    if cell[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        assert float(cell) <= 0
