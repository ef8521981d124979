"""What a terminal takes from answers (simulators): sign-ons, approvals, refusals, silence.

It keeps its own rules here: nothing is printed whose MAC or echo is wrong, and what has no certain
outcome is owed a reversal.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Final

from msgspec.structs import replace

from messages.crypto.keys import unwrap_field_62
from simulators import requests
from simulators.requests import Identity
from simulators.terminal_memory import (
    Job,
    Kind,
    Memory,
    Owed,
    Result,
    Verdict,
)
from simulators.terminals import answers as answering
from simulators.terminals import chips, scripts
from simulators.terminals.answers import (
    APPROVED,
    SIGN_ON_AGAIN,
    Awaiting,
    echoes,
    is_taken,
    result_of,
    slip_of,
)
from simulators.terminals.debts import Debts, ReversalRules
from simulators.terminals.downloads import Downloads
from simulators.terminals.settling import SETTLING, after, counted, is_balanced, results
from simulators.wire import Heard, Wire
from switch.core.moment import Moment

_FINANCIAL: Final = requests.CODES.keys()
FLUSHING: Final = frozenset(
    {*_FINANCIAL, *SETTLING, Kind.REVERSAL, Kind.SIGN_OFF, Kind.RECONCILIATION}
)
"""What waits for a session, and for the reversals that are owed."""
_APPROVALS: Final = frozenset({"0110", "0210"})
_MOST_DECLINED: Final = 16
_REST_NS: Final = 5_000_000_000
"""After a failed sign-on, before a late reversal is tried again on its own."""
_AMOUNT: Final = 4
_BY_THE_RULES: Final = ReversalRules()


class Hearing:
    """The half of a terminal that listens: it keeps what the terminal knows, and sends nothing."""

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

    def _take(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        """Take the answer to what was asked."""
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
        if self.jobs and self.jobs[0].kind in FLUSHING:
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
        if code in SIGN_ON_AGAIN:
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
        if not self._is_believed(heard) or code in SIGN_ON_AGAIN:
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
        if code in SIGN_ON_AGAIN or not is_believed:
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
        if code in SIGN_ON_AGAIN or awaiting.kind is Kind.SIGN_OFF:
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
        if code in SIGN_ON_AGAIN:
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

    # --------------------------------------------------------------------- what is not answered

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
