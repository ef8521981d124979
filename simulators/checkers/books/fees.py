"""Promise: every fee is what a slow computation, written apart, makes of the tables.

Each opened transaction is priced again: what its cardholder pays, and every leg between the
institutions. What gives back is held to the legs that its original was opened with, a refund in
proportion to all that was refunded so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from messages.values import mask_pan
from simulators.checkers.books import slow_fees
from simulators.checkers.books.effects import PAID_OUT, priced_as
from simulators.checkers.finding import Finding
from simulators.world.history import History
from switch.core.operations import Open, Record, TransactionKey
from switch.core.outcomes import Opened
from switch.core.transfers.legs import CREDIT

PROMISE = "every fee is what a slow computation makes of the tables"
_OPTIONS: Final = {"waiver_scope": "all", "waiver_urban": True}
"""How the packaged matrix is read."""
_CARDHOLDER: Final = "c"
_GIVES_BACK: Final = frozenset({"void", "refund"})
_RURAL: Final = "R"
_CHANNELS: Final = {"rural": _RURAL, "urban": "U", "merchant": "M"}
_Place = tuple[str, int, int, str, str]
Legs = list[tuple[str, int]]
"""Initials of payer and payee, and fen; without what is nothing."""


def check(history: History) -> Iterator[Finding]:
    """Yield each transaction that was opened with another fee, or other legs."""
    checking = _Checking(history)
    for applied in history.applied:
        operation = applied.operation
        if isinstance(operation, Open) and isinstance(applied.outcome, Opened):
            record = operation.record
            is_paid_out = record.kind in PAID_OUT
            fee_fen, legs = (0, []) if is_paid_out else checking.expected(operation)
            if record.kind.endswith(CREDIT):
                fee_fen, legs = 0, []  # the payee pays nothing
            elif len(operation.linked) > 1:
                legs = []  # those of a transfer are its debit's
            if (fee_fen, legs) != (record.fee_fen, list(record.legs)):
                told = f"{record.fee_fen} fen and legs {_words(record.legs)}"
                due = f"{fee_fen} fen and legs {_words(legs)}"
                what = f"{record.rrn} costs {told}, and should cost {due}"
                yield Finding(what, rrn=record.rrn, step=applied.step)


class _Checking:
    """What was opened so far, as later transactions need it."""

    def __init__(self, history: History) -> None:
        self._history = history
        self._opened: dict[TransactionKey, Record] = {}
        self._refunded_fen: dict[TransactionKey, int] = {}
        self._known: dict[_Place, tuple[int, Legs]] = {}
        gate = history.gate
        self._others = {mask_pan(pan) for pan in gate.others} if gate is not None else set()

    def expected(self, operation: Open) -> tuple[int, Legs]:
        record, taking = operation.record, operation.taking
        self._opened[operation.key] = record
        kind = priced_as(record)
        if kind not in _GIVES_BACK or taking is None:
            terminal = self._history.configuration.terminals.get(operation.key.terminal)
            channel = _CHANNELS[terminal.channel] if terminal is not None else _RURAL
            card = "debit" if record.shown_card in self._others else "social"
            place = kind, record.amount_fen, record.clearing_day, channel, card
            if place not in self._known:
                self._known[place] = self._priced(place)
            return self._known[place]
        original = self._opened[taking.of]
        whole = original.amount_fen
        before_fen = self._refunded_fen.get(taking.of, 0)
        after_fen = before_fen + taking.fen
        if kind == "refund":
            self._refunded_fen[taking.of] = after_fen
        else:
            before_fen, after_fen = 0, whole
        # A part gives back what all parts so far give back, less what was given back before.
        back = [
            (parties[::-1], _share(fen, after_fen, whole) - _share(fen, before_fen, whole))
            for parties, fen in original.legs
        ]
        return -sum(fen for parties, fen in back if parties[1] == _CARDHOLDER), _moving(back)

    def _priced(self, place: _Place) -> tuple[int, Legs]:
        """Price by the tables: a card of another bank."""
        kind, fen, day, channel, card = place
        history = self._history
        [terminal, *_] = history.configuration.terminals.values()
        case = {
            "transaction": kind,
            "card": card,
            "side": "off_us",
            "city": "in" if terminal.is_in_city else "out",
            "channel": channel,
            "institution": "W" if terminal.is_public_welfare else "O",
            "category": terminal.category,
        }
        bank = history.bank_tariff.numbers(day)
        row = slow_fees.row_i(case, _OPTIONS)
        legs = slow_fees.cardholder(case, fen, day, {"issuer": bank, "acquirer": bank})
        fee_fen = sum(leg[2] for leg in legs)
        legs += slow_fees.interbank(case, row, fen, day, bank)
        return fee_fen, _moving([(payer[0] + payee[0], paid) for payer, payee, paid in legs])


def _share(fen: int, part_fen: int, whole_fen: int) -> int:
    exact = Decimal(fen) * part_fen / whole_fen
    return int(exact.quantize(Decimal(1), ROUND_HALF_UP))


def _moving(legs: Legs) -> Legs:
    return [(parties, fen) for parties, fen in legs if fen]


def _words(legs: Iterable[tuple[str, int]]) -> str:
    return ", ".join(f"{parties} {fen}" for parties, fen in legs) or "of nothing"
