"""A counter in a village: one simulated terminal, the whole engine, one simulated bank, no waiting.

The clock is in one's hand; frames arrive as soon as they are sent.
"""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from simulators.accounts import Accounts
from simulators.cards import Card
from simulators.installation import configuration, issuer_identity, link_name, terminal_identity
from simulators.issuer import Issuer
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Result, Slip
from simulators.wire import Wire
from switch.core.configuration import Download
from switch.core.effects import DrawKeys, Effect, SendToLink, SendToTerminal, Submit
from switch.core.events import (
    ConfigurationChanged,
    Event,
    KeysDrawn,
    LedgerAnswered,
    LinkConnected,
    LinkFrameReceived,
    Started,
    TerminalConnected,
    TerminalDisconnected,
    TerminalFrameReceived,
    TimePassed,
)
from switch.core.moment import Moment
from switch.ledger.memory import MemoryLedger
from switch.pipeline import make_engine
from tests.simulators.acting import INTERBANK, POS, START_MS

OPENING_FEN = 1_000_000
_LINK = link_name(0)
_MS = 1_000_000


class Counter:
    """One terminal, the switch, one bank."""

    def __init__(self, wire: Wire = POS, downloads: tuple[Download, ...] = ()) -> None:
        self.ledger = MemoryLedger()
        self.card = Card()
        self.accounts = Accounts()
        self.accounts.open(self.card, OPENING_FEN)
        self.bank = Issuer(issuer_identity(), INTERBANK, self.accounts)
        self.terminal = Terminal(terminal_identity(), wire)
        self.wire = wire
        self.is_deaf_to = ""
        """MTI of what the switch never gets."""
        self._connection = 1
        self._configuration = replace(configuration(), downloads=downloads)
        self.elapsed_ns = 0
        self._engine = make_engine(self._configuration)
        self._happen(Started(bytes(16)))
        self.bank.connected()
        self._happen(LinkConnected(_LINK))
        self._happen(TerminalConnected(1))
        self._say(self.terminal.connected(self.at))

    def reconfigure(self, **changes: Any) -> None:  # noqa: ANN401 - any field of a configuration
        """Give the switch another configuration."""
        self._configuration = replace(self._configuration, **changes)
        self._happen(ConfigurationChanged(self._configuration))

    def hang_up(self) -> None:
        """Connect the terminal anew."""
        self.terminal.disconnected(self.at)
        self._happen(TerminalDisconnected(self._connection))
        self._connection += 1
        self._happen(TerminalConnected(self._connection))
        self._say(self.terminal.connected(self.at))

    def use_signing_card(self) -> None:
        """Take a card whose chip makes cryptograms, of the same account."""
        self.card = replace(self.card, signs=True)

    @property
    def at(self) -> Moment:
        """The moment that it is."""
        return Moment(self.elapsed_ns, START_MS + self.elapsed_ns // _MS)

    @property
    def balance_fen(self) -> int:
        """What is available on the card's account."""
        return self.accounts.balance_fen(self.card.pan)

    @property
    def slip(self) -> Slip:
        """The last slip."""
        return self.terminal.memory.slips[-1]

    def do(self, kind: Kind, yuan: int = 0, of: Slip | None = None, code: str = "") -> Result:
        """Have the terminal do something; return how it ended."""
        job = Job(kind=kind, card=self.card, amount_fen=yuan * 100, of=of, code=code)
        if kind is Kind.REVERSAL:
            job = Job(kind=kind, code=code)
        self._say(self.terminal.ask(job, self.at))
        return self.terminal.results[-1]

    def pass_time(self, seconds: int) -> None:
        """Let time pass, second by second."""
        for _ in range(seconds):
            self.elapsed_ns += 1_000 * _MS
            self._happen(TimePassed())
            self._say(self.terminal.expire(self.at))
            self._from_bank(self.bank.expire(self.at))

    def _say(self, frames: list[bytes]) -> None:
        for frame in frames:
            bare = self.wire.bare(frame)
            if self.wire.hear(bare).mti != self.is_deaf_to:
                self._happen(TerminalFrameReceived(self._connection, bare))

    def _from_bank(self, frames: list[bytes]) -> None:
        for frame in frames:
            self._happen(LinkFrameReceived(_LINK, INTERBANK.bare(frame)))

    def _happen(self, event: Event) -> None:
        for effect in self._engine.handle(event, self.at):
            self._carry_out(effect)

    def _carry_out(self, effect: Effect) -> None:
        match effect:
            case Submit(ticket, operation):
                self._happen(LedgerAnswered(ticket, self.ledger.submit([operation])[0]))
            case DrawKeys(ticket, mak_bytes):
                self._happen(KeysDrawn(ticket, bytes(range(16)), bytes(range(1, 1 + mak_bytes))))
            case SendToTerminal(_, frame):
                self._say(self.terminal.received(self.wire.bare(frame), self.at))
            case SendToLink(_, frame):
                self._from_bank(self.bank.received(INTERBANK.bare(frame), self.at))
