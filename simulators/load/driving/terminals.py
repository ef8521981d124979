"""One terminal under load (simulators/load): a quick way, and the actor for what is not ordinary.

An ordinary request is made from a template and its answer read by offsets. Whatever is not ordinary
(a refusal that asks for something, a wrong MAC, silence, a lost line, a reversal that is owed) goes
to the terminal of `simulators.terminal`, as if it had sent the request itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Protocol

import msgspec

from messages.crypto.mac import MacAlgorithm
from messages.errors import DecodeError
from messages.view import View
from simulators.load.driving.lines import Hub, Line
from simulators.load.driving.templates import QUICK, Filler, Press
from simulators.load.measuring.recorder import End, Recorder, Ticket
from simulators.load.scenario.fleet import Drawn
from simulators.terminal import APPROVED, Terminal
from simulators.terminal_memory import Job, Kind, Result, Verdict
from simulators.wire import Wire
from switch.core.moment import Moment, local

DEMANDING: Final = frozenset({"98", "68", "94", "09", "A0", "77", "99"})
"""Answers after which a terminal has something to do: the actor takes over."""
_READ: Final = (4, 11, 41, 42, 39, 37, 64)
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
_ANSWER: Final = "0210"
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
    watch: Callable[[Agent, int], None]
    """Asks to be told when the agent's request is overdue."""
    freed: Callable[[Agent, int], None]
    connect: Callable[[Agent], None]
    hangs_up: bool = False
    """Whether a connection serves one transaction."""
    trouble: Trouble | None = None


class Agent:
    """One terminal; at most one intended transaction at a time."""

    __slots__ = (
        "_amount", "_constants", "_day", "_filler", "_heads", "_is_asked", "_is_quick", "_job",
        "_prefix",
        "_select", "_stage", "_used_stan", "line", "serial", "shown", "terminal", "ticket",
    )  # fmt: skip

    def __init__(self, stage: Stage, terminal: Terminal) -> None:
        """Begin without a connection."""
        self.terminal = terminal
        self.line: Line | None = None
        self.ticket: Ticket | None = None
        self.serial = 0
        """Changes with every request: tells an overdue one from one that was answered."""
        self.shown = terminal.identity.id
        self._stage = stage
        self._filler = Filler(terminal.identity, terminal.memory)
        self._constants: dict[str, bytes] = {}
        self._is_quick = False
        self._is_asked = False
        self._job: Job | None = None
        self._used_stan = 0
        self._amount = ""
        self._day = 0
        self._heads = stage.wire.framing.build_heads()
        answer = stage.wire.framing.answer_heads(self._heads)
        self._prefix = answer
        self._select = stage.wire.viewer.select(*_READ)

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
        card = self._stage.cards[ticket.card]
        ticket.link = card.link
        kind = Kind(ticket.kind)
        has_card = kind not in {Kind.SIGN_ON, Kind.SIGN_OFF, Kind.ECHO}
        if kind is Kind.BALANCE or not has_card:
            ticket.amount_fen = 0
        self._job = Job(
            kind=kind, card=card.card if has_card else None, amount_fen=ticket.amount_fen
        )
        if self.line is None:
            self._stage.connect(self)
        else:
            self._go(now_ns)

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
        job, ticket = self._job, self.ticket
        if job is None or ticket is None:
            return
        memory, stage = self.terminal.memory, self._stage
        if (
            job.kind in QUICK
            and memory.is_signed_on
            and not memory.owed
            and self.terminal.is_idle
            and self._quickly(job, ticket, now_ns)
        ):
            return
        self._is_asked = True
        self._slowly(self.terminal.ask(job, stage.hub.moment(now_ns)), now_ns)

    def _quickly(self, job: Job, ticket: Ticket, now_ns: int) -> bool:
        """Send a request by template; tell whether there was one."""
        stage, memory, line = self._stage, self.terminal.memory, self.line
        mac = memory.mac
        if line is None or mac is None:
            return False
        if not self._constants:
            self.signed_on(now_ns)
        body = stage.press.message(job, self._filler, self._constants, self._day)
        if body is None:
            return False
        frame = stage.wire.framing.join(self._heads + body + mac.compute(body))
        self._is_quick = True
        self._used_stan = memory.stan
        memory.stan = memory.stan % _LAST_STAN + 1
        ticket.stan = f"{self._used_stan:06d}"
        ticket.sent_ns = now_ns
        self._amount = f"{job.amount_fen:012d}"
        self._send(frame, now_ns)
        return True

    def signed_on(self, now_ns: int) -> None:
        """Make ready what the session's keys and batch decide."""
        stage = self._stage
        self._constants = stage.press.constants(self._filler)
        self._day = local(stage.hub.moment(now_ns).utc_ms).day

    def _send(self, frame: bytes, now_ns: int) -> None:
        stage, line = self._stage, self.line
        self.serial += 1
        if line is None:
            return
        trouble = stage.trouble
        if trouble is not None:
            frame = trouble.spoil(frame)
        line.send(frame)
        stage.watch(self, now_ns)
        if trouble is not None and trouble.vanishes(frame):
            stage.hub.flush()
            line.close()

    # ------------------------------------------------------------------------------ what it hears

    def took(self, frame: bytes, now_ns: int) -> None:
        """Take an answer."""
        if self._is_quick:
            end = self._ordinary(frame)
            if end is not None:
                self._is_quick = False
                self.finish(end, now_ns)
                return
            self._hand_over(now_ns)
        self._slowly(self.terminal.received(frame, self._stage.hub.moment(now_ns)), now_ns)

    def _ordinary(self, frame: bytes) -> End | None:
        """Return how a transaction ended, None where the actor must judge."""
        stage, ticket, mac = self._stage, self.ticket, self.terminal.memory.mac
        if ticket is None or mac is None or not frame.startswith(self._prefix):
            return None
        wire = stage.wire
        try:
            view = wire.viewer.index(frame, len(self._prefix))
            texts = self._select(view)
        except DecodeError:
            return None
        amount, stan, tid, merchant, code, rrn, carried = texts
        identity = self.terminal.identity
        echoes = (
            stan == ticket.stan
            and tid == identity.id
            and merchant == identity.merchant
            and (amount is None or amount == self._amount)
        )
        if view.mti != _ANSWER or not echoes or code is None or code in DEMANDING:
            return None
        is_approved = code in APPROVED
        # A terminal prints nothing without a good MAC; a refusal pays nothing out.
        if is_approved and stage.checks_mac and not _is_authentic(view, carried, mac):
            return None
        outcome = "approved" if is_approved else "declined"
        return End(outcome, code, rrn or "", self.shown)

    def _hand_over(self, now_ns: int) -> None:
        """Let the actor be where it would be, had it sent the request itself."""
        self._is_quick = False
        job, memory, ticket = self._job, self.terminal.memory, self.ticket
        if job is None or ticket is None:
            return
        memory.stan = self._used_stan
        self._is_asked = True
        # The request it makes is the one that is out: it is not sent again.
        self.terminal.ask(job, self._stage.hub.moment(ticket.sent_ns or now_ns))

    def _slowly(self, frames: list[bytes], now_ns: int) -> None:
        """Send what the actor sends, and look at what it has concluded."""
        terminal, ticket = self.terminal, self.ticket
        if frames:
            if ticket is not None and not ticket.sent_ns and not terminal.jobs:
                ticket.sent_ns = now_ns
            self._send(b"".join(frames), now_ns)
        for result in terminal.results:
            self._concluded(result, now_ns)
        terminal.results.clear()
        if len(terminal.memory.slips) > _MOST_KEPT:
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
        self.ticket = self._job = None
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


def _is_authentic(view: View, carried: str | None, mac: MacAlgorithm) -> bool:
    return carried is not None and mac.verify(view.mab(), carried.encode("ascii"))
