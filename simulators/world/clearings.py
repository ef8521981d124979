"""A world's clearing runs (simulators/world): each day once, in order, as `jinbao clear run` does.

What was cleared and is reversed afterwards is given back by a later run. The books are the
ledger's, the store of settlement is one in memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from switch.ledger.protocol import Books
from switch.ledger.settling.protocol import AlreadyClearedError, Kept, Mark, MarkState
from switch.settlement.clearing import Clearing
from switch.settlement.rules import Rules
from switch.settlement.running import clear, day_after, days_to_clear, keep

_CASES: Final[list[Kept]] = []


class Clearings:
    """All days that were cleared so far."""

    def __init__(self, rules: Rules) -> None:
        """Begin with none."""
        self._rules = rules
        self._store = _Store()

    def close(self, books: Books, open_from: int) -> list[Clearing]:
        """Clear every day before one that was not cleared yet.

        InvariantBroken where a day does not sum to zero.
        """
        made = []
        for day in days_to_clear(books, self._store, day_after(open_from, -1)):
            clearing, clearer = clear(books, self._store, self._rules, day)
            keep(self._store, clearing, clearer)
            made.append(clearing)
        return made


class _Store:
    """A store of settlement that is not asked for cases."""

    def __init__(self) -> None:
        self._kept: dict[int, bytes] = {}
        self._marks: dict[str, Mark] = {}

    def last_day(self) -> int:
        return max(self._kept, default=0)

    def days(self) -> list[int]:
        return sorted(self._kept)

    def clearing(self, day: int) -> bytes | None:
        return self._kept.get(day)

    def marks(self, rrns: Sequence[str]) -> dict[str, Mark]:
        return {rrn: self._marks[rrn] for rrn in rrns if rrn in self._marks}

    def carried(self) -> list[Mark]:
        return sorted(mark for mark in self._marks.values() if mark.state is MarkState.CARRIED)

    def keep_clearing(self, day: int, body: bytes, marks: Sequence[Mark]) -> None:
        if self.last_day() >= day:
            raise AlreadyClearedError(f"{day} is cleared already")
        self._kept[day] = body
        self._marks.update((mark.rrn, mark) for mark in marks)

    def add_cases(self, cases: Sequence[tuple[str, bytes]]) -> int:  # noqa: ARG002 - there are none
        return 0

    def cases(self, *, is_open: bool | None = None) -> list[Kept]:  # noqa: ARG002
        return _CASES

    def case(self, number: int) -> Kept | None:  # noqa: ARG002
        return None

    def change_case(self, kept: Kept) -> None:
        raise LookupError(kept.number)

    def generation(self) -> int:
        return 0

    def amend(
        self,
        new: Sequence[tuple[str, bytes]],  # noqa: ARG002 - there are none
        changed: Sequence[Kept],
        generation: int = 0,  # noqa: ARG002
    ) -> int:
        for kept in changed:
            self.change_case(kept)
        return 0

    def close(self) -> None:
        """Do nothing."""
