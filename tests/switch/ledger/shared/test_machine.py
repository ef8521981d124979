"""The ledger on PostgreSQL is driven like the others, and does what memory does."""

from __future__ import annotations

from operator import attrgetter

from hypothesis import settings
from hypothesis.stateful import rule, run_state_machine_as_test

from switch.ledger.postgres import PostgresLedger
from tests.databases import EMPTY_IT
from tests.switch.ledger.test_machine import Ledgers


class SharedLedgers(Ledgers):
    """The ledger on PostgreSQL: a process that starts ends no lease but those that are over."""

    url = ""

    def opened(self) -> PostgresLedger:
        """Connect to the tables, emptied."""
        ledger = PostgresLedger(self.url)
        ledger.on_line(lambda line: line.execute(EMPTY_IT))
        return ledger

    @rule()
    def restart(self) -> None:
        """Go on as another process."""
        self.real.close()
        self.real = PostgresLedger(self.url)
        self.start()

    def teardown(self) -> None:
        """Compare the transactions too, whatever their order."""
        by_key = attrgetter("key")
        theirs = sorted(self.real.transactions(), key=by_key)
        assert theirs == sorted(self.memory.transactions(), key=by_key)
        super().teardown()


def test_the_ledger_on_postgresql_does_what_memory_does(ledger_url: str) -> None:
    SharedLedgers.url = ledger_url
    run_state_machine_as_test(
        SharedLedgers, settings=settings(max_examples=25, stateful_step_count=25)
    )
