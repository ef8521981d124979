"""One terminal under load (simulators/load): a quick way, and the actor for what is not ordinary.

An ordinary request is made from a template and its answer read by offsets. Whatever is not ordinary
(a refusal that asks for something, a wrong MAC, silence, a lost line, a reversal that is owed) goes
to the terminal of `simulators.terminal`, as if it had sent the request itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Final, Protocol

import msgspec

from messages.crypto.keys import Pik
from messages.crypto.mac import MacAlgorithm
from simulators.load.driving.lines import Hub, Line
from simulators.load.driving.templates import QUICK, Mine, Press, Shape, Shapes
from simulators.load.measuring.recorder import End, Recorder, Ticket
from simulators.load.scenario.fleet import Drawn
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Result, Slip, Verdict
from simulators.terminals.answers import APPROVED
from simulators.wire import Wire
from switch.core.moment import Moment, local

DEMANDING: Final = frozenset({"98", "68", "94", "09", "A0", "77", "99"})
"""Answers after which a terminal has something to do: the actor takes over."""
_MAC_BYTES: Final = 8
_MAC_PLACE: Final = slice(-_MAC_BYTES, None)
_PIN_BLOCK: Final = 8
_WITHOUT_CARD: Final = frozenset({Kind.SIGN_ON, Kind.SIGN_OFF, Kind.ECHO, Kind.SETTLEMENT})
_WITHOUT_AMOUNT: Final = frozenset(kind.value for kind in (*_WITHOUT_CARD, Kind.BALANCE))
OUTCOMES: Final = {
    Verdict.APPROVED: "approved",
    Verdict.DECLINED: "declined",
    Verdict.NO_ANSWER: "no_answer",
    Verdict.LINE_LOST: "line_lost",
    Verdict.MAC_WRONG: "mac_wrong",
    Verdict.KEYS_WRONG: "mac_wrong",
    Verdict.ANSWER_WRONG: "answer_wrong",
    Verdict.NOT_DONE: "not_done",
    Verdict.CHIP_REFUSED: "answer_wrong",
    Verdict.GIVEN_UP: "given_up",
    Verdict.UNBALANCED: "declined",
}
"""How each verdict counts; only a reversal is given up, which nobody intended."""
_MOST_KEPT: Final = 1_000
"""Slips that a terminal keeps in memory: a shift is longer than its paper."""
_LAST_STAN: Final = 999_999


class Trouble(Protocol):
    """What goes wrong on the terminals' side while a fault is on."""

    def spoil(self, frame: bytes) -> bytes:
        """Return the frame as it is sent: perhaps with a wrong MAC."""

    def vanishes(self, frame: bytes) -> bool:
        """Tell whether the terminal hangs up now, this request just sent."""


class Stage(msgspec.Struct):
    """What all terminals of a worker share."""

    hub: Hub
    wire: Wire
    press: Press
    recorder: Recorder
    cards: Sequence[Drawn]
    checks_mac: bool
    watched: dict[Agent, int]
    """When the last request of each is overdue, in the order of the sending."""
    timeout_ns: int
    freed: Callable[[Agent, int], None]
    connect: Callable[[Agent], None]
    shapes: Shapes
    ready: bytes
    """The head of an answer that asks for nothing."""
    wants_numbers: bool = True
    """Whether anybody will ask for DE 37."""
    keeps_slips: bool = False
    """Whether a settlement will ask for what was approved."""
    hangs_up: bool = False
    """Whether a connection serves one transaction."""
    trouble: Trouble | None = None


class Agent:
    """One terminal; at most one intended transaction at a time."""

    __slots__ = (
        "_amount", "_day", "_is_asked", "_is_plain", "_is_quick", "_mac", "_mine", "_pik", "_stage",
        "_stan", "_used_stan", "line", "shown", "terminal", "ticket",
    )  # fmt: skip

    def __init__(self, stage: Stage, terminal: Terminal) -> None:
        """Begin without a connection."""
        self.terminal = terminal
        self.line: Line | None = None
        self.ticket: Ticket | None = None
        self.shown = terminal.identity.id
        self._stage = stage
        self._mine: Mine | None = None
        self._is_quick = False
        self._is_asked = False
        self._is_plain = False
        """Whether the actor has nothing to do and the session's keys are those kept here."""
        self._mac: MacAlgorithm | None = None
        self._pik: Pik | None = None
        self._used_stan = 0
        self._stan = self._amount = b""
        self._day = 0

    def __repr__(self) -> str:
        return f"Agent({self.shown})"

    @property
    def is_idle(self) -> bool:
        """Whether nothing is out."""
        return self.ticket is None and self.terminal.is_idle

    # -------------------------------------------------------------------------------- beginning

    def begin(self, ticket: Ticket, now_ns: int) -> None:
        """Do a transaction; its end goes to the recorder."""
        self.ticket = ticket
        ticket.link = self._stage.cards[ticket.card].link
        if ticket.kind in _WITHOUT_AMOUNT:
            ticket.amount_fen = 0
        if self.line is None:
            self._stage.connect(self)
        else:
            self._go(now_ns)

    def _job(self, ticket: Ticket) -> Job:
        """Return what the actor would be asked to do."""
        kind = Kind(ticket.kind)
        card = None if kind in _WITHOUT_CARD else self._stage.cards[ticket.card].card
        return Job(kind=kind, card=card, amount_fen=ticket.amount_fen)

    def connected(self, line: Line, now_ns: int) -> None:
        """Go on over a connection."""
        self.line = line
        self._slowly(self.terminal.connected(self._stage.hub.moment(now_ns)), now_ns)
        if self.ticket is not None and not self._is_asked:
            self._go(now_ns)

    def not_connected(self, now_ns: int) -> None:
        """Give a transaction up that has no connection."""
        self.terminal.jobs.clear()
        self.finish(End("line_lost", terminal=self.shown), now_ns)

    def _go(self, now_ns: int) -> None:
        ticket = self.ticket
        if ticket is None:
            return
        if (
            ticket.kind in QUICK
            and (self._is_plain or self._becomes_plain(now_ns))
            and self._quickly(ticket, now_ns)
        ):
            return
        self._is_asked = True
        moment = self._stage.hub.moment(now_ns)
        self._slowly(self.terminal.ask(self._job(ticket), moment), now_ns)

    def _becomes_plain(self, now_ns: int) -> bool:
        """Tell whether nothing stands before an ordinary request; keep what it needs."""
        memory, pik = self.terminal.memory, self.terminal.memory.pik
        if not memory.is_signed_on or memory.owed or memory.tellings or not self.terminal.is_idle:
            return False
        if memory.mac is None or pik is None or pik.cipher.block_size != _PIN_BLOCK:
            return False
        self._mac, self._pik = memory.mac, pik
        if self._mine is None:
            self._own(now_ns)
        self._is_plain = True
        return True

    def _quickly(self, ticket: Ticket, now_ns: int) -> bool:
        """Send a request by template; tell whether there was one."""
        stage, line, mine, mac, pik = self._stage, self.line, self._mine, self._mac, self._pik
        if line is None or mine is None or mac is None or pik is None:
            return False
        press, memory, number = stage.press, self.terminal.memory, ticket.card
        templates = press.templates[ticket.kind]
        if number in templates:
            template = templates[number]
        else:
            identity = self.terminal.identity
            template = press.make(self._job(ticket), number, identity, self._day)
        if template is None:
            return False
        self._used_stan = used = memory.stan
        memory.stan = used % _LAST_STAN + 1
        ticket.stan = shown = f"{used:06d}"
        fen = ticket.amount_fen
        self._stan = stan = bytes.fromhex(shown)
        self._amount = amount = press.amounts.get(fen) or press.amount(fen)
        frame = template.fill(mine, stan, amount, pik.cipher.encrypt(template.clear_pin))
        frame[_MAC_PLACE] = mac.compute(frame[template.layout.covered])
        self._is_quick = True
        # Making the request is no part of how long its answer took.
        ticket.sent_ns = perf_counter_ns()
        if stage.trouble is None:
            stage.hub.put(line, frame)
            watched = stage.watched
            watched.pop(self, None)
            watched[self] = now_ns + stage.timeout_ns
        else:
            self._send(frame, now_ns)
        return True

    def get_ready(self, now_ns: int) -> None:
        """Make before the run what would be made at the first request, and delay others."""
        if self._becomes_plain(now_ns) and self._pik is not None:
            self._pik.cipher.encrypt(bytes(_PIN_BLOCK))

    def signed_on(self, now_ns: int) -> None:
        """Make ready what the session's keys and batch decide."""
        self._own(now_ns)

    def _own(self, now_ns: int) -> Mine:
        stage, terminal = self._stage, self.terminal
        self._mine = mine = stage.press.mine(terminal.identity, terminal.memory)
        self._day = local(stage.hub.moment(now_ns).utc_ms).day
        return mine

    def _send(self, frame: bytes | bytearray, now_ns: int) -> None:
        stage, line = self._stage, self.line
        if line is None:
            return
        trouble = stage.trouble
        if trouble is not None:
            frame = trouble.spoil(bytes(frame))
        line.send(frame)
        stage.watched.pop(self, None)
        stage.watched[self] = now_ns + stage.timeout_ns
        if trouble is not None and trouble.vanishes(bytes(frame)):
            stage.hub.flush()
            line.close()

    # ------------------------------------------------------------------------------ what it hears

    def took(self, frame: bytes, now_ns: int) -> None:
        """Take an answer."""
        if self._is_quick:
            shape = self._stage.shapes.of(frame)
            if shape is not None:
                self.answered(frame, shape, shape.numbers(frame), now_ns)
                return
            self._hand_over(now_ns)
        self._slowly(self.terminal.received(frame, self._stage.hub.moment(now_ns)), now_ns)

    def answered(self, frame: bytes, shape: Shape, numbers: tuple[bytes, ...], now_ns: int) -> None:
        """Take an answer whose shape is known."""
        if self._is_quick:
            end = self._ordinary(frame, shape, numbers)
            if end is not None:
                self._is_quick = False
                self.finish(end, now_ns)
                return
            self._hand_over(now_ns)
        self._slowly(self.terminal.received(frame, self._stage.hub.moment(now_ns)), now_ns)

    def _ordinary(self, frame: bytes, shape: Shape, numbers: tuple[bytes, ...]) -> End | None:
        """Return how a transaction ended, None where the actor must judge."""
        stage, mine, mac = self._stage, self._mine, self._mac
        if mine is None or mac is None or not frame.startswith(stage.ready):
            return None
        stan, tid, merchant, amount = numbers
        echoes = stan == self._stan and tid == mine.terminal and merchant == mine.merchant
        if not echoes or (shape.has_amount and amount != self._amount):
            return None
        code = frame[shape.code].decode("ascii")
        if code in DEMANDING:
            return None
        is_approved = code in APPROVED
        # A terminal prints nothing without a good MAC; a refusal pays nothing out.
        if is_approved and stage.checks_mac:
            covered = frame[stage.shapes.start : -_MAC_BYTES]
            if not shape.has_mac or not mac.verify(covered, frame[-_MAC_BYTES:]):
                return None
        rrn = frame[shape.rrn].decode("ascii") if stage.wants_numbers else ""
        if not is_approved:
            return End("declined", code, rrn, self.shown)
        if stage.keeps_slips:
            self._print(rrn)
        return End("approved", code, rrn, self.shown)

    def _print(self, rrn: str) -> None:
        """Keep the slip of an approval, as far as a settlement asks for it."""
        ticket, memory = self.ticket, self.terminal.memory
        if ticket is not None and ticket.amount_fen:
            slip = Slip(
                terminal=self.shown,
                batch=f"{memory.batch:06d}",
                stan=ticket.stan,
                rrn=rrn,
                authorisation="",
                amount_fen=ticket.amount_fen,
                shown_card=self._stage.cards[ticket.card].card.shown,
                date="",
                time="",
                kind=Kind(ticket.kind),
            )
            memory.slips.append(slip)

    def _hand_over(self, now_ns: int) -> None:
        """Let the actor be where it would be, had it sent the request itself."""
        self._is_quick = self._is_plain = False
        memory, ticket = self.terminal.memory, self.ticket
        if ticket is None:
            return
        memory.stan = self._used_stan
        self._is_asked = True
        # The request it makes is the one that is out: it is not sent again.
        self.terminal.ask(self._job(ticket), self._stage.hub.moment(ticket.sent_ns or now_ns))

    def _slowly(self, frames: list[bytes], now_ns: int) -> None:
        """Send what the actor sends, and look at what it has concluded."""
        terminal, ticket = self.terminal, self.ticket
        self._is_plain = False
        if frames:
            if ticket is not None and not ticket.sent_ns and not terminal.jobs:
                ticket.sent_ns = now_ns
            self._send(b"".join(frames), now_ns)
        for result in terminal.results:
            self._concluded(result, now_ns)
        terminal.results.clear()
        if len(terminal.memory.slips) > _MOST_KEPT and not self._stage.keeps_slips:
            del terminal.memory.slips[:-_MOST_KEPT]

    def _concluded(self, result: Result, now_ns: int) -> None:
        if result.kind is Kind.SIGN_ON and result.verdict is Verdict.APPROVED:
            self.signed_on(now_ns)
        outcome = OUTCOMES[result.verdict]
        if outcome == "no_answer" and result.code:
            outcome = "declined"
        ticket = self.ticket
        if ticket is None or result.kind != ticket.kind:
            self._stage.recorder.side(result.kind.value, outcome)
            return
        ticket.stan = result.stan
        self.finish(End(outcome, result.code, result.rrn, self.shown), now_ns)

    # ---------------------------------------------------------------------------------- endings

    def overdue(self, now_ns: int) -> None:
        """Stop waiting for an answer."""
        if self._is_quick:
            self._hand_over(now_ns)
        due_ns = self.terminal.next_due_ns
        if due_ns is None:
            return
        # The actor's own time-out is the field's; this run may have a shorter one.
        at = self._stage.hub.moment(now_ns)
        self._slowly(self.terminal.expire(Moment(max(due_ns, now_ns), at.utc_ms)), now_ns)

    def lost(self, line: Line, now_ns: int) -> None:
        """Give up what was asked over a connection that is gone."""
        if self.line is not line:
            return
        self.line = None
        self._is_plain = False
        if self._is_quick:
            self._hand_over(now_ns)
        self.terminal.disconnected(self._stage.hub.moment(now_ns))
        self._slowly([], now_ns)
        if self.ticket is not None:
            # A reversal was lost that goes before the request: dial again, as terminals do.
            self._stage.connect(self)

    def finish(self, end: End, now_ns: int) -> None:
        """Tell how the transaction ended, and be free."""
        ticket, stage = self.ticket, self._stage
        if ticket is None:
            return
        self.ticket = None
        self._is_asked = False
        stage.recorder.ended(ticket, now_ns, end)
        if stage.hangs_up and self.line is not None and not self.terminal.memory.owed:
            self.line.close()
        stage.freed(self, now_ns)

    def settle(self, now_ns: int) -> None:
        """Send the reversals that are owed, if there are any and nothing is out."""
        if self.line is not None and self.is_idle and self.terminal.memory.owed:
            moment = self._stage.hub.moment(now_ns)
            self._slowly(self.terminal.ask(Job(kind=Kind.REVERSAL), moment), now_ns)
