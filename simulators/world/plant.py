"""No bug at all (simulators/world): what a bug that is put into a world on purpose may change.

Each bug changes one of these; all of them are in `simulators.world.plants`.
"""

from __future__ import annotations

from fees.quote import Tariffs
from simulators.accounts import Accounts
from simulators.products.books import Shelf
from simulators.social_security.books import Books
from simulators.wire import Wire
from switch.core.configuration import Configuration
from switch.core.effects import Effect
from switch.core.operations import Operation, Row
from switch.core.outcomes import Missing, Outcome
from switch.core.social.payouts import Payout


class Plant:
    """No bug at all; each bug changes one of these."""

    promise = ""
    """The promise that it breaks."""
    believes_macs = False
    """Whether an answer that was changed on its way has a right MAC all the same."""

    def __init__(self, terminal_wire: Wire, issuer_wire: Wire) -> None:
        """Read frames with these."""
        self.terminal_wire = terminal_wire
        self.issuer_wire = issuer_wire
        self.changes_effects = type(self).effect is not Plant.effect
        """Whether `effect` says anything."""
        self.changes_operations = type(self).operation is not Plant.operation
        """Whether `operation` does."""

    def operation(self, operation: Operation) -> Operation | None:
        """Return what the ledger is really asked; None asks nothing and pretends."""
        return operation

    def pretend(self, operation: Operation, rows: list[Row]) -> Outcome:  # noqa: ARG002
        """Return the outcome of an operation that never happened."""
        return Missing()

    def effect(self, effect: Effect) -> list[Effect]:
        """Return what really happens for an effect."""
        return [effect]

    def accounts(self) -> Accounts:
        """Return the books of an issuer."""
        return Accounts()

    def office(self, books: Books) -> Books:
        """Return the books of the social-security host."""
        return books

    def shelf(self, shelf: Shelf) -> Shelf:
        """Return the books of the product host."""
        return shelf

    def configuration(
        self,
        configuration: Configuration,
        before: Configuration | None,  # noqa: ARG002 - for those that look back
    ) -> Configuration:
        """Return what a switch really goes by, when it is told a configuration.

        `before`: what it was told before, where it runs already.
        """
        return configuration

    def order(
        self,
        payouts: tuple[Payout, ...],
        delivery: int,  # noqa: ARG002 - for those that count
    ) -> tuple[Payout, ...]:
        """Return what a pay-out file asks for, the first time (0) or again."""
        return payouts

    def tariffs(self, tariffs: Tariffs) -> Tariffs:
        """Return the tables that the switch really computes fees by."""
        return tariffs

    def heard(self, reversals: list[tuple[str, dict[int, str]]]) -> None:
        """Change what an issuer was sent."""

    def keeps(self, event: str) -> bool:  # noqa: ARG002
        """Tell whether an event of this type reaches the engine once only."""
        return True
