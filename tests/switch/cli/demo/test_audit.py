"""Every check of the books says no to books that are wrong, and to nothing else."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from switch.cli.demo import audit
from switch.core.operations import Record, Row
from switch.core.social.payouts import TERMINAL
from switch.core.transaction import HELD, State

_GOOD = audit.Stores(
    slips={"a": 500},
    heard=[
        ("t", "0210", "000001", "00"),
        ("t", "0210", "000002", "98"),
        ("t", "0410", "000002", "00"),
        ("u", "0210", "000001", "00"),
    ],
    owed=0,
    approved={"a": 500},
    reversed_={"b": 300},
    unsettled=0,
    held_fen=0,
    used={20140910: 500},
    advices=0,
    standing={"a": 500},
    returned={"b": 0},
    taken_fen=500,
    fees_fen=0,
    paid_out={"p": 115},
    credited={"p": 115},
)
_CASH = {20140910: 500}


def _broken(stores: audit.Stores) -> list[int]:
    return [n for n, check in enumerate(audit.checks(stores, _CASH)) if not check.is_kept]


def test_good_books_are_good() -> None:
    assert _broken(_GOOD) == []


@pytest.mark.parametrize(
    ("changes", "broken"),
    [
        ({"slips": {}}, [0, 1]),
        ({"slips": {"c": 500}}, [0]),
        ({"approved": {"a": 400}}, [0]),
        ({"standing": {"a": 500, "b": 300}, "returned": {}}, [0, 4]),
        ({"taken_fen": 501}, [1]),
        ({"used": {}}, [2]),
        ({"used": {20140911: 500}}, [2]),
        ({"held_fen": 1}, [3]),
        ({"advices": 1}, [3]),
        ({"unsettled": 1}, [3]),
        ({"owed": 1}, [3]),
        ({"returned": {}}, [4]),
        ({"reversed_": {}, "returned": {}}, [4]),
        ({"heard": [("t", "0210", "000001", "00"), ("t", "0210", "000001", "05")]}, [5]),
        ({"heard": []}, [5]),
        ({"credited": {}}, [6]),
        ({"credited": {"p": 230}}, [6]),
        ({"paid_out": {}, "credited": {}}, [6]),
    ],
)
def test_each_kind_of_wrong_books_is_seen(changes: Mapping[str, Any], broken: list[int]) -> None:
    assert _broken(replace(_GOOD, **changes)) == broken


def test_the_numbers_of_states_are_the_ledgers() -> None:
    assert (audit._APPROVED, audit._REVERSED) == (State.APPROVED, State.REVERSED)
    assert set(audit._OPEN) == set(HELD)


def test_pay_outs_are_told_by_their_terminal() -> None:
    assert audit._PAYOUTS == TERMINAL


def test_the_places_in_a_row_are_the_ledgers() -> None:
    assert Row.__struct_fields__[audit._RECORD] == "record"
    fields = Record.__struct_fields__
    assert (fields[audit._PROCESSING], fields[audit._FEE]) == ("processing_code", "fee_fen")


def _body(processing: str, fee_fen: int) -> bytes:
    """Return as much of a row as is read."""
    record = [""] * len(Record.__struct_fields__)
    told: list[Any] = [*record]
    told[audit._PROCESSING], told[audit._FEE] = processing, fee_fen
    return msgspec.msgpack.encode([None, None, None, told])


def _slip(rrn: str, amount_fen: int, kind: str = "withdrawal", fee_fen: int = 0) -> dict[str, Any]:
    return {"rrn": rrn, "amount_fen": amount_fen, "kind": kind, "fee_fen": fee_fen}


def test_three_stores_are_read_as_they_are_written(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.sqlite"
    schema = (resources.files("switch.ledger") / "schema" / "sqlite-0001-tables.sql").read_text()
    taken, back = _body("010000", 3), _body("200000", 0)
    with sqlite3.connect(ledger) as tables:
        tables.executescript(schema)
        tables.executemany(
            "INSERT INTO transactions VALUES (?, ?, '000001', '1', ?, ?, 20140910, ?, ?)",
            [
                (1, "t", "a", 6, 500, taken),
                (2, "t", "b", 11, 300, taken),
                (3, "t", "c", 3, 100, taken),
                (4, "t", "d", 6, 0, _body("310000", 0)),
                (5, "t", "e", 6, 50, back),
                (6, TERMINAL, "p", 6, 115, _body("290000", 0)),
            ],
        )
        tables.execute("INSERT INTO caps VALUES (x'00', 20140910, 0, 100, 500)")
        tables.execute("INSERT INTO advices VALUES (2, 1, 0, 1)")
    tables.close()
    slips, bank = tmp_path / "slips.json", tmp_path / "bank.json"
    heard = [{"mti": "0210", "stan": "000001", "code": "00"}]
    kept = {
        "terminal": "t",
        "slips": [_slip("a", 500, fee_fen=3), _slip("e", 50, "refund")],
        "owed": 1,
        "unresolved": [],
        "heard": heard,
    }
    slips.write_text(json.dumps(kept))
    moved = [("a", -503), ("b", -303), ("b", 303), ("e", 50), ("p", 115)]
    movements = [{"rrn": rrn, "amount_fen": fen} for rrn, fen in moved]
    book = {"opening_fen": 1_000, "balances": {"x": 662}, "movements": movements}
    bank.write_text(json.dumps(book))
    found = audit.read([slips], ledger, [bank])
    assert found == audit.Stores(
        slips={"a": 503, "e": -50},
        heard=[("t", "0210", "000001", "00")],
        owed=1,
        approved={"a": 503, "e": -50},
        reversed_={"b": 303},
        unsettled=1,
        held_fen=100,
        used={20140910: 500},
        advices=1,
        standing={"a": 503, "e": -50},
        returned={"b": 0},
        taken_fen=453,
        fees_fen=3,
        paid_out={"p": 115},
        credited={"p": 115},
    )
