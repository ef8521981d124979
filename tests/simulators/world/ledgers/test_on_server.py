"""Two switches of a world on one PostgreSQL: it decides what the ledger in memory does."""

from __future__ import annotations

import pytest

from bench.database import Database
from simulators.world.ledgers.kept import InMemory
from simulators.world.ledgers.on_server import OnServer
from simulators.world.setting import Setting
from simulators.world.trial import attempt
from switch.core.transfers.legs import is_transfer
from switch.ledger.moving.checks_on_postgres import check_shared
from switch.ledger.postgres import PostgresLedger
from switch.ledger.shared.migrations import migrate
from tests.switch.ledger import making


@pytest.mark.parametrize(
    ("seed", "profile", "transfers"),
    [(1, "storm", False), (4, "ledger", True), (3, "mixed", False)],
)
def test_two_switches_on_one_database_keep_every_promise(
    ledger_url: str, seed: int, profile: str, transfers: bool
) -> None:
    setting = Setting(
        seed=seed,
        profile=profile,
        minutes=1,
        terminals=2,
        transfers=transfers,
        social=profile == "mixed",
        remittances=False,
        settles=not transfers,
    )
    memory = InMemory(is_shared=True)
    expected, _ = attempt(setting, (memory, memory))
    verdict, history = attempt(setting, (OnServer(ledger_url), OnServer(ledger_url)))
    assert not verdict.violations
    assert {told.by for told in history.told} == {"a", "b"}
    assert verdict.digest == expected.digest
    assert any(is_transfer(row) for row in history.end.rows) is transfers
    # The rules of `jinbao ledger check`, over rows as two processes made them.
    ledger = PostgresLedger(ledger_url)
    broken = [rule for rule, count in ledger.on_line(check_shared) if count]
    ledger.close()
    assert not broken


def test_a_process_that_dies_takes_its_connections_with_it(
    database: Database, empty_url: str
) -> None:
    made = PostgresLedger(empty_url, is_checked=False)
    made.on_line(migrate)
    made.close()
    count = (
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    first, second = OnServer(empty_url), OnServer(empty_url)
    first.submit([making.opening(1)])
    second.submit([making.opening(2, 2)])
    first.die(False)
    assert database.run_sql(count, empty_url) == "1"
    assert [row.key.stan for row in second.rows()] == [row.key.stan for row in first.rows()]
    assert len(second.rows()) == 2
    assert second.advices() == []
    assert second.totals().by_state[3][0] == 2
    first.close()
    second.close()
    assert database.run_sql(count, empty_url) == "0"
