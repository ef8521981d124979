"""Worlds whose two switches share one ledger on a real PostgreSQL server, which is made for it.

Each seed has a database of its own; in every other one people transfer money instead of settling.
Whatever breaks a promise is told with its seed; the last line is the sum.
"""

from __future__ import annotations

import sys
import time
from contextlib import closing

from bench.database import running, why_not
from simulators.world.ledgers.on_server import OnServer
from simulators.world.setting import Setting
from simulators.world.telling.tally import Tally
from simulators.world.trial import attempt
from switch.ledger.moving.checks_on_postgres import check_shared
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
    tally, broken, began = Tally(profile="mixed"), 0, time.perf_counter()
    with running(is_durable=False) as database:
        for seed in range(first, first + seeds):
            url = database.create()
            ledger = PostgresLedger(url, is_checked=False)
            ledger.on_line(migrate)
            ledger.close()
            profile = _PROFILES[seed % len(_PROFILES)]
            moves = seed % 2 == 1
            setting = Setting(seed=seed, profile=profile, transfers=moves, settles=not moves)
            verdict, _ = attempt(setting, (OnServer(url), OnServer(url)))
            tally.add(verdict)
            broken += _told(seed, url)
            for violation in verdict.violations:
                print(f"seed {seed} ({setting.profile}): {violation.promise}: {violation.what}")
            database.run_sql(f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)")
    took_s = time.perf_counter() - began
    print(tally.sentence)
    taken = tally.stakes["take-over of open transactions"]
    print(
        f"RESULT valid={'no' if tally.broken or broken else 'yes'} worlds={tally.worlds} "
        f"broken={tally.broken} rules_broken={broken} answers={tally.requests} "
        f"hours={tally.hours:.1f} take_overs={taken} seconds={took_s:.0f}"
    )
    return int(bool(tally.broken or broken))


def _told(seed: int, url: str) -> int:
    """Tell which rules of `jinbao ledger check` the rows of a world break; return how many."""
    with closing(PostgresLedger(url)) as ledger:
        broken = [rule for rule, count in ledger.on_line(check_shared) if count]
    for rule in broken:
        print(f"seed {seed}: the ledger breaks: {rule}")
    return len(broken)


if __name__ == "__main__":
    sys.exit(main())
