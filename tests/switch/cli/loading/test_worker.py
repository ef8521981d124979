"""The job table as a verb: a database that cannot be used ends it in one sentence."""

from __future__ import annotations

import pytest

from simulators.load.driving.part import LoadError
from switch.cli.loading.worker import table_of
from switch.ledger.shared.jobs import JobTable
from tests.switch.cli.running import run


async def test_a_database_without_a_ledger_is_told(empty_url: str) -> None:
    with pytest.raises(LoadError, match="jinbao ledger init"):
        async with table_of(empty_url):
            pass


async def test_a_ledger_has_the_table(ledger_url: str) -> None:
    async with table_of(ledger_url) as table:
        assert isinstance(table, JobTable)
        assert await table.take("w") is None


def test_a_database_that_is_away_ends_the_verb() -> None:
    done = run("load", "worker", "postgresql://nobody@127.0.0.1:1/x", "--once")
    assert (done.status, done.out) == (2, "")
    assert len(done.err.splitlines()) == 1
