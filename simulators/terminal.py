"""A POS terminal without I/O (simulators): jobs, frames and moments in, whole frames out.

It keeps the rules of terminals: a reversal record before a reversible request, the reversal before
the next transaction, three tries, and nothing printed whose MAC or echo is wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from messages.crypto.mac import MacAlgorithm
from messages.errors import DecodeError
from simulators import requests
from simulators.terminal_memory import (
    Job,
    Kind,
    Memory,
    Owed,
    Result,
    Reverses,
    Telling,
    Verdict,
)
from simulators.terminals import chips, downloads, scripts
from simulators.terminals.answers import Awaiting, answers
from simulators.terminals.hearing import FLUSHING, Hearing
from simulators.terminals.settling import SETTLING
from switch.core.moment import Moment, local

RESPONSE_MS: Final = 60_000
"""How long a terminal waits for an answer."""
_SIGN_ON_ASKED: Final = "3"  # 处理要求 in a header: sign on again
_STAN: Final = 11
_PLAIN: Final = frozenset({*SETTLING, Kind.SIGN_ON, Kind.SIGN_OFF, Kind.ECHO})  # without a MAC
_MS: Final = 1_000_000
_LAST_STAN: Final = 999_999
_CLASS: Final = 5
"""Where the application class is in the heads, after the TPDU."""
_OF_CHIPS, _OF_STRIPES = b"\x61", b"\x60"
_BY_STRIPE: Final = "02"
"""The first two digits of DE 22."""


class Terminal(Hearing):
    """One terminal; `jobs` wait, `results` grow, `memory` survives a loss of power."""

    def __repr__(self) -> str:
        return f"Terminal({self.identity.id})"

    # ------------------------------------------------------------------------- what it is told

    def ask(self, job: Job, at: Moment) -> list[bytes]:
        """Do a job when those before it are done."""
        self.jobs.append(job)
        return self._advance(at)

    def owe(self, job: Job, reason: str, then: Memory, at: Moment) -> None:
        """Remember a reversal (`reason` is DE 39) of what was asked before this memory began.

        `then` has the batch and the STAN of that time. ValueError before any sign-on.
        """
        then.pik = self.memory.pik
        _, fields = requests.fields(job, self.identity, then, local(at.utc_ms).day)
        owed = self._debts.record(job, fields, at)
        # What its chip said last is no certificate any more, whoever remembers it.
        chips.take_back(self.memory, owed.stan)
        self._debts.owe(owed, reason, at)

    def connected(self, at: Moment) -> list[bytes]:
        """Go on over a new connection."""
        self._is_connected = True
        return self._advance(at)

    def disconnected(self, at: Moment) -> None:
        """Give up what was asked over the connection: its answer will not come."""
        self._is_connected = False
        if self._awaiting is not None:
            self._no_answer(self._awaiting, Verdict.LINE_LOST, at)

    def lose_power(self, at: Moment) -> None:
        """Forget everything but the memory; what was in flight is to be reversed."""
        self.disconnected(at)
        self.jobs.clear()
        self._declined.clear()

    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        """Take a frame without its length prefix."""
        try:
            heard = self._wire.hear(frame)
        except DecodeError:
            return []
        awaiting = self._awaiting
        if awaiting is None or not answers(awaiting, heard):
            self._unasked(heard, at)
            return self._advance(at)
        self._awaiting = None
        asked = self._wire.framing.read_heads(frame)["header"]["processing_request"]
        if asked == _SIGN_ON_ASKED:
            self.memory.is_signed_on = False
        self._take(awaiting, heard, at)
        self._downloads.asked(asked)
        return self._advance(at)

    def expire(self, at: Moment) -> list[bytes]:
        """Do what is due: repeat, reverse early, or stop waiting."""
        awaiting, now_ns = self._awaiting, at.elapsed_ns
        if awaiting is not None:
            if now_ns >= awaiting.due_ns:
                self._no_answer(awaiting, Verdict.NO_ANSWER, at)
            elif awaiting.reversal_due_ns is not None and now_ns >= awaiting.reversal_due_ns:
                self._no_answer(awaiting, Verdict.NO_ANSWER, at)
                self.jobs.appendleft(Job(kind=Kind.REVERSAL))
            elif awaiting.repeat_due_ns is not None and now_ns >= awaiting.repeat_due_ns:
                return self._repeat(awaiting, at)
        return self._advance(at)

    @property
    def next_due_ns(self) -> int | None:
        """When `expire` is wanted, in elapsed nanoseconds; None for never."""
        awaiting = self._awaiting
        if awaiting is not None:
            dues = (awaiting.due_ns, awaiting.reversal_due_ns, awaiting.repeat_due_ns)
            return min(due for due in dues if due is not None)
        if not self._is_connected:
            return None
        due = self._debts.next_late_ns()
        return None if due is None else max(due, self._rests_until_ns)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is out and nothing is to be done."""
        return self._awaiting is None and not self.jobs

    # ---------------------------------------------------------------------------- what it sends

    def _advance(self, at: Moment) -> list[bytes]:
        """Send the next request, if none is out."""
        while self._awaiting is None and self._is_connected:
            job = self.jobs[0] if self.jobs else None
            if job is not None and job.kind is Kind.REVERSAL and job.code:
                self.jobs[0] = Job(kind=Kind.REVERSAL)
                self._void_last(job.code, at)
                continue
            if job is not None and job.kind in {Kind.SIGN_ON, Kind.ECHO}:
                return self._send(self.jobs.popleft(), at)
            if frames := self._first(job, at):
                return frames
            if job is None:
                break
            self.jobs.popleft()
            if job.kind is not Kind.REVERSAL:
                return self._send(job, at)
        return []

    def _first(self, job: Job | None, at: Moment) -> list[bytes]:
        """Send what goes before a job, or by itself: sign-on, reversal, script result, download."""
        flushes = job is not None and job.kind in FLUSHING
        rests = at.elapsed_ns < self._rests_until_ns
        late_too = job is not None and job.kind is Kind.REVERSAL
        owed = self._debts.next(at, flushes=flushes, late_too=late_too, rests=rests)
        telling = scripts.next_telling(self.memory, flushes=flushes, rests=job is None and rests)
        if not self.memory.is_signed_on:
            is_idle = job is None and owed is None and telling is None
            return [] if is_idle else self._send(Job(kind=Kind.SIGN_ON), at)
        if owed is not None:
            return self._reverse(owed, at)
        if telling is not None:
            return self._tell(telling, at)
        ends = job is not None and job.kind is Kind.BATCH_END
        if ends and (uploaded := chips.next_upload(self.memory)):
            uploaded.tries += 1
            frames = self._ask(Kind.UPLOAD, chips.MTI, uploaded.fields, at)
            if self._awaiting is not None:
                self._awaiting.uploaded = uploaded
            return frames
        wanted = self._downloads.next()
        return self._ask(Kind.DOWNLOAD, downloads.MTI, wanted, at) if wanted is not None else []

    def _send(self, job: Job, at: Moment) -> list[bytes]:
        memory, owed = self.memory, None
        mti, fields = requests.fields(job, self.identity, memory, local(at.utc_ms).day)
        if _STAN in fields:
            memory.stan = memory.stan % _LAST_STAN + 1
        habits, now_ns = job.habits, at.elapsed_ns
        if job.of is not None or job.kind in requests.REVERSIBLE or job.kind in SETTLING:
            self._last_paid = None  # a card refuses what it was just told, and nothing later
        if job.kind in requests.REVERSIBLE:
            owed = self._debts.record(job, fields, at)
        mac = None if job.kind in _PLAIN else memory.mac
        frame = self._wire.say(self._heads_of(fields), mti, fields, mac)
        awaiting = Awaiting(job.kind, frame, mti, fields, job, owed, now_ns + RESPONSE_MS * _MS)
        if habits.repeats:
            awaiting.repeat_due_ns = now_ns + habits.repeat_ms * _MS
        if owed is not None and habits.reverses is Reverses.EARLY:
            awaiting.reversal_due_ns = now_ns + owed.delay_ns
        self._awaiting = awaiting
        return [frame]

    def _tell(self, telling: Telling, at: Moment) -> list[bytes]:
        telling.tries += 1
        frames = self._ask(Kind.SCRIPT_RESULT, "0620", telling.fields, at, self.memory.mac)
        if self._awaiting is not None:
            self._awaiting.telling = telling
        return frames

    def _ask(
        self,
        kind: Kind,
        mti: str,
        fields: dict[int, str],
        at: Moment,
        mac: MacAlgorithm | None = None,
    ) -> list[bytes]:
        """Send what no job asked for."""
        frame = self._wire.say(self._heads_of(fields), mti, fields, mac)
        due_ns = at.elapsed_ns + RESPONSE_MS * _MS
        self._awaiting = Awaiting(kind, frame, mti, fields, None, None, due_ns)
        return [frame]

    def _heads_of(self, fields: Mapping[int, str]) -> bytes:
        """Return the heads of a request: that of a stripe has an application class of its own."""
        heads = self._heads
        if fields.get(22, "")[:2] != _BY_STRIPE or heads[_CLASS : _CLASS + 1] != _OF_CHIPS:
            return heads
        return heads[:_CLASS] + _OF_STRIPES + heads[_CLASS + 1 :]

    def _repeat(self, awaiting: Awaiting, at: Moment) -> list[bytes]:
        habits = awaiting.job.habits if awaiting.job else None
        awaiting.copies += 1
        awaiting.repeat_due_ns = None
        if habits is not None and awaiting.copies <= habits.repeats:
            awaiting.repeat_due_ns = at.elapsed_ns + habits.repeat_ms * _MS
        return [awaiting.frame]

    def _reverse(self, owed: Owed, at: Moment) -> list[bytes]:
        owed.tries += 1
        fields = requests.reversal_fields(owed)
        frames = self._ask(Kind.REVERSAL, "0400", fields, at, self.memory.mac)
        if self._awaiting is not None:
            self._awaiting.owed = owed
        return frames

    # ------------------------------------------------------------------------- what it then owes

    def _void_last(self, reason: str, at: Moment) -> None:
        """Take the last slip back: the card refused after the approval, so no cash was paid."""
        owed, self._last_paid = self._last_paid, None
        if owed is None or not self.memory.slips or self.memory.slips[-1].stan != owed.stan:
            self.results.append(Result(kind=Kind.REVERSAL, verdict=Verdict.NOT_DONE))
            return
        self.memory.voided.append(self.memory.slips.pop())
        chips.take_back(self.memory, owed.stan)
        owed.reverses = Reverses.BY_THE_RULES
        self.memory.owed.append(owed)
        self._debts.owe(owed, reason, at)
