"""Asks a host one thing after the other (simulators/conformance): bytes and moments in, bytes out.

Pure like the judging host. A probe is over when its answer was judged or its time has run out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import msgspec

from messages.crypto.keys import Pik, unwrap_field_62
from messages.framing import Deframer
from simulators import requests
from simulators.cards import fictional_card
from simulators.conformance.hearing.heard import PREFIX, Heard, read
from simulators.conformance.judging.happenings import Note, Send
from simulators.conformance.judging.host import DONE, What
from simulators.conformance.judging.tally import Failure, Tally
from simulators.conformance.probing.answer import Asked, judge_answer
from simulators.conformance.probing.probes import Probe, host_suite
from simulators.conformance.rules.model import Requirement
from simulators.conformance.rules.vocabulary import Judgement
from simulators.requests import Identity
from simulators.terminal_memory import Job, Kind, Memory, Slip
from simulators.wire import Wire
from switch.core.moment import Moment, local

WAIT_NS: Final = 10_000_000_000
"""How long an answer may take, unless another time is said."""
MOST_STRAY: Final = 20
"""Answers that nobody waits for, and are kept: a flood of them says nothing new."""
_MOST_SHOWN: Final = 512
"""Bytes of what cannot be read that are kept."""
GARBAGE: Final = b"\xff" * 64
_NO_KEY: Final = bytes(16)
_LAST_STAN: Final = 999_999
_FIELD_60: Final = 60
_MAC: Final = 64
_REPEATED: Final = (2, 3, 4, 11, 14, 22, 23, 25, 41, 42, 49, 60)
"""What a reversal repeats of its original."""
_UNKNOWN_TID: Final = "99999999"
_UNKNOWN_MID: Final = "999999999999999"
_PIECES_MS: Final = 300
_WITH_REVERSAL: Final = frozenset({"withdrawal", "sale", "payment", "void"})


class Prober:
    """One run of probes against one host over one connection, made again after garbage."""

    def __init__(
        self,
        identity: Identity,
        wire: Wire,
        probes: tuple[Probe, ...],
        stan: int = 1,
        requirements: tuple[Requirement, ...] = (),
    ) -> None:
        """Ask in the order of the probes; `stan` is the first trace number.

        `requirements` are those besides the program's own.
        """
        self._identity, self._wire = identity, wire
        self._probes = list(probes)
        self._memory = Memory(stan=stan)
        self._heads = wire.framing.build_heads()
        self._deframer = Deframer(wire.framing)
        self._asked: Asked | None = None
        self._last: Asked | None = None
        self._by_probe: dict[str, Asked] = {}
        self._never_sent = ""
        """DE 11 of what was reversed before it came."""
        self._left = 0
        self.suite = host_suite(probes, requirements)
        self.tally = Tally(self.suite.requirements)
        self.notes: list[Note] = []
        self.noted: Callable[[Note], object] = _nobody
        """Who is told of each note as it is made."""
        self.wait_ns = WAIT_NS
        self.is_broken = False
        """Whether what comes can no longer be followed: then the connection should be closed."""
        self._stray = 0
        self.due_ns: int | None = None

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to ask."""
        return not self._probes and self._asked is None

    @property
    def is_waiting(self) -> bool:
        """Whether a probe is out."""
        return self._asked is not None

    def next(self, at: Moment) -> list[Send]:
        """Return the next probe as it is sent, in pieces."""
        if self._asked is not None or not self._probes:
            return []
        probe = self._probes.pop(0)
        if probe.send == "garbage":
            self._asked = Asked(probe=probe, frame=GARBAGE, mti="", fields={}, heard=None)
            self.due_ns = at.elapsed_ns + self.wait_ns
            self._note(at, "sent", GARBAGE, words="64 bytes of FF")
            return [Send(0, GARBAGE)]
        asked = self._request(probe, at)
        self._asked, self._left = asked, 2 if probe.defect == "twice" else 1
        self.due_ns = at.elapsed_ns + self.wait_ns
        self._note(at, "sent", asked.frame)
        return list(_pieces(asked.frame, probe.defect))

    def received(self, data: bytes, at: Moment) -> None:
        """Take bytes of the host."""
        for frame in self._deframer.feed(data):
            self._answered(frame, at)
        if self._deframer.failure is not None:
            self.unreadable(data, self._deframer.failure.text(), at)

    def unreadable(self, data: bytes, why: str, at: Moment) -> None:
        """Take bytes that nobody can follow: they end the probe, and the connection."""
        self._judged(at, [self._said("readable", ok=False, found=why)], data[:_MOST_SHOWN])
        self._deframer = Deframer(self._wire.framing)
        self.is_broken = True
        self._over(at)

    def disconnected(self, at: Moment) -> None:
        """Hear that the connection is gone."""
        self.is_broken = False
        self._deframer = Deframer(self._wire.framing)
        asked = self._asked
        if asked is None:
            return
        is_right = asked.probe.send == "garbage"
        judgement = self._said("survives" if is_right else "answered", ok=is_right, found="closed")
        self._judged(at, [judgement], b"")
        self._over(at)

    def expire(self, at: Moment) -> None:
        """Stop waiting where the time has run out."""
        if self._asked is None or self.due_ns is None or at.elapsed_ns < self.due_ns:
            return
        check = "survives" if self._asked.probe.send == "garbage" else "answered"
        found = f"nothing within {self.wait_ns / 1_000_000_000:g} s"
        missed = [check, *(("contents",) if self._asked.probe.expects else ())]
        self._judged(at, [self._said(each, ok=False, found=found) for each in missed], b"")
        self._over(at)

    def gone(self, at: Moment) -> None:
        """Hear that the host takes no new connection."""
        self._asked = self._asked or Asked(
            probe=self._probes.pop(0), frame=b"", mti="", fields={}, heard=None
        )
        self._judged(at, [self._said("survives", ok=False, found="no new connection")], b"")
        self._probes.clear()
        self._over(at)

    # ------------------------------------------------------------------------------- what it asks

    def _request(self, probe: Probe, at: Moment) -> Asked:
        memory, wire = self._memory, self._wire
        if probe.send == "repeat" and self._last is not None:
            return msgspec.structs.replace(self._last, probe=probe, repeats=self._last)
        if probe.send == "reversal":
            mti, fields = "0400", self._reversal(probe)
        elif probe.send == "late-original":
            mti, fields = "0200", self._late_original()
        else:
            mti, fields = self._made(self._job(probe), at)
        fields = _spoilt(fields, probe.defect, memory)
        has_mac = mti[:2] not in {"08", "05"} and probe.defect != "no-mac"
        mac = memory.mac if has_mac and memory.mac is not None else None
        if has_mac and mac is None:
            fields[64] = "00000000"
        frame = wire.say(self._heads, mti, dict(sorted(fields.items())), mac)
        if probe.defect == "wrong-mac":
            frame = frame[:-1] + (b"0" if frame[-1:] != b"0" else b"1")
        heard = read(wire.dialect, wire.framing, frame[PREFIX:])
        asked = Asked(
            probe=probe, frame=frame, mti=mti, fields=fields,
            heard=heard if isinstance(heard, Heard) else None,
        )  # fmt: skip
        if probe.send in _WITH_REVERSAL and not probe.defect:
            self._last = asked
        self._by_probe[probe.id] = asked
        return asked

    def _job(self, probe: Probe) -> Job:
        card = fictional_card(probe.card, signs=True)
        card = msgspec.structs.replace(card, pin=probe.pin or card.pin)
        kind, of = Kind(probe.send), self._slip(probe)
        return Job(kind=kind, card=card, amount_fen=probe.amount_fen, of=of)

    def _slip(self, probe: Probe) -> Slip | None:
        """Return the slip of what a void is about."""
        original = self._by_probe.get(probe.of) if probe.send == "void" else None
        if original is None:
            return None
        said = original.fields
        rrn, authorisation, date, time = (
            original.answer.get(path) if original.answer is not None else ""
            for path in ("37", "38", "13", "12")
        )
        return Slip(
            terminal=self._identity.id,
            batch=said[_FIELD_60][2:8],
            stan=said[11],
            # Of what was not answered nothing is known: the host says what it thinks of that.
            rrn=rrn or "0" * 12,
            authorisation=authorisation,
            amount_fen=probe.amount_fen,
            shown_card="",
            date=date or "0" * 4,
            time=time,
            kind=Kind(original.probe.send),
            code=said[_FIELD_60][:2],
        )

    def _made(self, job: Job, at: Moment) -> tuple[str, dict[int, str]]:
        memory = self._memory
        if memory.pik is None and job.kind not in {Kind.SIGN_ON, Kind.ECHO}:
            # Before any sign-on a terminal has no keys: a PIN block under nothing is sent.
            memory.pik = Pik(_NO_KEY)
            made = requests.fields(job, self._identity, memory, local(at.utc_ms).day)
            memory.pik = None
        else:
            made = requests.fields(job, self._identity, memory, local(at.utc_ms).day)
        memory.stan = memory.stan % _LAST_STAN + 1
        return made

    def _reversal(self, probe: Probe) -> dict[int, str]:
        last = self._by_probe.get(probe.of, self._last)
        if last is None:
            return {}
        fields: dict[int, str] = {n: last.fields[n] for n in _REPEATED if n in last.fields}
        fields[39] = "98"
        if probe.defect == "unknown-original":
            fields[11] = f"{(int(fields[11]) + 500_000) % _LAST_STAN + 1:06d}"
            self._never_sent = fields[11]
        return fields

    def _late_original(self) -> dict[int, str]:
        """Return the withdrawal whose reversal came before it, in the batch of its reversal."""
        last = self._last
        if last is None:
            return {}
        return {n: text for n, text in last.fields.items() if n != _MAC} | {11: self._never_sent}

    # ---------------------------------------------------------------------------- what it hears

    def _answered(self, frame: bytes, at: Moment) -> None:
        asked, whole = self._asked, self._wire.framing.prefix(len(frame)) + frame
        heard = read(self._wire.dialect, self._wire.framing, frame)
        if asked is None:
            self._stray += 1
            if self._stray > MOST_STRAY:
                return
            words = "an answer that nobody waits for"
            self._judged(at, [self._said("once", ok=False, found=words)], whole)
            return
        if not isinstance(heard, Heard):
            found = heard.judgements[0].found
            self._judged(at, [self._said("readable", ok=False, found=found)], whole)
            self._over(at)
            return
        memory = self._memory
        judgements = list(judge_answer(asked, heard, memory.mac, self._identity))
        self._judged(at, judgements, whole, heard)
        self._learn(asked, heard)
        self._left -= 1
        if not self._left:
            self._over(at)

    def _learn(self, asked: Asked, heard: Heard) -> None:
        memory = self._memory
        asked.answer = heard
        if asked.probe.send != "sign_on" or heard.get("39") != "00":
            return
        try:
            keys = unwrap_field_62(self._identity.master_key, heard.message.raw.get(62, b""))
        except ValueError:
            return
        memory.pik, memory.mak, memory.tdk = keys.pik, keys.mak, keys.tdk
        memory.mac = self._wire.mac(keys.mak)
        batch = heard.get("60.2")
        memory.batch = int(batch) if batch.isdigit() else memory.batch

    def _over(self, at: Moment) -> None:
        if self._asked is not None:
            self._note(at, "event", b"", words=DONE)
        self._asked, self.due_ns = None, None

    # ---------------------------------------------------------------------------------- records

    def _said(self, check: str, *, ok: bool, found: str = "") -> Judgement:
        name = self._asked.probe.id if self._asked is not None else ""
        return Judgement(
            check=check, ok=ok, about={"probe": name}, expected="" if ok else check, found=found
        )

    def _judged(
        self, at: Moment, judgements: list[Judgement], frame: bytes, heard: Heard | None = None
    ) -> None:
        found = [pair for judgement in judgements for pair in self.tally.of(judgement)]
        self._note(at, "received", frame, found=found, heard=heard)

    def _note(self, at: Moment, what: What, frame: bytes, **told: Any) -> None:  # noqa: ANN401
        found = told.pop("found", [])
        number = len(self.notes) + 2
        case = self._asked.probe.id if self._asked is not None else ""
        failures: list[Failure] = self.tally.count(found, number, self._identity.id, case)
        made = Note(
            number=number,
            at=at,
            what=what,
            terminal=self._identity.id,
            case=case,
            frame=frame,
            kept=tuple(sorted({name for name, j in found if j.ok})),
            failures=tuple(failures),
            **told,
        )
        self.notes.append(made)
        self.noted(made)


def _nobody(_note: Note) -> None:
    """Tell nobody."""


def _spoilt(fields: dict[int, str], defect: str, memory: Memory) -> dict[int, str]:
    match defect:
        case "old-batch":
            batch = memory.batch - 1 if memory.batch > 1 else memory.batch + 1
            fields[_FIELD_60] = f"{fields[60][:2]}{batch:06d}{fields[60][8:]}"
        case "unknown-terminal":
            fields[41] = _UNKNOWN_TID
        case "unknown-merchant":
            fields[42] = _UNKNOWN_MID
        case "bad-pin-block":
            fields[52] = "0" * 16
        case "unknown-type":
            fields[_FIELD_60] = "99" + fields[60][2:]
        case "no-amount":
            fields.pop(4, None)
    return fields


def _pieces(frame: bytes, defect: str) -> Iterator[Send]:
    match defect:
        case "split":
            third = len(frame) // 3
            yield Send(0, frame[:third])
            yield Send(0, frame[third : 2 * third], _PIECES_MS)
            yield Send(0, frame[2 * third :], 2 * _PIECES_MS)
        case "keep-alive":
            yield Send(0, bytes(PREFIX) + frame + bytes(PREFIX))
        case "twice":
            yield Send(0, frame + frame)
        case _:
            yield Send(0, frame)
