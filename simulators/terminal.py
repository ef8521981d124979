"""A POS terminal without I/O (simulators): jobs, frames and moments in, whole frames out.

It keeps the rules of terminals: a reversal record before a reversible request, the reversal before
the next transaction, three tries, and nothing printed whose MAC or echo is wrong.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from messages.crypto.keys import unwrap_field_62
from messages.crypto.mac import MacAlgorithm
from messages.errors import DecodeError
from simulators import requests
from simulators.requests import Identity
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
from simulators.terminals import answers as answering
from simulators.terminals import chips, downloads, scripts
from simulators.terminals.answers import Awaiting, answers, echoes, is_taken, result_of, slip_of
from simulators.terminals.debts import Debts, ReversalRules
from simulators.terminals.downloads import Downloads
from simulators.terminals.settling import SETTLING, after, counted, is_balanced, results
from simulators.wire import Heard, Wire
from switch.core.moment import Moment, local

RESPONSE_MS: Final = 60_000
"""How long a terminal waits for an answer."""
APPROVED: Final = frozenset({"00", "11", "A2", "A4", "A5", "A6"})
_SIGN_ON_ASKED: Final = "3"  # 处理要求 in a header: sign on again
_SIGN_ON_AGAIN: Final = frozenset({"A0", "77", "99"})
_STAN: Final = 11
_FINANCIAL: Final = requests.CODES.keys()
_FLUSHING: Final = frozenset(
    {*_FINANCIAL, *SETTLING, Kind.REVERSAL, Kind.SIGN_OFF, Kind.RECONCILIATION}
)
_PLAIN: Final = frozenset({*SETTLING, Kind.SIGN_ON, Kind.SIGN_OFF, Kind.ECHO})  # without a MAC
_APPROVALS: Final = frozenset({"0110", "0210"})
_MOST_DECLINED: Final = 16
_REST_NS: Final = 5_000_000_000
"""After a failed sign-on, before a late reversal is tried again on its own."""
_MS: Final = 1_000_000
_AMOUNT: Final = 4
_BY_THE_RULES: Final = ReversalRules()
_LAST_STAN: Final = 999_999
_CLASS: Final = 5
"""Where the application class is in the heads, after the TPDU."""
_OF_CHIPS, _OF_STRIPES = b"\x61", b"\x60"
_BY_STRIPE: Final = "02"
"""The first two digits of DE 22."""


class Terminal:
    """One terminal; `jobs` wait, `results` grow, `memory` survives a loss of power."""

    def __init__(
        self,
        identity: Identity,
        wire: Wire,
        memory: Memory | None = None,
        rules: ReversalRules = _BY_THE_RULES,
    ) -> None:
        """Begin disconnected, with an empty memory unless one is given."""
        self.identity = identity
        self.memory = memory or Memory()
        self.results: list[Result] = []
        self._downloads = Downloads(identity, self.memory)
        self._debts = Debts(identity.id, self.memory, self.results, rules)
        self._wire = wire
        self.framing = wire.framing
        self._heads = wire.framing.build_heads()
        self.jobs: deque[Job] = deque()
        self._awaiting: Awaiting | None = None
        self._declined: OrderedDict[str, Owed] = OrderedDict()
        self._last_paid: Owed | None = None
        self._is_connected = False
        self._rests_until_ns = 0

    def __repr__(self) -> str:
        return f"Terminal({self.identity.id})"

    # ------------------------------------------------------------------------- what it is told

    def ask(self, job: Job, at: Moment) -> list[bytes]:
        """Do a job when those before it are done."""
        self.jobs.append(job)
        return self._advance(at)

    def owe(self, job: Job, stan: int, batch: int, at: Moment) -> None:
        """Remember a reversal (`job.code` is DE 39) of a withdrawal made before this memory began.

        ValueError before any sign-on.
        """
        then = Memory(batch, stan)
        then.pik = self.memory.pik
        _, fields = requests.fields(
            replace(job, code=""), self.identity, then, local(at.utc_ms).day
        )
        owed = self._debts.record(replace(job, code=""), fields, at)
        self._debts.owe(owed, job.code, at)

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
        match awaiting.kind:
            case Kind.SIGN_ON:
                self._signed_on(awaiting, heard, at)
            case Kind.REVERSAL:
                self._reversed(awaiting, heard, at)
            case kind if kind in SETTLING:
                self._settled(awaiting, heard)
            case Kind.DOWNLOAD:
                self._fetched(heard)
            case Kind.SCRIPT_RESULT:
                self._script_told(awaiting, heard)
            case kind if kind in requests.REVERSIBLE:
                self._answered(awaiting, heard, at)
            case _:
                self._told(awaiting, heard)
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
        flushes = job is not None and job.kind in _FLUSHING
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

    # ---------------------------------------------------------------------------- what it hears

    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        memory, code = self.memory, heard.get(39)
        verdict = Verdict.APPROVED if code == "00" else Verdict.DECLINED
        if verdict is Verdict.APPROVED:
            try:
                keys = unwrap_field_62(self.identity.master_key, bytes.fromhex(heard.get(62)))
            except ValueError:
                verdict = Verdict.KEYS_WRONG
            else:
                memory.pik, memory.mak, memory.tdk = keys.pik, keys.mak, keys.tdk
                memory.mac = self._wire.mac(keys.mak)
                memory.batch = int(heard.get(60)[2:8])
                memory.is_signed_on = True
                self._downloads.signed_on()
        self.results.append(result_of(awaiting, verdict, heard))
        if verdict is Verdict.APPROVED:
            # What counts from now on is the batch that the switch gave, not the one it was asked.
            self.results[-1] = replace(self.results[-1], batch=f"{memory.batch:06d}")
        else:
            self._not_signed_on(at)

    def _not_signed_on(self, at: Moment) -> None:
        """Drop the job that needed a session; another sign-on would fail just so."""
        self._rests_until_ns = at.elapsed_ns + _REST_NS
        if self.jobs and self.jobs[0].kind in _FLUSHING:
            job = self.jobs.popleft()
            self.results.append(Result(kind=job.kind, verdict=Verdict.NOT_DONE))

    def _answered(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        owed, code = awaiting.owed, heard.get(39)
        if owed is None:
            return
        if not echoes(awaiting, heard):
            self._debts.owe(owed, "06", at)
            self.results.append(result_of(awaiting, Verdict.ANSWER_WRONG, heard))
        elif not self._is_believed(heard):
            self.memory.is_signed_on = False
            self._debts.owe(owed, "A0", at)
            self.results.append(result_of(awaiting, Verdict.MAC_WRONG, heard))
        elif code in APPROVED and not is_taken(awaiting, heard):
            self._debts.owe(owed, "06", at)
            chips.note(self.identity, self.memory, awaiting, chips.Upload.ARPC_WRONG)
            self.results.append(result_of(awaiting, Verdict.CHIP_REFUSED, heard))
        elif code in APPROVED:
            self.memory.owed.remove(owed)
            self.memory.slips.append(slip_of(self.identity.id, awaiting, heard))
            self._last_paid = owed
            chips.note(self.identity, self.memory, awaiting, chips.Upload.CERTIFICATE)
            self.results.append(result_of(awaiting, Verdict.APPROVED, heard))
            scripts.run_scripts(self.identity, self.memory, awaiting, heard)
        else:
            self._refused(awaiting, owed, code, at)
            scripts.run_scripts(self.identity, self.memory, awaiting, heard)
            verdict = Verdict.NO_ANSWER if code in answering.IN_DOUBT else Verdict.DECLINED
            self.results.append(result_of(awaiting, verdict, heard))

    def _refused(self, awaiting: Awaiting, owed: Owed, code: str, at: Moment) -> None:
        if code in _SIGN_ON_AGAIN:
            self.memory.is_signed_on = False
        # A refusal ends a request only if no copy of it can still be approved.
        if code in answering.IN_DOUBT or awaiting.copies > 1:
            self._debts.owe(owed, "98", at)
            return
        self.memory.owed.remove(owed)
        chips.note(self.identity, self.memory, awaiting, chips.Upload.REFUSED)
        self._declined[owed.stan] = owed
        if len(self._declined) > _MOST_DECLINED:
            self._declined.popitem(last=False)

    def _reversed(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        owed, code = awaiting.owed, heard.get(39)
        if owed is None:
            return
        if not self._is_believed(heard) or code in _SIGN_ON_AGAIN:
            self.memory.is_signed_on = False
            self.results.append(result_of(awaiting, Verdict.MAC_WRONG, heard))
            self._debts.try_again(owed, at)
        elif code in answering.REVERSED:
            self.memory.owed.remove(owed)
            self.results.append(result_of(awaiting, Verdict.APPROVED, heard))
        else:
            self._debts.leave(owed, f"the reversal was answered {code}")
            self.results.append(result_of(awaiting, Verdict.DECLINED, heard))

    def _script_told(self, awaiting: Awaiting, heard: Heard) -> None:
        telling, code = awaiting.telling, heard.get(39)
        if telling is None:
            return
        is_believed = self._is_believed(heard)
        if code in _SIGN_ON_AGAIN or not is_believed:
            self.memory.is_signed_on = False
            code = ""
        scripts.told(self.memory, telling, code)
        is_over = code != "" and telling not in self.memory.tellings
        verdict = Verdict.APPROVED if is_over and code in APPROVED else Verdict.DECLINED
        self.results.append(
            result_of(awaiting, verdict if is_believed else Verdict.MAC_WRONG, heard)
        )

    def _fetched(self, heard: Heard) -> None:
        result = self._downloads.heard(heard)
        if result is not None:
            self.results.append(result)

    def _told(self, awaiting: Awaiting, heard: Heard) -> None:
        """Take the answer to an inquiry, an advice, an echo or a sign-off."""
        code = heard.get(39)
        if awaiting.kind in _FINANCIAL and not self._is_believed(heard):
            self.memory.is_signed_on = False
            verdict = Verdict.MAC_WRONG
        elif not echoes(awaiting, heard):
            verdict = Verdict.ANSWER_WRONG
        else:
            verdict = Verdict.APPROVED if code in APPROVED else Verdict.DECLINED
            if verdict is Verdict.APPROVED and _AMOUNT in awaiting.fields:
                self.memory.slips.append(slip_of(self.identity.id, awaiting, heard))
        is_open = answering.leaves_open(awaiting, verdict, code)
        if awaiting.kind in _FINANCIAL and _AMOUNT in awaiting.fields and is_open:
            self.memory.leave(self.identity.id, awaiting.fields, f"the advice was answered {code}")
        if code in _SIGN_ON_AGAIN or awaiting.kind is Kind.SIGN_OFF:
            self.memory.is_signed_on = False
        self.results.append(result_of(awaiting, verdict, heard))

    def _settled(self, awaiting: Awaiting, heard: Heard) -> None:
        """Take the answer to a step of a settlement; its result is in DE 48, a refusal in 39."""
        code, content, verdict = heard.get(39), heard.get(48), Verdict.APPROVED
        if awaiting.uploaded is not None:
            chips.told(self.memory, awaiting.uploaded, code)
        if awaiting.kind is Kind.SETTLEMENT and not code:
            # Whatever of the same settlement still waits was asked for by an earlier answer.
            left = [job for job in self.jobs if job.kind not in {Kind.UPLOAD, Kind.BATCH_END}]
            self.jobs = deque([*after(content, counted(self.memory)), *left])
            verdict = Verdict.APPROVED if is_balanced(content) else Verdict.UNBALANCED
        elif code not in APPROVED:
            verdict = Verdict.DECLINED
        elif awaiting.kind is Kind.BATCH_END:
            # The next sign-on gives the number of the next batch.
            self.memory.is_signed_on = False
        if code in _SIGN_ON_AGAIN:
            self.memory.is_signed_on = False
        result = result_of(awaiting, verdict, heard)
        self.results.append(replace(result, code=code or results(content)))

    def _unasked(self, heard: Heard, at: Moment) -> None:
        """Reverse an approval of what was taken for refused: a copy on the way was approved."""
        owed = self._declined.get(heard.get(11))
        is_approval = heard.mti in _APPROVALS and heard.get(39) in APPROVED
        if owed is not None and is_approval and self._is_believed(heard):
            del self._declined[owed.stan]
            self.memory.owed.append(owed)
            self._debts.owe(owed, "06", at)

    def _is_believed(self, heard: Heard) -> bool:
        """Tell whether an answer counts: a good MAC, or none at all on a refusal."""
        if self._wire.mac_field not in heard.fields:
            return heard.get(39) not in APPROVED
        mac = self.memory.mac
        return mac is not None and self._wire.is_authentic(heard, mac)

    # ------------------------------------------------------------------------- what it then owes

    def _no_answer(self, awaiting: Awaiting, verdict: Verdict, at: Moment) -> None:
        self._awaiting = None
        self.results.append(result_of(awaiting, verdict, None))
        if awaiting.kind is Kind.SIGN_ON:
            self._not_signed_on(at)
        elif awaiting.kind is Kind.DOWNLOAD:
            self._downloads.interrupted()
        elif awaiting.telling is not None:
            scripts.told(self.memory, awaiting.telling, "")
        elif awaiting.uploaded is not None:
            chips.told(self.memory, awaiting.uploaded, "")
        elif awaiting.owed is not None and awaiting.kind is Kind.REVERSAL:
            self._debts.try_again(awaiting.owed, at)
        elif awaiting.owed is not None:
            self._debts.owe(awaiting.owed, "98", at)
        elif awaiting.kind in _FINANCIAL and _AMOUNT in awaiting.fields:
            self.memory.leave(self.identity.id, awaiting.fields, "the advice was not answered")

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
