"""Bugs put into a world on purpose (simulators/world), to show that each checker can fail.

They sit in the harness, never in the switch: between engine and ledger, engine and network, or in
an issuer's books.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from fees.quote import Tariffs
from fees.tariff import BankTariff, Price
from simulators.accounts import APPROVED, Accounts, Debit, Origin
from simulators.cards import FIRST_PAN
from simulators.products.books import Shelf
from simulators.services.deeds import DONE
from simulators.social_security.books import Books
from simulators.wire import Wire
from simulators.world.matrix.plants import AnyCard, AnyPayer, LateReload, Unplanned, Yesterday
from simulators.world.plant import Plant
from switch.core.batches.values import SettleBatch
from switch.core.effects import Effect, Report, SendToLink, SendToTerminal
from switch.core.operations import (
    Acknowledge,
    CapCheck,
    Close,
    Open,
    Operation,
    Row,
    TransactionKey,
)
from switch.core.outcomes import (
    Closed,
    Missing,
    Outcome,
)
from switch.core.social.payouts import Payout
from switch.core.transaction import State


class OverCap(Plant):
    """The ledger is asked with a cap three times too high."""

    promise = "cap"

    def operation(self, operation: Operation) -> Operation | None:
        """Raise the limit of an open."""
        if isinstance(operation, Open) and operation.cap is not None:
            cap = operation.cap
            return replace(operation, cap=CapCheck(cap.day, 3 * cap.limit_fen))
        return operation


class HalfCap(Plant):
    """The ledger refuses what goes over half of a cap."""

    promise = "cap"

    def operation(self, operation: Operation) -> Operation | None:
        """Lower the limit of an open."""
        if isinstance(operation, Open) and operation.cap is not None:
            cap = operation.cap
            return replace(operation, cap=CapCheck(cap.day, cap.limit_fen // 2))
        return operation


class KeptCap(Plant):
    """What was reversed still counts to its card's day."""

    promise = "cap"

    def __init__(self, terminal_wire: Wire, issuer_wire: Wire) -> None:
        """Begin with nothing reversed."""
        super().__init__(terminal_wire, issuer_wire)
        self._opened: dict[TransactionKey, tuple[tuple[bytes, int], int]] = {}
        self._kept: Counter[tuple[bytes, int]] = Counter()

    def operation(self, operation: Operation) -> Operation | None:
        """Leave less room for each open of a day than there is."""
        if isinstance(operation, Acknowledge) and operation.state is State.REVERSED:
            day, fen = self._opened.pop(operation.key, ((b"", 0), 0))
            self._kept[day] += fen
        if not isinstance(operation, Open) or operation.cap is None:
            return operation
        day = (operation.key.card, operation.cap.day)
        self._opened[operation.key] = (day, operation.record.amount_fen)
        left = max(operation.cap.limit_fen - self._kept[day], 0)
        return replace(operation, cap=CapCheck(operation.cap.day, left))


class BelievedMac(Plant):
    """The switch believes an answer that was changed on its way: its MAC is made right."""

    promise = "macs"
    believes_macs = True


class TakenAgain(Plant):
    """The ledger takes nothing of any original, so that it can be taken of again."""

    promise = "originals"

    def operation(self, operation: Operation) -> Operation | None:
        """Open what takes of another as if it took a fen."""
        if isinstance(operation, Open) and operation.taking is not None:
            taking = replace(operation.taking, fen=1, before_fen=-1, frees=False)
            return replace(operation, taking=taking)
        return operation


class LostReversal(Plant):
    """The issuer acknowledges every reversal and gives nothing back."""

    promise = "money"

    def accounts(self) -> Accounts:
        """Return books that never give back."""
        return _Keeping()


class _Keeping(Accounts):
    def give_back(self, origin: Origin, stan: str) -> str:  # noqa: ARG002
        return APPROVED


class Overcharging(Accounts):
    """Books of an issuer that debits one fen more than the fee that it was told."""

    def withdraw(self, debit: Debit) -> str:
        """Debit a fee, where there is one, and a fen."""
        if debit.fee_fen:
            debit = replace(debit, fee_fen=debit.fee_fen + 1)
        return super().withdraw(debit)


class FeeOffByOne(Plant):
    """The ledger keeps a fee that is one fen above the one that is debited."""

    promise = "money"

    def operation(self, operation: Operation) -> Operation | None:
        """Open every withdrawal with another fee."""
        if isinstance(operation, Open) and operation.cap is not None:
            record = operation.record
            return replace(operation, record=replace(record, fee_fen=record.fee_fen + 1))
        return operation


class OldTable(Plant):
    """The switch charges withdrawals by a table that is 0.2 % cheaper than ours."""

    promise = "fees"

    def tariffs(self, tariffs: Tariffs) -> Tariffs:
        """Return tables in which each bank's rate of withdrawals is lower."""
        banks = {
            bank: tuple(_cheaper(tariff) for tariff in versions)
            for bank, versions in tariffs.banks.items()
        }
        return Tariffs(tariffs.matrix, tariffs.national, banks)


def _cheaper(tariff: BankTariff) -> BankTariff:
    name = "withdrawal_off_us"
    steps = tuple(
        replace(step, rate_ppm=max(step.rate_ppm - 2_000, 0))
        for step in tariff.as_issuer[name].steps
    )
    return replace(tariff, as_issuer={**tariff.as_issuer, name: Price(steps)})


class DoubleDebit(Plant):
    """The issuer books every withdrawal twice, the second time under a key nobody sent."""

    promise = "approvals"

    def accounts(self) -> Accounts:
        """Return books that debit twice."""
        return _Doubling()


class _Doubling(Accounts):
    def withdraw(self, debit: Debit) -> str:
        again = replace(debit.origin, stan=f"{999_999 - int(debit.origin.stan):06d}")
        super().withdraw(replace(debit, origin=again))
        return super().withdraw(debit)


class StuckReversal(Plant):
    """No 0420 ever leaves."""

    promise = "quiet"

    def effect(self, effect: Effect) -> list[Effect]:
        """Swallow reversals to issuers."""
        if isinstance(effect, SendToLink) and self._mti(effect).startswith("042"):
            return []
        return [effect]

    def _mti(self, effect: SendToLink) -> str:
        return self.issuer_wire.hear(self.issuer_wire.bare(effect.frame)).mti


class OpenHold(Plant):
    """The acknowledgement of a reversal never reaches the ledger."""

    promise = "holds"

    def operation(self, operation: Operation) -> Operation | None:
        """Swallow acknowledgements."""
        return None if isinstance(operation, Acknowledge) else operation

    def pretend(self, operation: Operation, rows: list[Row]) -> Outcome:
        """Say that it was done."""
        row = _row(operation, rows)
        return Closed(row) if row is not None else Missing()


class EarlyAnswer(Plant):
    """Approvals are answered although the ledger never recorded them."""

    promise = "records"

    def operation(self, operation: Operation) -> Operation | None:
        """Swallow closes as approved."""
        is_approval = isinstance(operation, Close) and operation.state is State.APPROVED
        return None if is_approval else operation

    def pretend(self, operation: Operation, rows: list[Row]) -> Outcome:
        """Say that it was done."""
        row = _row(operation, rows)
        return Missing() if row is None else Closed(replace(row, state=State.APPROVED))


class DoubleAnswer(Plant):
    """Every approval is followed by a refusal of the same request."""

    promise = "outcomes"

    def effect(self, effect: Effect) -> list[Effect]:
        """Send a second answer."""
        if not isinstance(effect, SendToTerminal):
            return [effect]
        heard = self.terminal_wire.hear(self.terminal_wire.bare(effect.frame))
        if heard.mti != "0210" or heard.get(39) != APPROVED:
            return [effect]
        second = self.terminal_wire.framing.join(heard.view.patch({39: "05"}))
        return [effect, SendToTerminal(effect.connection, second)]


class SecondReversal(Plant):
    """An issuer is sent every reversal once more under another number."""

    promise = "reversals"

    def heard(self, reversals: list[tuple[str, dict[int, str]]]) -> None:
        """Add one that has another DE 11."""
        if reversals:
            mti, fields = reversals[-1]
            reversals.append((mti, {**fields, 11: f"{999_999 - int(fields[11]):06d}"}))


class ClearPan(Plant):
    """A report names a card in clear."""

    promise = "masks"

    def effect(self, effect: Effect) -> list[Effect]:
        """Report every answer with a PAN."""
        if isinstance(effect, SendToTerminal):
            return [effect, Report("answered", {"card": FIRST_PAN})]
        return [effect]


class BrokenInvariant(Plant):
    """The engine hears every sign-on of a link twice from the ledger's side."""

    promise = "stops"

    def keeps(self, event: str) -> bool:
        """Answer the ledger's tickets twice."""
        return event != "LedgerAnswered"


class Miscounted(Plant):
    """The ledger counts no rural withdrawal when a terminal settles."""

    promise = "settlement"

    def operation(self, operation: Operation) -> Operation | None:
        """Leave the kind out of what counts."""
        if isinstance(operation, SettleBatch):
            counting = operation.counting
            debits = tuple(kind for kind in counting.debits if kind != "rural_withdrawal")
            return replace(operation, counting=replace(counting, debits=debits))
        return operation


class Backdated(Plant):
    """The ledger puts everything into the clearing day that it saw first."""

    promise = "days"
    _day = 0

    def operation(self, operation: Operation) -> Operation | None:
        """Change the clearing day of whatever is opened later."""
        if not isinstance(operation, Open):
            return operation
        self._day = self._day or operation.record.clearing_day
        return replace(operation, record=replace(operation.record, clearing_day=self._day))


class LostCredit(Plant):
    """A bank says that it credited the payee of a transfer, and did not."""

    promise = "transfers"

    def accounts(self) -> Accounts:
        """Return books in which nobody is ever paid."""
        return _Uncrediting()


class _Uncrediting(Accounts):
    def pay_in(self, credit: Debit) -> str:  # noqa: ARG002
        return APPROVED


class LetGo(Plant):
    """The host says that it let go of a bill, and keeps it."""

    promise = "bills"

    def office(self, books: Books) -> Books:
        """Return the same books, which cancel nothing."""
        return _Grasping(books)


class ForgottenBill(Plant):
    """The host says that a bill is paid, and forgets it."""

    promise = "debits"

    def office(self, books: Books) -> Books:
        """Return the same books, which confirm nothing."""
        return _Forgetting(books)


class _Wrong(Books):
    def __init__(self, books: Books) -> None:
        super().__init__()
        self.persons, self.dues, self.benefits = books.persons, books.dues, books.benefits


class _Grasping(_Wrong):
    def cancel(self, rrn: str) -> str:  # noqa: ARG002
        return DONE


class _Forgetting(_Wrong):
    def confirm(self, rrn: str) -> str:  # noqa: ARG002
        return DONE


class PaidTwice(Plant):
    """The numbers of payments are others each time that their file is delivered."""

    promise = "benefits"

    def order(self, payouts: tuple[Payout, ...], delivery: int) -> tuple[Payout, ...]:
        """Count the deliveries in the payment numbers, behind the fund."""
        return tuple(
            replace(each, number=f"{each.number[:6]}{delivery:02d}{each.number[8:]}")
            for each in payouts
        )


class LetGoOfOrder(Plant):
    """The product host says that it let go of an order, and keeps it."""

    promise = "bills"

    def shelf(self, shelf: Shelf) -> Shelf:
        """Return the same shelf, which cancels nothing."""
        grasping = _GraspingShelf()
        grasping.products = shelf.products
        return grasping


class _GraspingShelf(Shelf):
    def cancel(self, rrn: str) -> str:  # noqa: ARG002
        return DONE


PLANTS: Final[Mapping[str, type[Plant]]] = {
    "over-cap": OverCap,
    "taken-again": TakenAgain,
    "believed-mac": BelievedMac,
    "half-cap": HalfCap,
    "kept-cap": KeptCap,
    "open-hold": OpenHold,
    "double-answer": DoubleAnswer,
    "double-debit": DoubleDebit,
    "lost-reversal": LostReversal,
    "fee-off-by-one": FeeOffByOne,
    "old-table": OldTable,
    "second-reversal": SecondReversal,
    "early-answer": EarlyAnswer,
    "clear-pan": ClearPan,
    "stuck-reversal": StuckReversal,
    "miscounted-batch": Miscounted,
    "backdated": Backdated,
    "broken-invariant": BrokenInvariant,
    "lost-credit": LostCredit,
    "kept-bill": LetGo,
    "forgotten-bill": ForgottenBill,
    "kept-order": LetGoOfOrder,
    "benefit-twice": PaidTwice,
    "yesterday": Yesterday,
    "any-card": AnyCard,
    "late-reload": LateReload,
    "any-payer": AnyPayer,
    "unplanned": Unplanned,
}
"""Every bug that can be planted, by its name on the command line."""


def _row(operation: Operation, rows: list[Row]) -> Row | None:
    key: TransactionKey | None = getattr(operation, "key", None)
    return next((row for row in rows if row.key == key), None)
