"""Cash that is remitted at the counters of a world (simulators/world): tills and settlement cards.

Somebody pays cash in, and the point's settlement card pays it to a card. Whatever is drawn comes
from streams that nothing else uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec
from msgspec.structs import replace

from simulators.accounts import Accounts
from simulators.cards import Card, fictional_card
from simulators.installation import CARDS_EACH, terminal_id
from simulators.terminal_memory import Job, Kind
from simulators.world.actors.trade import Desk
from simulators.world.weather.faults import stream
from switch.core.configuration import Configuration

REMITTED: Final = 0.3
"""Share of remittances among what is asked, where cash is remitted."""
_FIRST: Final = 900
"""The number of the first settlement card in a bank's range; people hold cards before it."""
_BALANCES_FEN: Final = (40_000, 2_000_000, 2_000_000)
_AMOUNTS_YUAN: Final = (10, 50, 200, 300, 500, 500, 1_000, 1_000, 2_000)
_PAYEES: Final = 2
"""So many people are paid most: theirs are the counters that get full."""
_MOST: Final = 0.8
_WRONG: Final = 0.1
"""How often the sender's own card is put in, instead of the point's."""


class Till:
    """What one terminal is asked to remit."""

    def __init__(self, chance: Random, card: Card, cards: Sequence[Card]) -> None:
        """Pay from a settlement card to these cards."""
        self.chance = chance
        self._card = card
        self._cards = cards

    def is_wanted(self) -> bool:
        """Draw whether somebody comes to remit cash now."""
        return self.chance.random() < REMITTED

    def job(self, desk: Desk) -> Job:
        """Draw a remittance; `desk` draws from the same stream."""
        chance = self.chance
        amount_fen = chance.choice(_AMOUNTS_YUAN) * 100
        is_usual, is_wrong = chance.random() < _MOST, chance.random() < _WRONG
        usual, anybody, own = (
            chance.choice(cards) for cards in (self._cards[:_PAYEES], self._cards, self._cards)
        )
        payee = usual if is_usual else anybody
        return Job(
            kind=Kind.REMITTANCE,
            card=own if is_wrong and own.pan != payee.pan else self._card,
            amount_fen=amount_fen,
            habits=desk.habits,
            payee=payee,
        )


class Tills(msgspec.Struct, frozen=True):
    """The settlement card of each terminal, by its number."""

    seed: int
    settling: tuple[Card, ...]

    def set_up(self, configuration: Configuration) -> Configuration:
        """Return a configuration that knows from which card each terminal remits."""
        terminals = dict(configuration.terminals)
        for number, card in enumerate(self.settling):
            known = terminals[terminal_id(number)]
            settles = configuration.vault.card_hash(card.pan)
            terminals[known.id] = replace(known, settlement_card=settles)
        return replace(configuration, terminals=terminals)

    def till(self, terminal: int, cards: Sequence[Card]) -> Till:
        """Return what a terminal is asked to remit, by its number."""
        return Till(stream(self.seed, f"till-{terminal}"), self.settling[terminal], cards)


def open_tills(seed: int, terminals: int, books: Sequence[Accounts]) -> Tills:
    """Return a settlement card for each terminal, with an account at one of the banks."""
    chance, settling = stream(seed, "tills"), []
    for terminal in range(terminals):
        bank = chance.randrange(len(books))
        card = fictional_card(bank * CARDS_EACH + _FIRST + terminal)
        books[bank].open(card, chance.choice(_BALANCES_FEN))
        settling.append(card)
    return Tills(seed, tuple(settling))
