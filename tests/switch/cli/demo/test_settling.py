"""The demo's settlement: checks that are kept by what happened, and broken by what did not."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.cli.demo.settling import _checks, place_beside
from switch.settlement.clearing import Clearer, Clearing
from tests.switch.settlement.village import DAY, row, rules


def _cleared() -> Clearing:
    clearer = Clearer(DAY, rules())
    clearer.take_own([row(1), row(2, 8_000, "social_sale")])
    return clearer.done()


def _kept(codes: list[str], cleared: list[Clearing], differences: int) -> list[bool]:
    return [check.is_kept for check in _checks(codes, cleared, differences)]


def test_what_balances_is_kept() -> None:
    made = _cleared()
    assert _kept(["11", "11"], [made], 0) == [True, True, True]
    assert "2 transactions on 1 days, 580.00 between banks" in _checks(["11"], [made], 0)[1].figures


@pytest.mark.parametrize(
    ("codes", "is_cleared", "differences", "kept"),
    [
        (["11", "21"], True, 0, [False, True, True]),
        ([], True, 0, [False, True, True]),
        (["11"], False, 0, [True, False, True]),
        (["11"], True, 1, [True, True, False]),
    ],
)
def test_what_does_not_is_broken(
    codes: list[str], differences: int, kept: list[bool], *, is_cleared: bool
) -> None:
    assert _kept(codes, [_cleared()] if is_cleared else [], differences) == kept


def test_a_position_that_is_off_is_seen() -> None:
    made = _cleared()
    made.positions["network"] = 1
    assert _kept(["11"], [made], 0) == [True, False, True]


def test_the_report_lies_beside_the_page(tmp_path: Path) -> None:
    assert place_beside(tmp_path / "demo.html") == tmp_path / "demo-quarter.html"
