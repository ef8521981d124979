"""Each rule holds of a good ledger, and each is broken once to see that it would be told."""

from __future__ import annotations

from pathlib import Path

import apsw
import msgspec
import pytest
from msgspec.structs import replace

from switch.core.operations import Row, Taking
from switch.core.social.bill import Bill, BillState
from switch.core.transaction import State
from switch.ledger.moving.checks import CHECKS, COLUMNS, FACTS, check_embedded
from switch.ledger.moving.checks_on_postgres import check_shared
from switch.ledger.postgres import PostgresLedger
from tests.switch.ledger.making import attempt, key, record
from tests.switch.ledger.moving.stories import STORY, embedded

RULES = list(CHECKS)
# What breaks a rule: the number of the rule, a statement, or a change of the body of a STAN.
BROKEN: dict[str, tuple[int, str | dict[str, object]]] = {
    "held too much": (0, "UPDATE caps SET held_fen = held_fen + 1"),
    "a day is gone": (0, "DELETE FROM caps"),
    "over the cap": (1, "UPDATE caps SET committed_fen = 100001"),
    "not queued": (2, "queue"),
    "taken by nobody": (3, {"taken_fen": 5}),
    "given to nobody": (3, {"taking": Taking(key(2), 7)}),
    "taken too much": (4, {"taken_fen": 30_001}),
    "sealed and over": (5, {"state": State.REVERSED}),
    "fenced and there": (6, "UPDATE fences SET attempt = 1099511627781"),
    "one attempt twice": (7, {"attempt": attempt(2)}),
    "one number twice": (8, "rrn"),
    "nobody holds it": (9, "DELETE FROM leases"),
    "a number given twice": (10, "UPDATE blocks SET free = 1 WHERE name = 'incarnation'"),
    "another state": (11, "UPDATE transactions SET state = 7 WHERE rrn = '416900000001'"),
    "torn apart": (12, {"bill": Bill("C1", "PAY", "social", "910000", BillState.CANCELLED)}),
    "one leg alone": (13, {"linked": (key(1), key(2))}),
    "no leg at all": (13, {"linked": (key(8), key(9))}),
    "over, and its credit is on its way": (
        13,
        {"state": State.REVERSED, "linked": (key(2), key(6))},
    ),
}


def _change(tables: apsw.Connection, changes: dict[str, object]) -> None:
    """Change the body of the first transaction."""
    body = tables.execute("SELECT body FROM transactions WHERE number = 1").get
    row = replace(msgspec.msgpack.decode(body, type=Row), **changes)
    changed = msgspec.msgpack.encode(row)
    tables.execute("UPDATE transactions SET body = ? WHERE number = 1", (changed,))


def test_a_good_ledger_breaks_no_rule(postgres: PostgresLedger, tmp_path: Path) -> None:
    for batch in STORY:
        postgres.submit(batch)
    assert list(check_embedded(embedded(tmp_path / "ledger.db"))) == [(rule, 0) for rule in RULES]
    assert postgres.on_line(check_shared) == [(rule, 0) for rule in RULES]
    assert attempt(5) == 1099511627781
    assert FACTS.count(" bigint") + FACTS.count(" bytea") + FACTS.count(" text") == COLUMNS


@pytest.mark.parametrize("what", BROKEN)
def test_a_rule_that_is_broken_is_told_of_an_embedded_ledger(tmp_path: Path, what: str) -> None:
    path = embedded(tmp_path / "ledger.db")
    rule, change = BROKEN[what]
    tables = apsw.Connection(str(path))
    if isinstance(change, dict):
        _change(tables, change)
    elif change == "queue":
        tables.execute("DELETE FROM advices")
    elif change == "rrn":
        _change(tables, {"record": record(30_000, rrn="416900000002")})
        tables.execute("UPDATE transactions SET rrn = '416900000002' WHERE number = 1")
    else:
        tables.execute(change)
    tables.close()
    assert dict(check_embedded(path))[RULES[rule]] > 0


@pytest.mark.parametrize("what", [each for each, (_, how) in BROKEN.items() if "U" in str(how)])
def test_a_rule_that_is_broken_is_told_of_postgresql(postgres: PostgresLedger, what: str) -> None:
    for batch in STORY:
        postgres.submit(batch)
    rule, change = BROKEN[what]
    assert isinstance(change, str)
    postgres.on_line(lambda line: line.execute(change))
    assert dict(postgres.on_line(check_shared))[RULES[rule]] > 0
