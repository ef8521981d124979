"""Worlds whose two switches share one ledger on a real PostgreSQL server, which is made for it.

Each seed has a database of its own. Whatever breaks a promise is told with its seed; the last line
is the sum.
"""

from __future__ import annotations

import sys
import time

from bench.database import running, why_not
from simulators.world.ledgers.on_server import OnServer
from simulators.world.setting import Setting
from simulators.world.telling.tally import Tally
from simulators.world.trial import attempt
from switch.ledger.postgres import PostgresLedger
from switch.ledger.shared.migrations import migrate

_SEEDS = 100
_PROFILES = ("mixed", "storm", "ledger")


def main() -> int:
    """Let worlds happen, `SEEDS` of them from seed `FIRST` on; 1 if one broke a promise."""
    seeds, first = (*map(int, sys.argv[1:]), *(_SEEDS, 0)[len(sys.argv) - 1 :])
    if why := why_not():
        print(why, file=sys.stderr)
        return 2
    tally, began = Tally(profile="mixed"), time.perf_counter()
    with running(is_durable=False) as database:
        for seed in range(first, first + seeds):
            url = database.create()
            ledger = PostgresLedger(url, is_checked=False)
            ledger.on_line(migrate)
            ledger.close()
            setting = Setting(seed=seed, profile=_PROFILES[seed % len(_PROFILES)])
            verdict, _ = attempt(setting, (OnServer(url), OnServer(url)))
            tally.add(verdict)
            for violation in verdict.violations:
                print(f"seed {seed} ({setting.profile}): {violation.promise}: {violation.what}")
            database.run_sql(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
    took_s = time.perf_counter() - began
    print(tally.sentence)
    taken = tally.stakes["take-over of open transactions"]
    print(
        f"RESULT valid={'no' if tally.broken else 'yes'} worlds={tally.worlds} "
        f"broken={tally.broken} answers={tally.requests} hours={tally.hours:.1f} "
        f"take_overs={taken} seconds={took_s:.0f}"
    )
    return int(bool(tally.broken))


if __name__ == "__main__":
    sys.exit(main())
