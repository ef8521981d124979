"""The checks on PostgreSQL see one moment, and leave nothing behind."""

from __future__ import annotations

from switch.ledger.moving.checks import CHECKS
from switch.ledger.moving.checks_on_postgres import check_shared
from switch.ledger.postgres import PostgresLedger
from tests.switch.ledger.making import closing, enlisting, opening


def test_checks_can_be_asked_again_on_the_same_connection(postgres: PostgresLedger) -> None:
    postgres.submit([enlisting(), opening(1)])
    assert [broken for _, broken in postgres.on_line(check_shared)] == [0] * len(CHECKS)
    postgres.submit([closing(2)])
    assert [broken for _, broken in postgres.on_line(check_shared)] == [0] * len(CHECKS)
    gone = postgres.on_line(lambda line: line.fetch("SELECT to_regclass('facts') IS NULL"))
    assert gone[0][0]
