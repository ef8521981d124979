"""The stages of the notice (switch/registry): what each opens, for whom, and on whose word.

A stage is data; that it is open somewhere from a day on is an `Opening`. Days are YYYYMMDD.
"""

from __future__ import annotations

import msgspec

EVERYWHERE = "all"
"""The scope of an opening that holds at every place."""
NO_END = 9999_12_31
"""The last day of what has no end."""


class Stage(msgspec.Struct, frozen=True, kw_only=True):
    """What opens together: transactions, on channels, with social-security cards or others.

    `transactions` None means every kind. `open_from` is the day from which it is open everywhere
    without an opening of its own, None where each opening must be recorded.
    """

    id: str
    en: str
    zh: str
    clause: str
    channels: frozenset[str]
    transactions: frozenset[str] | None
    takes_social: bool
    takes_other: bool
    needs_approval: bool = False
    open_from: int | None = None

    def covers(self, transaction: str, channel: str, *, is_social: bool) -> bool:
        """Tell whether this stage speaks of such a transaction at all."""
        takes = self.takes_social if is_social else self.takes_other
        named = self.transactions is None or transaction in self.transactions
        return takes and named and channel in self.channels


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A stage is open within a scope from a day to another, both inclusive.

    A scope is `all`, or `district:`, `acquirer:` or `point:` with an identifier.
    """

    stage: str
    scope: str
    from_day: int
    until_day: int = NO_END


class Window(msgspec.Struct, frozen=True, gc=False):
    """When a stage is open, as the matrix has it."""

    stage: Stage
    from_day: int
    until_day: int


class Matrix:
    """Transaction x kind of card x channel x scope -> windows; each found at its first question."""

    __slots__ = ("_by_scope", "_found", "stages")

    def __init__(self, stages: tuple[Stage, ...], openings: tuple[Opening, ...]) -> None:
        """Sort the openings by their scope; those of a stage that is not there are no concern."""
        self.stages = stages
        by_id = {stage.id: stage for stage in stages}
        self._by_scope: dict[str, list[Window]] = {}
        for stage in stages:
            if stage.open_from is not None:
                self._add(EVERYWHERE, Window(stage, stage.open_from, NO_END))
        for each in openings:
            if (stage_of := by_id.get(each.stage)) is not None:
                self._add(each.scope, Window(stage_of, each.from_day, each.until_day))
        self._found: dict[tuple[str, str, str, bool], tuple[Window, ...]] = {}

    def _add(self, scope: str, window: Window) -> None:
        self._by_scope.setdefault(scope, []).append(window)

    def windows(
        self, scope: str, transaction: str, channel: str, *, is_social: bool
    ) -> tuple[Window, ...]:
        """Return when a transaction is open within one scope, the earliest first."""
        asked = (scope, transaction, channel, is_social)
        found = self._found.get(asked)
        if found is None:
            found = tuple(
                sorted(
                    (
                        window
                        for window in self._by_scope.get(scope, ())
                        if window.stage.covers(transaction, channel, is_social=is_social)
                    ),
                    key=lambda window: window.from_day,
                )
            )
            if scope in self._by_scope:
                self._found[asked] = found
        return found

    def stage_for(self, transaction: str, channel: str, *, is_social: bool) -> Stage | None:
        """Return the first stage that would open this, None where none ever does."""
        for stage in self.stages:
            if stage.covers(transaction, channel, is_social=is_social):
                return stage
        return None
