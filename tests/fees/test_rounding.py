"""Rounding: half-up to the fen, and nowhere else."""

from __future__ import annotations

import ast
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import fees
from fees.rounding import half_up, round_half_up

_MANY = st.integers(0, 10**16)


@given(_MANY, st.integers(1, 10**9))
def test_a_fraction_is_rounded_as_decimal_does_it(numerator: int, denominator: int) -> None:
    quotient, rest = divmod(numerator, denominator)
    assert half_up(numerator, denominator) == quotient + (2 * rest >= denominator)


@given(_MANY, st.integers(0, 1_000_000))
def test_a_rate_is_rounded_half_up(amount_fen: int, rate_ppm: int) -> None:
    exact = Decimal(amount_fen) * rate_ppm / 1_000_000
    assert round_half_up(amount_fen, rate_ppm=rate_ppm) == int(exact.quantize(1, ROUND_HALF_UP))


@pytest.mark.parametrize(
    ("fen", "rate_ppm", "fee_fen"),
    [(50_000, 325, 16), (100, 5_000, 1), (99, 5_000, 0), (300, 5_000, 2), (0, 9_000, 0)],
)
def test_halves_go_up(fen: int, rate_ppm: int, fee_fen: int) -> None:
    assert round_half_up(fen, rate_ppm=rate_ppm) == fee_fen


def test_a_negative_amount_is_refused() -> None:
    with pytest.raises(ValueError, match="before they get a sign"):
        half_up(-1, 2)


def test_nothing_else_in_this_room_rounds_or_divides() -> None:
    folder = Path(fees.__file__).parent
    found = [
        f"{path.name}:{node.lineno}"
        for path in folder.glob("*.py")
        if path.name != "rounding.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div | ast.FloorDiv | ast.Mod))
        or (isinstance(node, ast.Name) and node.id in {"round", "float", "divmod", "Decimal"})
    ]
    assert not found
