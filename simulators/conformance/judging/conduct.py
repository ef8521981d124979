"""What a terminal does, message after message (simulators/conformance): what follows what.

Each answer of the host leaves something behind: a reversal that is owed, a sign-on that must come,
an answer that should have been taken. The next messages show whether it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging.station import Asked, Owed, Station
from simulators.conformance.rules.vocabulary import Judgement

_NS_PER_S: Final = 1_000_000_000
EARLY_S: Final = 5
"""A terminal may stop waiting this much earlier than it says."""
TRIES: Final = 3
"""How often a reversal is sent at most (domain: three tries)."""
_LEAST_TRIES: Final = 2
_MOST_PASSED: Final = 2
"""Transactions that go before a reversal, until it is taken for one that never comes."""
_LAST_STAN: Final = 999_999
_SIGN_ON: Final = "sign_on"
_QUIET: Final = frozenset({"sign_on", "echo", "download", "download_by_advice", "status_upload"})
"""What may come at any time, also before a reversal."""
_SAME: Final = ("3", "4", "2", "22", "25", "41", "42", "49", "60.1", "60.2")
"""What a reversal repeats of its original, beside DE 11."""
REASONS: Final = {
    "none": ("98",),
    "late": ("98",),
    "cut": ("98", "06"),
    "garbled": ("98", "06"),
    "wrong-mac": ("A0",),
    "no-mac": ("A0", "06", "98"),
    "wrong-stan": ("98", "06"),
    "wrong-amount": ("06", "98"),
    "wrong-terminal": ("06", "98"),
    "wrong-mti": ("98", "06"),
    "wrong-chip": ("06",),
    "98": ("98",),
    "68": ("98",),
}
"""What happened to a request -> the reasons (DE 39) that its reversal may give."""
SIGN_ON_AFTER: Final = frozenset({"77", "A0", "99", "wrong-mac", "no-mac"})
"""What makes a terminal sign on again, beside the header."""
TAKEN: Final = frozenset({"approve", "split", "slow", "keep-alive", "delayed"})
"""Answers that a terminal takes for good."""


def judge_conduct(
    station: Station, heard: Heard, at_ns: int, timer_s: float
) -> Iterator[Judgement]:
    """Judge what came against what was left behind; `station` learns of it."""
    copied = is_copy(station, heard)
    yield from _waiting(station, heard, at_ns, timer_s)
    yield from _taken(station, heard)
    yield from _signing_on(station, heard)
    if heard.kind == "reversal":
        yield from _reversal(station, heard)
    else:
        yield from _numbers(station, heard)
        if heard.kind not in _QUIET and heard.found is not None and not copied:
            yield from _passed_over(station)


def _said(
    check: str, cause: str, about: Heard | Owed, *, ok: bool, seen: tuple[str, str] = ("", "")
) -> Judgement:
    """Return a judgement about a message, or about a reversal in the case that it belongs to."""
    if isinstance(about, Owed):
        told = {"transaction": about.asked.heard.transaction, "case": about.asked.case}
    else:
        told = {"transaction": about.transaction}
    expected, found = ("", "") if ok else seen
    return Judgement(
        check=check, ok=ok, about={**told, "cause": cause}, expected=expected, found=found
    )


# ----------------------------------------------------------------------------------------- waiting


def _waiting(station: Station, heard: Heard, at_ns: int, timer_s: float) -> Iterator[Judgement]:
    out = station.out
    if out is None or out.is_cut:
        return
    if out.answered_ns is not None and out.answered_ns <= at_ns:
        yield _said("one-at-a-time", "answered", heard, ok=True)
        return
    waited_s = (at_ns - out.at_ns) / _NS_PER_S
    cause = _how_early(out, heard)
    expected = f"{timer_s:g} s of waiting for an answer"
    if waited_s >= timer_s - EARLY_S:
        yield _said("waits", "reversal", heard, ok=True)
        yield _said("waits", "repeat", heard, ok=True)
    elif cause == "other":
        seen = ("one request at a time", f"another after {waited_s:.1f} s")
        yield _said("one-at-a-time", cause, heard, ok=False, seen=seen)
    else:
        seen = (expected, f"a {cause} after {waited_s:.1f} s")
        yield _said("waits", cause, heard, ok=False, seen=seen)


def _how_early(out: Asked, heard: Heard) -> str:
    if heard.kind == "reversal" and heard.get("11") == out.stan:
        return "reversal"
    if heard.mti[:3] == out.heard.mti[:3] and heard.get("11") == out.stan:
        return "repeat"
    return "other"


def is_copy(station: Station, heard: Heard) -> bool:
    """Tell whether a message is the one that is out, once more."""
    out = station.out
    return out is not None and out.heard.frame == heard.frame and bool(heard.get("11"))


# ------------------------------------------------------------------------------------ what it took


def _taken(station: Station, heard: Heard) -> Iterator[Judgement]:
    """Judge whether the answer before was taken for what it was."""
    out = station.last
    if out is None or out.is_settled or heard.kind in _QUIET:
        return
    if out.answered_ns is None and out.is_reversible:
        return
    is_its_reversal = heard.kind == "reversal" and heard.get("11") == out.stan
    cause = out.cause
    if station.owing(out.stan) is not None:
        return
    out.is_settled = True
    if not out.is_reversible:
        seen = ("no reversal of what moves no money", "one")
        yield _said("not-reversed", "inquiry", out.heard, ok=not is_its_reversal, seen=seen)
    elif cause in TAKEN:
        seen = ("the answer to be taken", "a reversal of it")
        yield _said("answer-taken", cause, out.heard, ok=not is_its_reversal, seen=seen)
    else:
        seen = (f"no reversal after a refusal ({cause})", "one")
        yield _said("not-reversed", cause, out.heard, ok=not is_its_reversal, seen=seen)


# ----------------------------------------------------------------------------------------- sign-on


def _signing_on(station: Station, heard: Heard) -> Iterator[Judgement]:
    if heard.kind == _SIGN_ON:
        if station.must_sign_on:
            yield _said("sign-on-after", station.must_sign_on, heard, ok=True)
        station.must_sign_on = ""
        return
    if heard.kind in {"reversal", *_QUIET} or heard.found is None:
        return
    if not station.is_signed_on:
        seen = ("a sign-on first", "a request without one")
        yield _said("signed-on", "start", heard, ok=False, seen=seen)
    elif station.must_sign_on:
        seen = ("a sign-on first", f"MTI {heard.mti}")
        yield _said("sign-on-after", station.must_sign_on, heard, ok=False, seen=seen)
    else:
        yield _said("signed-on", "start", heard, ok=True)
    station.must_sign_on = ""


# ---------------------------------------------------------------------------------------- reversal


def _reversal(station: Station, heard: Heard) -> Iterator[Judgement]:
    stan = heard.get("11")
    owed = station.owing(stan)
    if owed is None:
        others = [o for o in station.open_debts() if o.asked.heard.get("4") == heard.get("4")]
        if not others:
            return
        owed = others[0]
        yield _same(heard, owed, "11")
    elif not owed.is_ended:
        yield _same(heard, owed, "11")
    if owed.is_ended:
        seen = ("no reversal after the end of its attempts", "another one")
        yield _said("reversal-ended", owed.answer.code or "00", owed, ok=False, seen=seen)
        return
    owed.tries += 1
    if owed.tries > 1:
        yield _said("reversal-repeated", "none", owed, ok=True)
    if owed.tries > TRIES:
        seen = (f"{TRIES} tries", f"try {owed.tries}")
        yield _said("reversal-tries", "none", owed, ok=False, seen=seen)
    if owed.tries > 1:
        return
    yield _said("reversed", owed.cause, owed, ok=True)
    if not owed.passed_over:
        yield _said("reversed-first", owed.cause, owed, ok=True)
    yield Judgement(
        check="reversal-reason",
        ok=heard.get("39") in owed.reasons,
        about={"cause": owed.cause, "transaction": owed.asked.heard.transaction, "field": "39"},
        field="39",
        offset=heard.at("39"),
        expected=" or ".join(owed.reasons),
        found=heard.get("39"),
    )
    for path in _SAME:
        yield _same(heard, owed, path)


def _same(heard: Heard, owed: Owed, path: str) -> Judgement:
    original = owed.asked.heard
    ok = heard.texts.get(path) == original.texts.get(path)
    number = int(path.partition(".")[0])
    if number in heard.tainted | original.tainted or number not in heard.message.fields:
        # What is not there is a matter of presence.
        ok = True
    return Judgement(
        check="reversal-same",
        ok=ok,
        about={"cause": owed.cause, "transaction": original.transaction, "field": path},
        field=path,
        offset=heard.at(path),
        expected="" if ok else f"as in the original: {original.shown(path)}",
        found="" if ok else heard.shown(path),
    )


def _passed_over(station: Station) -> Iterator[Judgement]:
    """Judge a transaction that goes while reversals are owed, or after they were answered."""
    for owed in station.owed:
        if owed.is_answered:
            yield _said("reversal-ended", owed.answer.code or "00", owed, ok=True)
            owed.is_answered = False
    for owed in station.open_debts():
        if owed.tries:
            ok = owed.tries >= _LEAST_TRIES or owed.answer.kind not in {"none", "original"}
            seen = (f"up to {TRIES} tries", f"{owed.tries}")
            yield _said("reversal-repeated", "none", owed, ok=ok, seen=seen)
            yield _said("reversal-tries", "none", owed, ok=owed.tries <= TRIES)
            owed.is_ended = True
            continue
        owed.passed_over += 1
        if owed.passed_over == 1:
            seen = ("the reversal before the next transaction", "a transaction before it")
            yield _said("reversed-first", owed.cause, owed, ok=False, seen=seen)
        if owed.passed_over >= _MOST_PASSED:
            seen = ("a reversal", "none")
            yield _said("reversed", owed.cause, owed, ok=False, seen=seen)
            owed.is_ended = True


def at_the_end(station: Station) -> Iterator[Judgement]:
    """Judge what never came; for the end of a run that was not broken off."""
    for owed in station.open_debts():
        if not owed.tries:
            seen = ("a reversal", "none until the end")
            yield _said("reversed", owed.cause, owed, ok=False, seen=seen)


# ----------------------------------------------------------------------------------------- numbers


def _numbers(station: Station, heard: Heard) -> Iterator[Judgement]:
    # What is uploaded of a chip has the number of the transaction that it is of.
    stan = "" if heard.is_of_a_chip else heard.get("11")
    if stan:
        ok = stan.isdigit() and stan != "000000"
        yield heard.judge("stan-range", "11", ok=ok, expected="000001 to 999999")
        if not is_copy(station, heard):
            is_new = stan not in station.stans
            yield heard.judge("stan-new", "11", ok=is_new, expected="one that was not used before")
            if is_new and station.last_stan is not None and ok:
                wanted = station.last_stan % _LAST_STAN + 1
                yield heard.judge(
                    "stan-next", "11", ok=int(stan) == wanted, expected=f"{wanted:06d}"
                )
        if ok:
            station.last_stan = int(stan)
        station.remember_stan(stan)
    batch = heard.get("60.2")
    if batch and station.is_signed_on and station.batch and heard.kind not in _QUIET:
        ok = batch == station.batch
        yield heard.judge("batch", "60.2", ok=ok, expected=station.batch)
