"""The one place that rounds (fees): half-up, to the whole fen.

Everything before it is exact integers; nothing else in this code base turns a fraction into fen.
"""

from __future__ import annotations

from typing import Final

MILLION: Final = 1_000_000
"""Parts of one: rates are parts per million of an amount (0.35 % is 3 500)."""


def half_up(numerator: int, denominator: int) -> int:
    """Return the whole number nearest to a fraction, the larger one from a half on.

    ValueError for a negative numerator: what is given back is computed as what was taken.
    """
    if numerator < 0:
        raise ValueError("fees are rounded before they get a sign")
    return (2 * numerator + denominator) // (2 * denominator)


def round_half_up(amount_fen: int, *, rate_ppm: int) -> int:
    """Return `rate_ppm` millionths of an amount, in whole fen."""
    return half_up(amount_fen * rate_ppm, MILLION)
