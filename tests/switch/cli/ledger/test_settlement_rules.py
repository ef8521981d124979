"""Each rule of settlement holds of good books, and each is broken once on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import apsw
import msgspec
import pytest
from msgspec.structs import replace

from messages.dialects.dialect import Words
from switch.cli.ledger import settlement_rules as checking
from switch.core.batches.values import Detail, Sums
from switch.ledger.embedded.books import SqliteBooks
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import Books
from switch.ledger.settling.embedded import SqliteSettlement, beside
from switch.ledger.settling.on_postgres import PostgresSettlement
from switch.ledger.settling.protocol import Mark, MarkState, SettlementStore
from switch.settlement.cases import Case, Note, On, encoded, resolve
from switch.settlement.clearing import Adjustment, ClassSum, Clearing
from switch.settlement.movements import Movement
from switch.settlement.rules import DEBIT, KindOf, Rules
from tests.switch.ledger.moving.stories import STORY, embedded

_DAY = 20140618
_MOVED = (Movement("point:1", "cardholders:99910000", 500, "principal"),)
_CLASS = "99910000/99900000/rural-withdrawal/off_us"
_APPROVED, _WAITING = "416900000001", "416900000003"
_RULES = Rules(
    kinds={
        "rural-withdrawal": KindOf(
            "rural-withdrawal", DEBIT, DEBIT, "withdrawal", "000",
            is_rural_withdrawal=True, words=Words("", ""),
        )
    },
    groups={},
)  # fmt: skip
Settled = tuple[Books, SettlementStore, Callable[[str], None]]


def _clearing(day: int, **changes: object) -> bytes:
    made = Clearing(day=day, positions={}, interbank={}, inside={}, classes={}, points={})
    return msgspec.msgpack.encode(msgspec.structs.replace(made, **changes))


def _of_the_day(count: int = 1, fen: int = 30_000, **changes: object) -> bytes:
    """Return the clearing of the day on which one transaction is approved and one waits."""
    (moved,) = (note.movements for note in _resolved().notes if note.movements)
    own = {
        "adjustments": [Adjustment(1, _APPROVED, "claim", moved)],
        "classes": {_CLASS: ClassSum(count, fen), "a/b/claim/on_us": ClassSum(1, 500)},
        "passed_over": [_WAITING],
    }
    return _clearing(_DAY, **{**own, **changes})


def _case() -> Case:
    return Case(
        kind="long", found_by="terminal", rrn="416900000001", day=_DAY, deadline=_DAY + 9,
        movements=_MOVED, notes=(Note(0, "found", "found", "it was found"),),
    )  # fmt: skip


def _resolved() -> Case:
    return resolve(_case(), "claim", Note(0, "me", "", "it is ours"), On(_DAY - 1, _DAY - 1))


def _settle(store: SettlementStore) -> None:
    """Clear two days, the second with what a case moves on it; one transaction is carried."""
    case = _resolved()
    store.add_cases([(case.key, encoded(_case()))])
    (kept,) = store.cases()
    store.change_case(replace(kept, body=encoded(case)))
    moved = [Adjustment(kept.number, case.rrn, "claim", case.notes[-1].movements)]
    mark = Mark(_WAITING, _DAY, MarkState.CARRIED)
    store.keep_clearing(_DAY - 1, _clearing(_DAY - 1), [])
    store.keep_clearing(_DAY, _of_the_day(adjustments=moved), [mark])


@contextmanager
def _embedded(folder: Path) -> Iterator[Settled]:
    """Give books, their settlement, and what runs a statement on the tables of either."""
    path = embedded(folder / "ledger.db")
    with closing(SqliteSettlement(beside(path))) as store, closing(SqliteBooks(path)) as books:
        _settle(store)

        def run(sql: str) -> None:
            file = path if "batches" in sql else beside(path)
            with closing(apsw.Connection(str(file))) as tables:
                tables.execute(sql.replace("'\\x", "x'").replace("false", "0"))

        yield books, store, run


@contextmanager
def _shared(ledger: PostgresLedger) -> Iterator[Settled]:
    """Give the same on PostgreSQL, for as often as it is asked for."""
    for operations in STORY if not ledger.first_day() else ():
        ledger.submit(operations)
    store = PostgresSettlement(ledger)

    def run(sql: str) -> None:
        ledger.on_line(lambda line: line.execute(sql))

    for table in ("cases", "clearings", "clearing_marks"):
        run(f"DELETE FROM {table}")  # noqa: S608 - ours
    (batch,) = ledger.batches(0, 99_999_999)
    _settle(store)
    yield ledger, store, run
    run(_update("batches", msgspec.msgpack.encode(batch)))


def _blob(data: bytes) -> str:
    """Return bytes as PostgreSQL spells them; the test's SQLite spells them anew."""
    return f"'\\x{data.hex()}'"


def _update(table: str, body: bytes, day: int = 0) -> str:
    where = f" WHERE day = {day}" if day else ""
    return f"UPDATE {table} SET body = {_blob(body)}{where}"  # noqa: S608 - ours


def _batch(books: Books, **changes: object) -> str:
    (batch,) = books.batches(0, 99_999_999)
    return _update("batches", msgspec.msgpack.encode(replace(batch, **changes)))


def _body_of_day(day: int, body: bytes) -> str:
    return _update("clearings", body, day)


def _body_of_case(case: Case) -> str:
    return _update("cases", encoded(case))


_TWICE = tuple(Detail("201", "000001", fen) for fen in (1, 2))
BROKEN: dict[str, tuple[str, Callable[[Books], str]]] = {
    "a clearing that is none": (checking.READABLE, lambda _: _body_of_day(_DAY - 1, b"\0")),
    "a clearing of another day": (
        checking.READABLE,
        lambda _: _body_of_day(_DAY - 1, _clearing(_DAY)),
    ),
    "a case that is none": (checking.READABLE, lambda _: _update("cases", b"1")),
    "a case of another key": (checking.READABLE, lambda _: "UPDATE cases SET key = 'long/1'"),
    "balanced, and not the same": (
        checking.AGREES,
        lambda books: _batch(books, results=(1, 1), counted=(Sums(1, 1), Sums())),
    ),
    "not balanced, and the same": (
        checking.AGREES,
        lambda books: _batch(books, results=(2, 1), claimed=(Sums(),) * 2, counted=(Sums(),) * 2),
    ),
    "balanced, and not ended": (
        checking.AGREES,
        lambda books: _batch(
            books, results=(1, 1), claimed=(Sums(),) * 2, counted=(Sums(),) * 2, is_ended=False
        ),
    ),
    "a detail twice": (checking.ONCE, lambda books: _batch(books, details=_TWICE)),
    "a fen too many": (
        checking.ZERO,
        lambda _: _body_of_day(_DAY - 1, _clearing(_DAY - 1, inside={"a": 1})),
    ),
    "a day left out": (
        checking.IN_A_ROW,
        lambda _: "UPDATE clearings SET day = 20140601 WHERE day = 20140617",
    ),
    "carried from nowhere": (checking.CARRIED, lambda _: "UPDATE clearing_marks SET rrn = '1'"),
    "carried from tomorrow": (
        checking.CARRIED,
        lambda _: "UPDATE clearing_marks SET day = 20140619",
    ),
    "approved, and not in the clearing of its day": (
        checking.CLEARED,
        lambda _: _body_of_day(_DAY, _of_the_day(classes={})),
    ),
    "cleared, and not there": (
        checking.CLEARED,
        lambda _: _body_of_day(_DAY, _of_the_day(2, 30_000)),
    ),
    "cleared with another amount": (
        checking.CLEARED,
        lambda _: _body_of_day(_DAY, _of_the_day(1, 30_001)),
    ),
    "passed over, and waiting for nothing": (
        checking.CLEARED,
        lambda _: _body_of_day(_DAY, _of_the_day(classes={}, passed_over=[_APPROVED, _WAITING])),
    ),
    "cleared late, and on its own day too": (
        checking.CLEARED,
        lambda _: _body_of_day(_DAY - 1, _clearing(_DAY - 1, passed_over=[], late_of=[_APPROVED])),
    ),
    "of a day that is left out": (
        checking.CLEARED,
        lambda _: _body_of_day(_DAY, _clearing(20140619)).replace("SET", "SET day = 20140619,"),
    ),
    "closed, and not over": (checking.DEADLINE, lambda _: "UPDATE cases SET is_open = false"),
    "no deadline": (checking.DEADLINE, lambda _: _body_of_case(replace(_resolved(), deadline=0))),
    "a step that was not taken": (
        checking.STEPPED,
        lambda _: _body_of_case(replace(_resolved(), stage="represented")),
    ),
    "a step that may not follow": (
        checking.STEPPED,
        lambda _: _body_of_case(
            replace(_case(), stage="represented", notes=(Note(0, "me", "representment", "why"),))
        ),
    ),
    "a step that moves too much": (
        checking.MOVED,
        lambda _: _body_of_case(replace(_resolved(), movements=(_MOVED[0]._replace(fen=501),))),
    ),
    "an issuer's books that move another's money": (
        checking.MOVED,
        lambda _: _body_of_case(replace(_case(), kind="issuer_long", issuer="99910000")).replace(
            "UPDATE cases SET", "UPDATE cases SET key = 'issuer_long/99910000/416900000001',"
        ),
    ),
    "a case whose day knows nothing of it": (
        checking.ADJUSTED,
        lambda _: _body_of_day(_DAY, _clearing(_DAY)),
    ),
    "an adjustment of no case": (checking.ADJUSTED, lambda _: "DELETE FROM cases"),
}


def _check(given: Settled) -> list[tuple[str, int]]:
    return checking.check_settlement(given[0], given[1], _RULES)


def test_good_books_break_no_rule(tmp_path: Path) -> None:
    with _embedded(tmp_path) as given:
        assert _check(given) == [(rule, 0) for rule in checking.RULES]
        assert checking.check_settlement(given[0], None, _RULES) == _check(given)
    assert {rule for rule, _ in BROKEN.values()} == set(checking.RULES)


GOOD: dict[str, str] = {
    "not cleared yet": "DELETE FROM clearings WHERE day = 20140618",
    "nothing cleared at all": "DELETE FROM clearings",
    "exceptions were not kept then": _body_of_day(_DAY, _of_the_day(classes={}, passed_over=None)),
    "cleared late": _body_of_day(
        _DAY, _of_the_day(late_of=[_APPROVED], passed_over=[_APPROVED, _WAITING])
    ),
}


@pytest.mark.parametrize("what", GOOD)
def test_what_is_not_cleared_yet_or_late_is_in_order(tmp_path: Path, what: str) -> None:
    with _embedded(tmp_path) as given:
        given[2](GOOD[what])
        assert dict(_check(given))[checking.CLEARED] == 0


def test_a_kind_that_is_gone_was_cleared_all_the_same(tmp_path: Path) -> None:
    with _embedded(tmp_path) as given:
        without = checking.check_settlement(given[0], given[1], Rules({}, {}))
        assert without == [(rule, 0) for rule in checking.RULES]


@pytest.mark.parametrize("what", BROKEN)
def test_a_rule_that_is_broken_is_told_of_an_embedded_ledger(tmp_path: Path, what: str) -> None:
    rule, breaking = BROKEN[what]
    with _embedded(tmp_path) as given:
        given[2](breaking(given[0]))
        assert dict(_check(given))[rule] > 0


def test_every_rule_that_is_broken_is_told_of_postgresql(postgres: PostgresLedger) -> None:
    for rule, breaking in BROKEN.values():
        with _shared(postgres) as given:
            assert _check(given) == [(rule, 0) for rule in checking.RULES]
            given[2](breaking(given[0]))
            assert dict(_check(given))[rule] > 0
