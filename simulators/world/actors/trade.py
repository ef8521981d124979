"""What people ask of terminals in a world (simulators/world): kinds of work, each with its share.

Another kind of work is another line of `TRADES`. Whatever it draws, it draws from the stream of its
booth alone, and from the same one however many kinds there are.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import accumulate
from random import Random
from typing import Final

import msgspec

from simulators.cards import Card
from simulators.terminal_memory import Habits, Job, Kind, Slip

_AMOUNTS_YUAN: Final = (10, 10, 10, 20, 20, 50, 50, 100, 100, 200, 500, 1_000, 15)
"""15 yuan is refused where cash is paid out: it is no multiple of ten."""
_WRONG_PIN: Final = "654321"
_RECENT: Final = 12
"""Slips from the newest that a person comes back with."""
_PERCENTS: Final = (100, 100, 80, 115, 130)
"""Of what was authorised: how much a completion asks for; the last is refused."""
_REFUNDED: Final = (100, 50, 33, 101)
"""Of what was paid: how much a refund gives back; the last is refused."""
_SPENT: Final = frozenset({Kind.SALE, Kind.COMPLETION, Kind.COMPLETION_ADVICE})


class Desk(msgspec.Struct, frozen=True):
    """What a piece of work is made from: chance, a card, a terminal's slips, and its habits."""

    chance: Random
    card: Card
    cards: Sequence[Card]
    slips: Sequence[Slip]
    habits: Habits

    @property
    def amount_fen(self) -> int:
        """An amount that somebody wants."""
        return self.chance.choice(_AMOUNTS_YUAN) * 100

    def recent(self, kinds: Collection[Kind]) -> Slip | None:
        """Return a recent slip of some kinds, None where there is none."""
        slips = [slip for slip in self.slips[-_RECENT:] if slip.kind in kinds]
        return self.chance.choice(slips) if slips else None

    def card_of(self, slip: Slip) -> Card:
        """Return the card of a slip, as far as a slip shows it."""
        same = [card for card in self.cards if card.shown == slip.shown_card]
        return same[0] if same else self.card


Trade = Callable[[Desk], Job]


def _asks(kind: Kind) -> Trade:
    """Return the trade of a kind that needs a card and an amount."""

    def ask(desk: Desk) -> Job:
        return Job(kind=kind, card=desk.card, amount_fen=desk.amount_fen, habits=desk.habits)

    return ask


def _wrong_pin(desk: Desk) -> Job:
    """Withdraw with a PIN that is not the card's."""
    card = Card(pan=desk.card.pan, pin=_WRONG_PIN)
    return Job(kind=Kind.WITHDRAWAL, card=card, amount_fen=desk.amount_fen, habits=desk.habits)


def _balance(desk: Desk) -> Job:
    return Job(kind=Kind.BALANCE, card=desk.card, habits=desk.habits)


def _managing(desk: Desk) -> Job:
    return Job(kind=desk.chance.choice((Kind.SIGN_ON, Kind.SIGN_OFF, Kind.ECHO)))


def _takes(
    kind: Kind, of: Collection[Kind], first: Kind, percents: Sequence[int] = (100,)
) -> Trade:
    """Return the trade of a kind that is about a slip; without one, what makes one is asked."""
    else_asked = _asks(first)

    def ask(desk: Desk) -> Job:
        slip, percent = desk.recent(of), desk.chance.choice(percents)
        if slip is None:
            return else_asked(desk)
        return Job(
            kind=kind,
            card=desk.card_of(slip),
            amount_fen=max(slip.amount_fen * percent // 100, 1),
            habits=desk.habits,
            of=slip,
        )

    return ask


_AUTHORISED: Final = frozenset({Kind.AUTHORISATION})
TRADES: Final[tuple[tuple[int, Trade], ...]] = (
    (44, _asks(Kind.WITHDRAWAL)),
    (3, _wrong_pin),
    (10, _balance),
    (5, _managing),
    (6, _asks(Kind.SALE)),
    (4, _asks(Kind.PAYMENT)),
    (5, _takes(Kind.VOID, {Kind.SALE, Kind.PAYMENT}, Kind.SALE)),
    (6, _takes(Kind.REFUND, _SPENT, Kind.SALE, _REFUNDED)),
    (4, _asks(Kind.AUTHORISATION)),
    (3, _takes(Kind.AUTHORISATION_VOID, _AUTHORISED, Kind.AUTHORISATION)),
    (4, _takes(Kind.COMPLETION, _AUTHORISED, Kind.AUTHORISATION, _PERCENTS)),
    (2, _takes(Kind.COMPLETION_VOID, {Kind.COMPLETION}, Kind.AUTHORISATION)),
    (4, _takes(Kind.COMPLETION_ADVICE, _AUTHORISED, Kind.AUTHORISATION, _PERCENTS)),
)
"""Every kind of work and its share."""
_SHARES: Final = tuple(accumulate(share for share, _ in TRADES))
_KINDS: Final = tuple(trade for _, trade in TRADES)


MOVED: Final = 0.4
"""Share of transfers, where people transfer at all."""


def transfer(desk: Desk) -> Job:
    """Move an amount to another card; who has none withdraws."""
    others = [card for card in desk.cards if card.pan != desk.card.pan]
    if not others:
        return _asks(Kind.WITHDRAWAL)(desk)
    payee = desk.chance.choice(others)
    amount_fen, habits = desk.amount_fen, desk.habits
    return Job(
        kind=Kind.TRANSFER, card=desk.card, amount_fen=amount_fen, habits=habits, payee=payee
    )


def job(desk: Desk) -> Job:
    """Draw a piece of work."""
    return desk.chance.choices(_KINDS, cum_weights=_SHARES)[0](desk)
