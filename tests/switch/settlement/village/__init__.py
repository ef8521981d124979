"""A village for the tests of settlement: two banks, two points, and rows that are short to make."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from messages.dialects.loader import load_dialect
from switch.core.operations import Answer, CapCheck, Record, Row
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from switch.ledger.settling.protocol import (
    AlreadyClearedError,
    ChangedMeanwhileError,
    Kept,
    Mark,
    MarkState,
)
from switch.settlement.rules import Rules, rules_of
from tests.switch.core.stage import configuration
from tests.switch.ledger import making

DAY = 20140618
FIRST, SECOND = "99910000", "99920000"
ACQUIRER = "99900000"
MERCHANT = "999653080110001"
_NOON_MS = 1_403_064_000_000
"""2014-06-18 12:00 in Shanghai."""
_DAY_MS = 86_400_000


def rules(**changes: object) -> Rules:
    """Return how the packaged dialects settle; the acquirer is of the second issuer's group."""
    made = rules_of(configuration(terminal_dialect=load_dialect("pos")))
    return replace(made, groups={SECOND: "two", ACQUIRER: "two"}, **changes)


def row(
    stan: int,
    fen: int = 50_000,
    kind: str = "rural_withdrawal",
    state: State = State.APPROVED,
    **changes: object,
) -> Row:
    """Return a transaction of the first issuer; `changes` are fields of its record."""
    day = int(str(changes.get("clearing_day", DAY)))
    record: Record = replace(
        making.record(fen, rrn=f"4169{stan:08d}"),
        kind=kind,
        clearing_day=day,
        opened_ms=_NOON_MS + (day - DAY) * _DAY_MS + stan,
        issuer=FIRST,
        acquirer=ACQUIRER,
    )
    return Row(
        key=making.key(stan),
        fingerprint=b"same",
        state=state,
        record=replace(record, **changes),
        cap=CapCheck(day, 200_000) if kind == "rural_withdrawal" else None,
        attempt=stan,
        incarnation=1,
        answer=Answer("120000", "0618", "0618", f"4169{stan:08d}", "123456", "00", ""),
        plan=making.plan() if state in {State.REVERSED, State.REVERSING} else None,
    )


def put(ledger: MemoryLedger, *rows: Row) -> None:
    """Have rows in a ledger as they are, whatever led there."""
    for each in rows:
        ledger._stored.put(each.key, each)


class MemoryStore:
    """The model of a settlement store, for tests of what uses one."""

    def __init__(self) -> None:
        self.kept: dict[int, bytes] = {}
        self.marked: dict[str, Mark] = {}
        self.listed: dict[int, Kept] = {}

    def last_day(self) -> int:
        return max(self.kept, default=0)

    def days(self) -> list[int]:
        return sorted(self.kept)

    def clearing(self, day: int) -> bytes | None:
        return self.kept.get(day)

    def marks(self, rrns: Sequence[str]) -> dict[str, Mark]:
        return {rrn: self.marked[rrn] for rrn in rrns if rrn in self.marked}

    def carried(self) -> list[Mark]:
        found = [mark for mark in self.marked.values() if mark.state is MarkState.CARRIED]
        return sorted(found, key=lambda mark: (mark.day, mark.rrn))

    def keep_clearing(self, day: int, body: bytes, marks: Sequence[Mark]) -> None:
        if self.last_day() >= day:
            raise AlreadyClearedError(f"{day} is cleared already")
        self.kept[day] = body
        self.marked.update((mark.rrn, mark) for mark in marks)

    def generation(self) -> int:
        return sum(kept.version for kept in self.listed.values())

    def amend(
        self, new: Sequence[tuple[str, bytes]], changed: Sequence[Kept], generation: int = 0
    ) -> int:
        if generation and self.generation() != generation:
            raise ChangedMeanwhileError("cases were changed meanwhile")
        for kept in changed:
            if self.listed[kept.number].version != kept.version:
                raise ChangedMeanwhileError(f"case {kept.number} was changed meanwhile")
        added = self.add_cases(new)
        for kept in changed:
            self.change_case(kept)
        return added

    def add_cases(self, cases: Sequence[tuple[str, bytes]]) -> int:
        there = {kept.key for kept in self.listed.values()}
        fresh: dict[str, bytes] = {}
        for key, body in cases:
            if key not in there:
                fresh.setdefault(key, body)
        for key, body in fresh.items():
            number = len(self.listed) + 1
            self.listed[number] = Kept(number, key, 1, is_open=True, body=body)
        return len(fresh)

    def cases(self, *, is_open: bool | None = None) -> list[Kept]:
        return [each for each in self.listed.values() if is_open in {None, each.is_open}]

    def case(self, number: int) -> Kept | None:
        return self.listed.get(number)

    def change_case(self, kept: Kept) -> None:
        if self.listed[kept.number].version != kept.version:
            raise ChangedMeanwhileError(f"case {kept.number} was changed meanwhile")
        self.listed[kept.number] = replace(kept, version=kept.version + 1)

    def close(self) -> None:
        """Do nothing."""
