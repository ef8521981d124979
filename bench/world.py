"""How fast worlds happen on one core, with all checkers on: transactions a second.

A transaction is a request of a terminal for money, a balance or an authorisation, an advice or a
reversal, that was answered: counted once, whatever was repeated. Sign-ons, echoes and settlements
are not counted, and neither is what goes between switch and banks alone. A world's whole cost
counts, its making and its checks too; each profile is measured by itself.
"""

from __future__ import annotations

import sys
import time

from simulators.world.history import History
from simulators.world.setting import Setting
from simulators.world.telling.tally import Tally
from simulators.world.trial import attempt, many_worlds

_PROFILES = ("calm", "mixed", "storm")
_WORLDS = 60
_WARM = 5
_ANSWERS = frozenset({"0110", "0210", "0230", "0410"})


def settled(history: History) -> int:
    """Return how many transactions of terminals were answered in a world."""
    return len(
        {
            (heard.mti, heard.get(41), heard.get(60)[2:8], heard.get(11))
            for heard in (told.heard for told in history.told)
            if heard.mti in _ANSWERS
        }
    )


def main() -> int:
    """Measure and print; 1 if a world broke a promise."""
    broken = 0
    figures: dict[str, tuple[float, float]] = {}
    for profile in _PROFILES:
        for seed in range(_WARM):
            attempt(Setting(seed=seed, profile=profile))
        tally, transactions = Tally(profile=profile), 0
        began, began_cpu = time.perf_counter(), time.process_time()
        with many_worlds():
            for seed in range(_WORLDS):
                verdict, history = attempt(Setting(seed=seed, profile=profile))
                tally.add(verdict)
                transactions += settled(history)
        took_s, cpu_s = time.perf_counter() - began, time.process_time() - began_cpu
        broken += tally.broken
        figures[profile] = transactions / cpu_s, tally.hours / cpu_s
        print(
            f"{profile:8} {_WORLDS} worlds, {transactions} transactions, {tally.hours:.1f} hours "
            f"in {took_s:.1f} s ({cpu_s:.1f} s CPU)"
        )
    parts = [
        f"{name}_tps={tps:.0f} {name}_hours_per_s={hours:.2f}"
        for name, (tps, hours) in figures.items()
    ]
    print(f"RESULT valid={'no' if broken else 'yes'} {' '.join(parts)}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
