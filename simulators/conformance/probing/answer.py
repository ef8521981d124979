"""What a host answered, judged (simulators/conformance): echoes, presence, MAC, codes, keys, times.

No finding holds card data or a key.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from messages.crypto.keys import unwrap_field_62
from messages.crypto.mac import MacAlgorithm
from messages.values import response_mti
from simulators.conformance.hearing.heard import Heard
from simulators.conformance.probing.probes import Probe
from simulators.conformance.rules.vocabulary import Judgement
from simulators.requests import Identity
from simulators.terminals.answers import APPROVED
from switch.core.moment import is_date

_ECHOED: Final = (3, 4, 11, 41, 42)
_WITHOUT_MAC: Final = frozenset({"A0", "77", "97", "99"})
_SECRET: Final = (35, 36, 52)
_MAC: Final = 64
_MAC_BYTES: Final = 8
_RRN: Final = 12
_GOOD: Final = "00"
_CODE: Final = "39"
_NOT_ONCE: Final = frozenset({"94", "09"})
_HOURS, _MINUTES = "23", "59"


class Asked(msgspec.Struct, kw_only=True):
    """A probe that is out: what was sent, and, for a repeat, the answer to the first sending."""

    probe: Probe
    frame: bytes
    mti: str
    fields: dict[int, str]
    heard: Heard | None
    answer: Heard | None = None
    repeats: Asked | None = None

    def __repr__(self) -> str:
        return f"Asked({self.probe.id})"


def judge_answer(
    asked: Asked, heard: Heard, mac: MacAlgorithm | None, identity: Identity
) -> Iterator[Judgement]:
    """Judge one answer to one probe."""
    judge = _Judge(asked, heard)
    yield judge.say("answered", ok=True)
    wrong = next((each for each in heard.judgements if not each.ok), None)
    seen = (wrong.expected, wrong.found) if wrong is not None else ("", "")
    field = wrong.field if wrong is not None else ""
    yield judge.say("readable", ok=wrong is None, field=field, seen=seen)
    yield from _form(judge)
    yield from _mac(judge, mac)
    yield from _meaning(judge)
    yield from _contents(judge)
    if asked.probe.send == "sign_on" and heard.get("39") == "00":
        yield from _sign_on(judge, identity)
    if asked.repeats is not None and asked.repeats.answer is not None:
        yield _once(judge, asked.repeats.answer)


class _Judge:
    """Makes judgements about one answer."""

    def __init__(self, asked: Asked, heard: Heard) -> None:
        self.asked, self.heard = asked, heard

    def say(
        self, check: str, *, ok: bool, field: str = "", seen: tuple[str, str] = ("", "")
    ) -> Judgement:
        expected, found = ("", "") if ok else seen
        return Judgement(
            check=check,
            ok=ok,
            about={"probe": self.asked.probe.id, "field": field},
            field=field,
            offset=-1 if ok else self.heard.at(field),
            expected=expected,
            found=found,
        )


def _form(judge: _Judge) -> Iterator[Judgement]:
    asked, heard = judge.asked, judge.heard
    sent, came = asked.frame[3:7].hex(), heard.frame[1:5].hex()
    wanted = sent[4:] + sent[:4]
    yield judge.say("heads-swapped", ok=came == wanted, seen=(wanted, came))
    wanted = response_mti(asked.mti)
    yield judge.say("response-mti", ok=heard.mti == wanted, seen=(wanted, heard.mti))
    for number in _ECHOED:
        text = heard.texts.get(str(number))
        if number in asked.fields and text is not None:
            ok = text == asked.fields[number]
            yield judge.say(
                "echoed", ok=ok, field=str(number), seen=("what was sent", "another value")
            )
    yield from _presence(judge)
    for number in _SECRET:
        ok = number not in heard.message.fields
        yield judge.say("secrets", ok=ok, field=str(number), seen=("no such field", "one"))


def _presence(judge: _Judge) -> Iterator[Judgement]:
    asked, heard = judge.asked, judge.heard
    found = asked.heard.found if asked.heard is not None else None
    if found is None or heard.mti != response_mti(asked.mti):
        return
    sets, present = found.presence, heard.message.fields.keys()
    # A refusal may leave out what only an approval has.
    needs = sets.response_needs if heard.get("39") in {"00", ""} else {39, 41, 42}
    for number in sorted(needs):
        ok = number in present
        yield judge.say("needed", ok=ok, field=str(number), seen=("the field", "none"))
    for number in sorted(present - sets.response_allows):
        yield judge.say("unexpected", ok=False, field=str(number), seen=("no such field", "one"))
    yield judge.say("unexpected", ok=True)


def _mac(judge: _Judge, mac: MacAlgorithm | None) -> Iterator[Judgement]:
    heard, code = judge.heard, judge.heard.get("39")
    rule = heard.dialect.mac
    has_mac = _MAC in heard.message.fields
    if rule is None or heard.mti in rule.without:
        yield judge.say("no-mac", ok=not has_mac, field="64", seen=("no MAC", "one"))
        return
    if code in _WITHOUT_MAC:
        yield judge.say("no-mac", ok=not has_mac, field="64", seen=("no MAC", "one"))
        return
    # A host that does not know who asks has no key for the answer: its refusal may go without.
    is_stranger = judge.asked.probe.defect.startswith("unknown-") and code != _GOOD
    if mac is None or (is_stranger and not has_mac):
        return
    mab = heard.frame[heard.dialect.frame.head_size : -_MAC_BYTES]
    ok = has_mac and mac.compute(mab) == heard.message.raw[_MAC]
    found = "another" if has_mac else "none"
    yield judge.say("mac", ok=ok, field="64", seen=("the MAC of the key in force", found))


def _meaning(judge: _Judge) -> Iterator[Judgement]:
    asked, heard, code = judge.asked, judge.heard, judge.heard.get("39")
    if code:
        ok = code in heard.dialect.responses
        yield judge.say("known-code", ok=ok, field="39", seen=("a code of the dialect", code))
        wanted = asked.probe.codes
        if wanted:
            seen = (" or ".join(wanted), code)
            yield judge.say("code", ok=code in wanted, field="39", seen=seen)
    if asked.probe.refused:
        seen = ("no approval: it was reversed before it came", code)
        yield judge.say("refused", ok=code not in APPROVED, field="39", seen=seen)
    if asked.probe.asks:
        found = heard.heads.get("header", {}).get("processing_request", "")
        seen = (asked.probe.asks, found)
        yield judge.say("asks", ok=found == asked.probe.asks, seen=seen)
    time, date = heard.get("12"), heard.get("13")
    if time or date:
        is_time = time <= f"{_HOURS}{_MINUTES}{_MINUTES}" and time[2:] <= f"{_MINUTES}{_MINUTES}"
        ok = is_time and is_date(date)
        yield judge.say("clock", ok=ok, field="12", seen=("hhmmss and MMDD", "another form"))
    rrn = heard.get("37")
    if code == "00" and 37 in _needed_of(asked):  # noqa: PLR2004 - DE 37
        ok = len(rrn.strip()) == _RRN
        yield judge.say("reference", ok=ok, field="37", seen=("12 characters", f"{len(rrn)}"))


def _contents(judge: _Judge) -> Iterator[Judgement]:
    """Judge what a probe of one's own says that the answer holds."""
    heard, probe = judge.heard, judge.asked.probe
    # The code comes first: by another one much else differs.
    for path, pattern in sorted(probe.expects.items(), key=lambda each: each[0] != _CODE):
        text = heard.texts.get(path)
        ok = text is not None and re.fullmatch(pattern, text) is not None
        found = "none" if text is None else heard.shown(path)
        yield judge.say("contents", ok=ok, field=path, seen=(f"the form {pattern}", found))
    for number in probe.lacks:
        ok = number not in heard.message.fields
        yield judge.say("contents", ok=ok, field=str(number), seen=("no such field", "one"))


def _needed_of(asked: Asked) -> frozenset[int]:
    found = asked.heard.found if asked.heard is not None else None
    return found.presence.response_needs | found.presence.response_allows if found else frozenset()


def _sign_on(judge: _Judge, identity: Identity) -> Iterator[Judgement]:
    heard = judge.heard
    try:
        unwrap_field_62(identity.master_key, heard.message.raw.get(62, b""))
    except ValueError as error:
        seen = ("keys whose check values are right", str(error))
        yield judge.say("keys", ok=False, field="62", seen=seen)
    else:
        yield judge.say("keys", ok=True, field="62")
    batch = heard.get("60.2")
    ok = batch.isdigit() and int(batch) > 0
    yield judge.say("batch", ok=ok, field="60.2", seen=("000001 to 999999", batch))


def _once(judge: _Judge, first: Heard) -> Judgement:
    """Judge the answer to a repeat: 94, or the answer that was given before."""
    code = judge.heard.get("39")
    same = all(judge.heard.get(path) == first.get(path) for path in ("37", "38", "39"))
    seen = ("94, or the same answer again", f"{code} with another reference")
    return judge.say("once", ok=same or code in _NOT_ONCE, field="37", seen=seen)
