"""What a quote costs on the hot path: build the case, look the plan up, compute the legs.

Ratios are against one dictionary look-up by a tuple of ten, measured in the same run.
"""

from __future__ import annotations

import time
import timeit
from collections.abc import Callable
from typing import Final

from fees.quote import Case
from switch.config.tariffs import packaged_tariffs

_ROUNDS: Final = 5
_TIMES: Final = 100_000
_BANKS: Final = ("8011", 20_140_620, "99910000", "99900000")


def _best_us(call: Callable[[], object]) -> float:
    return (
        min(timeit.repeat(call, timer=time.process_time, number=_TIMES, repeat=_ROUNDS))
        / _TIMES
        * 1e6
    )


def main() -> None:
    """Measure and print one RESULT line."""
    tariffs = packaged_tariffs("chongqing-2014", "national", "at-ceiling")

    def free() -> object:
        case = Case("withdrawal", "social", "on_us", "in", "R", "W", *_BANKS)
        return tariffs.quote(case, 50_000)

    def ceiling() -> object:
        case = Case("withdrawal", "social", "off_us", "in", "R", "W", *_BANKS)
        return tariffs.quote(case, 50_000)

    def sale() -> object:
        case = Case("sale", "debit", "off_us", "in", "R", "O", *_BANKS)
        return tariffs.quote(case, 50_000)

    key = ("sale", "debit", "off_us", "in", "R", "O", *_BANKS)
    known = {key: None}

    def look_up() -> object:
        return known["sale", "debit", "off_us", "in", "R", "O", *_BANKS]

    unit_us = _best_us(look_up)
    figures = {"free": _best_us(free), "ceiling": _best_us(ceiling), "sale": _best_us(sale)}
    for name, figure_us in figures.items():
        print(f"{name:10}{figure_us:8.2f} us {figure_us / unit_us:8.1f} look-ups")
    told = " ".join(f"{name}_us={figure_us:.2f}" for name, figure_us in figures.items())
    print(f"RESULT bench=fees {told} look_up_us={unit_us:.2f}")


if __name__ == "__main__":
    main()
