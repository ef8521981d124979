"""Mutants that reverse wrong (simulators/conformance): too early, too late, never, or too much.

Each is a subclass of our terminal in which one thing is done otherwise, or another habit of it.
"""

# ruff: noqa: PLR2004 - the numbers are data elements
from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from messages.errors import DecodeError
from simulators.conformance.driving.driver import Parts
from simulators.conformance.mutants.model import Mutant, writes
from simulators.requests import Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Habits, Job, Kind, Memory, Owed, Reverses, Verdict
from simulators.terminals.answers import APPROVED, Awaiting, result_of
from simulators.terminals.debts import ReversalRules
from simulators.wire import Heard, Wire
from switch.core.moment import Moment

_ONE: Final = ("sign-on", "no-answer")
_UNANSWERED: Final = ("sign-on", "reversal-unanswered")
_BY_HABIT: Final = frozenset({Kind.WITHDRAWAL, Kind.SALE, Kind.PAYMENT})


def _habit(habits: Habits) -> Parts:
    """Return our terminal with another habit."""

    def changed(job: Job) -> Job:
        return replace(job, habits=habits) if job.kind in _BY_HABIT else job

    return Parts(job=changed)


class _HearsAsSent(Terminal):
    """Takes an answer although it repeats other values than were sent."""

    fields: tuple[int, ...] = ()

    def __init__(self, identity: Identity, wire: Wire, memory: Memory | None = None) -> None:
        deaf = copy.copy(wire)
        deaf.hear = self._hear  # type: ignore[method-assign]
        self._true = wire
        super().__init__(identity, deaf, memory)

    def _hear(self, frame: bytes) -> Heard:
        heard = self._true.hear(frame)
        if self._awaiting is not None:
            sent = self._awaiting.fields
            heard.fields.update({n: sent[n] for n in self.fields if n in sent})
        return heard


class _AnyStan(_HearsAsSent):
    fields = (11,)


class _AnyAmount(_HearsAsSent):
    fields = (4, 41)


class _BelievesAnyMac(Terminal):
    def _is_believed(self, heard: Heard) -> bool:
        return self._wire.mac_field in heard.fields or super()._is_believed(heard)


class _BelievesWithoutMac(Terminal):
    def _is_believed(self, heard: Heard) -> bool:
        return self._wire.mac_field not in heard.fields or super()._is_believed(heard)


class _TakesLateAnswers(Terminal):
    def _unasked(self, heard: Heard, at: Moment) -> None:
        for owed in list(self.memory.owed):
            if owed.stan == heard.get(11) and heard.get(39) in APPROVED:
                self.memory.owed.remove(owed)
        super()._unasked(heard, at)


class _ForgetsLostLines(Terminal):
    def _no_answer(self, awaiting: Awaiting, verdict: Verdict, at: Moment) -> None:
        if verdict is Verdict.LINE_LOST and awaiting.owed in self.memory.owed:
            self.memory.owed.remove(awaiting.owed)
            awaiting.owed = None
        super()._no_answer(awaiting, verdict, at)


class _TakesGarbled(Terminal):
    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        try:
            self._wire.hear(frame)
        except DecodeError:
            awaiting = self._awaiting
            if awaiting is not None and awaiting.owed is not None:
                self.memory.owed.remove(awaiting.owed)
                self._awaiting = None
        return super().received(frame, at)


def _refuses(code: str, *, then_reverses: bool) -> type[Terminal]:
    """Return a terminal that takes one code for a plain refusal, or reverses after it."""

    class Refuses(Terminal):
        def _refused(self, awaiting: Awaiting, owed: Owed, answered: str, at: Moment) -> None:
            if answered != code:
                super()._refused(awaiting, owed, answered, at)
            elif then_reverses:
                super()._refused(awaiting, owed, answered, at)
                self.memory.owed.append(owed)
                self._debts.owe(owed, "98", at)
            else:
                self.memory.owed.remove(owed)

    return Refuses


def _tries(number: int) -> type[Terminal]:
    """Return a terminal that sends a reversal so often."""

    class Tries(Terminal):
        def __init__(self, identity: Identity, wire: Wire, memory: Memory | None = None) -> None:
            super().__init__(identity, wire, memory, ReversalRules(tries=number))

    return Tries


def _reverses_again(code: str) -> type[Terminal]:
    """Return a terminal for which one code does not end a reversal."""

    class Again(Terminal):
        def _reversed(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
            if heard.get(39) != code:
                super()._reversed(awaiting, heard, at)
                return
            self.results.append(result_of(awaiting, Verdict.DECLINED, heard))
            if awaiting.owed is not None:
                awaiting.owed.due_ns = at.elapsed_ns

    return Again


class _ReversesInquiries(Terminal):
    def _no_answer(self, awaiting: Awaiting, verdict: Verdict, at: Moment) -> None:
        super()._no_answer(awaiting, verdict, at)
        if awaiting.kind is Kind.BALANCE and awaiting.job is not None:
            owed = self._debts.record(awaiting.job, dict(awaiting.fields), at)
            self._debts.owe(owed, "98", at)


class _ReversesApproved(Terminal):
    def _answered(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._answered(awaiting, heard, at)
        owed = awaiting.owed
        is_approved = self.results[-1].verdict is Verdict.APPROVED
        if is_approved and owed is not None and owed.amount_fen == 50_000:
            self.memory.owed.append(owed)
            self._debts.owe(owed, "06", at)


def _reversal(change: Callable[[dict[int, str]], Mapping[int, str]]) -> Parts:
    """Return our terminal with other values in its reversals."""

    def changed(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        return (mti, {**fields, **change(fields)}) if mti == "0400" else (mti, fields)

    return writes(change=changed)


def _unsigned_card(job: Job) -> Job:
    return job if job.card is None else replace(job, card=replace(job.card, signs=False))


def _terminal(kind: type[Terminal]) -> Parts:
    return Parts(terminal=kind)


REVERSAL_MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(id="early-retry", en="sends the request again after five seconds", breaks="TIM-01",
           parts=_habit(Habits(repeats=1, repeat_ms=5_000)), cases=_ONE),
    Mutant(id="early-reversal", en="reverses after one second", breaks="TIM-02",
           parts=_habit(Habits(reverses=Reverses.EARLY, reversal_ms=1_000)), cases=_ONE),
    Mutant(id="never-reverses", en="never reverses", breaks="REV-01", also=("REV-11",),
           parts=_habit(Habits(reverses=Reverses.NEVER)), cases=_ONE),
    Mutant(id="takes-late-answers", en="takes an answer after its time, and reverses nothing",
           breaks="REV-02", also=("REV-11",), parts=_terminal(_TakesLateAnswers),
           cases=("sign-on", "late-answer")),
    Mutant(id="forgets-lost-lines", en="does not reverse what a lost line left open",
           breaks="REV-03", also=("REV-11",), parts=_terminal(_ForgetsLostLines),
           cases=("sign-on", "cut")),
    Mutant(id="believes-any-mac", en="does not check the MAC of answers", breaks="REV-04",
           also=("REV-11", "SGN-06"), parts=_terminal(_BelievesAnyMac),
           cases=("sign-on", "wrong-mac")),
    Mutant(id="believes-without-mac", en="takes an approval without a MAC", breaks="REV-05",
           also=("REV-11", "SGN-06"), parts=_terminal(_BelievesWithoutMac),
           cases=("sign-on", "no-mac")),
    Mutant(id="any-stan", en="takes the answer to another request", breaks="REV-06",
           also=("REV-11", "TIM-03"), parts=_terminal(_AnyStan), cases=("sign-on", "wrong-stan")),
    Mutant(id="any-amount", en="takes an answer of another amount", breaks="REV-07",
           also=("REV-11",), parts=_terminal(_AnyAmount),
           cases=("sign-on", "wrong-amount", "wrong-terminal")),
    Mutant(id="takes-garbled", en="takes an answer that it cannot read for approved",
           breaks="REV-08", also=("REV-11", "TIM-03"), parts=_terminal(_TakesGarbled),
           cases=("sign-on", "garbled")),
    Mutant(id="98-is-a-refusal", en="takes 98 for a plain refusal", breaks="REV-09",
           also=("REV-11",), parts=_terminal(_refuses("98", then_reverses=False)),
           cases=("sign-on", "answered-98")),
    Mutant(id="chip-not-asked", en="does not ask the chip whether the issuer is genuine",
           breaks="REV-10", also=("REV-11",), parts=Parts(job=_unsigned_card),
           cases=("sign-on", "chip-refuses")),
    Mutant(id="reversal-after-the-next", en="reverses after the next transaction",
           breaks="REV-11",
           parts=_habit(Habits(reverses=Reverses.LATE, reversal_ms=250)), cases=_ONE),
    Mutant(id="reversal-of-new-stan", en="a reversal has a new DE 11", breaks="REV-12",
           parts=_reversal(lambda f: {11: f"{int(f[11]) + 500:06d}"}), cases=_ONE),
    Mutant(id="reversal-of-nothing", en="a reversal has an amount of zero", breaks="REV-13",
           parts=_reversal(lambda _f: {4: "0" * 12}), cases=_ONE),
    Mutant(id="reversal-in-dollars", en="a reversal has another currency", breaks="REV-14",
           also=("VAL-01",), parts=_reversal(lambda _f: {49: "840"}), cases=_ONE),
    Mutant(id="reversal-as-sale", en="a reversal has the type of a sale", breaks="REV-15",
           parts=_reversal(lambda f: {60: "22" + f[60][2:]}), cases=_ONE),
    Mutant(id="reversal-of-next-batch", en="a reversal has the next batch", breaks="REV-16",
           parts=_reversal(lambda f: {60: f"{f[60][:2]}{int(f[60][2:8]) + 1:06d}{f[60][8:]}"}),
           cases=_ONE),
    Mutant(id="reason-always-06", en="every reversal says 06", breaks="REV-17",
           parts=_reversal(lambda _f: {39: "06"}), cases=_ONE),
    Mutant(id="reason-98-for-mac", en="a wrong MAC is reversed with 98", breaks="REV-18",
           parts=_reversal(lambda f: {39: f[39].replace("A0", "98")}),
           cases=("sign-on", "wrong-mac")),
    Mutant(id="reason-unknown", en="other causes are reversed with 17", breaks="REV-19",
           parts=_reversal(lambda f: {39: f[39].replace("06", "17")}),
           cases=("sign-on", "wrong-amount")),
    Mutant(id="gives-up-at-once", en="tries a reversal once only", breaks="REV-20",
           parts=_terminal(_tries(1)), cases=_UNANSWERED),
    Mutant(id="fourth-try", en="tries a reversal four times", breaks="REV-21",
           parts=_terminal(_tries(4)), cases=_UNANSWERED),
    Mutant(id="again-after-25", en="reverses again after 25", breaks="REV-22",
           parts=_terminal(_reverses_again("25")), cases=("sign-on", "reversal-25")),
    Mutant(id="again-after-96", en="reverses again after 96", breaks="REV-23",
           parts=_terminal(_reverses_again("96")), cases=("sign-on", "reversal-96")),
    Mutant(id="reverses-refusals", en="reverses a refused transaction", breaks="REV-24",
           parts=_terminal(_refuses("51", then_reverses=True)), cases=("sign-on", "refused-51")),
    Mutant(id="reverses-after-a0", en="reverses after A0", breaks="REV-25",
           parts=_terminal(_refuses("A0", then_reverses=True)), cases=("sign-on", "answered-a0")),
    Mutant(id="reverses-inquiries", en="reverses an inquiry", breaks="REV-26",
           also=("PRS-07",),
           parts=_terminal(_ReversesInquiries), cases=("sign-on", "balance-unanswered")),
    Mutant(id="reverses-approved", en="reverses an approved withdrawal", breaks="REV-27",
           parts=_terminal(_ReversesApproved), cases=("sign-on", "withdrawal", "refused-51")),
)  # fmt: skip
"""Mutants of reversals, in the order of the requirements."""
