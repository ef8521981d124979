"""Mutants that behave wrong (simulators/conformance): keys, numbers, timers, what is heard.

Each is a subclass of our terminal in which one thing is done otherwise, or another habit of it.
"""

# ruff: noqa: PLR2004 - the numbers are data elements
from __future__ import annotations

from collections.abc import Callable
from typing import Final

from msgspec.structs import replace

from messages.crypto.keys import Mak, Pik, Tmk
from messages.crypto.mac import MacAlgorithm
from messages.crypto.pin import encode_pin_block
from simulators.conformance.driving.driver import Ear, Parts
from simulators.conformance.mutants.model import Defect, Mutant, crooked, writes
from simulators.installation import TMK
from simulators.requests import Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Memory, Owed, Verdict
from simulators.terminals.answers import Awaiting
from simulators.wire import Heard, Wire
from switch.core.moment import Moment

_FINANCIAL: Final = ("0100", "0200", "0220")
_SHORT: Final = ("sign-on", "withdrawal", "balance")
_AGAIN: Final = ("sign-on", "answered-77", "withdrawal")
_UNBALANCED: Final = ("settlement-unbalanced",)
_NS_PER_S: Final = 1_000_000_000
_KCV: Final = 4


class _Bent(Terminal):
    """A terminal whose wire has a defect that looks at the terminal's own memory."""

    def __init__(self, identity: Identity, wire: Wire, memory: Memory | None = None) -> None:
        defect = Defect(change=self.change)
        super().__init__(identity, crooked(defect)(wire), memory)

    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        """Return what is written instead."""
        return mti, fields


# -------------------------------------------------------------------------------------------- keys


class _NeverSignsOn(Terminal):
    def __init__(self, identity: Identity, wire: Wire, memory: Memory | None = None) -> None:
        super().__init__(identity, wire, memory)
        key = bytes.fromhex(TMK)
        self.memory.pik, self.memory.mak = Pik(key), Mak(key)
        self.memory.mac = wire.mac(Mak(key))
        self.memory.is_signed_on = True


class _OldMacKey(Terminal):
    _kept: MacAlgorithm | None = None

    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._signed_on(awaiting, heard, at)
        self._kept = self._kept or self.memory.mac

    def _send(self, job: Job, at: Moment) -> list[bytes]:
        memory, now = self.memory, self.memory.mac
        memory.mac = self._kept or now
        sent = super()._send(job, at)
        memory.mac = now
        return sent


class _OldPinKey(Terminal):
    _kept: Pik | None = None

    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._signed_on(awaiting, heard, at)
        self._kept = self._kept or self.memory.pik

    def _send(self, job: Job, at: Moment) -> list[bytes]:
        memory, now = self.memory, self.memory.pik
        memory.pik = self._kept or now
        sent = super()._send(job, at)
        memory.pik = now
        return sent


class _TakesAnyKey(Terminal):
    """Does not look at check values."""

    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        content = bytes.fromhex(heard.get(62))
        width, tmk, mended = (len(content) // 2) - _KCV, Tmk.from_hex(TMK), b""
        for at_byte in range(0, len(content), width + _KCV):
            wrapped = content[at_byte : at_byte + width]
            key = tmk.unwrap(Mak, wrapped)
            mended += wrapped + key.kcv()
        heard.fields[62] = mended.hex().upper()
        super()._signed_on(awaiting, heard, at)


class _KeepsNoTrackKey(Terminal):
    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._signed_on(awaiting, heard, at)
        self.memory.tdk = None


class _PinUnderMacKey(Terminal):
    def _send(self, job: Job, at: Moment) -> list[bytes]:
        memory, now = self.memory, self.memory.pik
        if memory.mak is not None:
            memory.pik = Pik(memory.mak.reveal())
        sent = super()._send(job, at)
        memory.pik = now
        return sent


class _PinWithoutPan(_Bent):
    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if 52 in fields and self.memory.pik is not None:
            fields[52] = encode_pin_block("123456", None, self.memory.pik).hex().upper()
        return mti, fields


class _PinWithCheckDigit(_Bent):
    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if 52 in fields and self.memory.pik is not None:
            block = encode_pin_block("123456", fields[2] + "0", self.memory.pik)
            fields[52] = block.hex().upper()
        return mti, fields


class _PinCutShort(_Bent):
    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if 52 in fields and self.memory.pik is not None:
            block = encode_pin_block("123456"[:4], fields[2], self.memory.pik)
            fields[52] = block.hex().upper()
        return mti, fields


class _ClearPin(_Bent):
    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if 52 in fields:
            block = int.from_bytes(bytes.fromhex("06123456ffffffff"))
            bound = block ^ int(fields[2][-13:-1], 16)
            fields[52] = bound.to_bytes(8).hex().upper()
        return mti, fields


class _ReversalWith(_Bent):
    """Repeats a field of its original in the reversal that should not be there."""

    number = 52
    _last: str = ""

    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if mti == "0400" and self._last:
            fields[self.number] = self._last
        elif self.number in fields:
            self._last = fields[self.number]
        return mti, fields


class _ReversalWithTrack(_ReversalWith):
    number = 35


class _VoidsWithdrawals(Terminal):
    """Voids its last withdrawal whatever it is asked to void."""

    def ask(self, job: Job, at: Moment) -> list[bytes]:
        slips = [slip for slip in self.memory.slips if slip.kind is Kind.WITHDRAWAL]
        if job.kind is Kind.VOID and slips:
            job = replace(job, of=slips[-1], amount_fen=slips[-1].amount_fen)
        return super().ask(job, at)


# ----------------------------------------------------------------------------------------- numbers


class _StanZero(Terminal):
    def _send(self, job: Job, at: Moment) -> list[bytes]:
        self.memory.stan = 0
        return super()._send(job, at)


class _StanStays(Terminal):
    def _send(self, job: Job, at: Moment) -> list[bytes]:
        before = self.memory.stan
        sent = super()._send(job, at)
        self.memory.stan = before
        return sent


class _StanByTwo(Terminal):
    def _send(self, job: Job, at: Moment) -> list[bytes]:
        self.memory.stan += 1
        return super()._send(job, at)


class _OwnBatch(Terminal):
    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        before = self.memory.batch
        super()._signed_on(awaiting, heard, at)
        self.memory.batch = before


class _BatchAdoptedOnce(Terminal):
    """Counts the batch up at every sign-on after the first."""

    _count = 0

    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._signed_on(awaiting, heard, at)
        self.memory.batch += self._count
        self._count += 1


# ----------------------------------------------------------------------------------------- sign-on


def _stays_signed_on(code: str) -> type[Terminal]:
    """Return a terminal that does not mind a code after which it should sign on."""

    class Stays(Terminal):
        def _refused(self, awaiting: Awaiting, owed: Owed, answered: str, at: Moment) -> None:
            super()._refused(awaiting, owed, answered, at)
            if answered == code:
                self.memory.is_signed_on = True

    return Stays


class _DeafToHeader(Terminal):
    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        # The processing request is the second half of the eighth byte.
        return super().received(frame[:7] + bytes([frame[7] & 0xF0]) + frame[8:], at)


class _StaysAfterSignOff(Terminal):
    def _told(self, awaiting: Awaiting, heard: Heard) -> None:
        super()._told(awaiting, heard)
        if awaiting.kind is Kind.SIGN_OFF:
            self.memory.is_signed_on = True


class _StaysAfterWrongMac(Terminal):
    def _answered(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._answered(awaiting, heard, at)
        if self.results[-1].verdict is Verdict.MAC_WRONG:
            self.memory.is_signed_on = True


class _TakesAnyTotals(Terminal):
    """Takes every settlement for balanced."""

    def _settled(self, awaiting: Awaiting, heard: Heard) -> None:
        content = heard.fields.get(48)
        if content is not None and awaiting.kind is Kind.SETTLEMENT:
            heard.fields[48] = content[:30] + "1" + content[31:61] + "1"
        super()._settled(awaiting, heard)


class _StaysAfterSettlement(Terminal):
    def _settled(self, awaiting: Awaiting, heard: Heard) -> None:
        super()._settled(awaiting, heard)
        self.memory.is_signed_on = True


# ------------------------------------------------------------------------------------------ timers


class _Hurried(Terminal):
    """Waits ten seconds, then goes on with the next transaction and forgets this one."""

    def _send(self, job: Job, at: Moment) -> list[bytes]:
        sent = super()._send(job, at)
        if self._awaiting is not None:
            self._awaiting.due_ns = at.elapsed_ns + 10 * _NS_PER_S
        return sent

    def _no_answer(self, awaiting: Awaiting, verdict: Verdict, at: Moment) -> None:
        if awaiting.owed is not None:
            self.memory.owed.remove(awaiting.owed)
            awaiting.owed = None
        super()._no_answer(awaiting, verdict, at)


class _DeafAfterTenSeconds(Terminal):
    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        awaiting = self._awaiting
        if awaiting is not None and at.elapsed_ns > awaiting.due_ns - 50 * _NS_PER_S:
            return []
        return super().received(frame, at)


class _OneRead(Ear):
    """Takes what one read gives for one frame."""

    def hear(self, data: bytes) -> list[bytes]:
        size = int.from_bytes(data[:2])
        return [data[2:]] if size and len(data) == 2 + size else super().hear(data) * 0

    @property
    def hangs_up(self) -> bool:
        return False


class _FewReads(Ear):
    """Gives a frame up that does not come in three reads."""

    _reads = 0

    def hear(self, data: bytes) -> list[bytes]:
        self._reads += 1
        frames = super().hear(data)
        if frames:
            few = self._reads <= 3
            self._reads = 0
            return frames if few else []
        return []


class _NoKeepAlive(Ear):
    """Takes a keep-alive for the end of what was sent."""

    def hear(self, data: bytes) -> list[bytes]:
        return [] if data[:2] == bytes(2) else super().hear(data)


def _terminal(kind: type[Terminal]) -> Parts:
    return Parts(terminal=kind)


def _no_sign_on(job: Job) -> Job:
    return Job(kind=Kind.ECHO) if job.kind is Kind.SIGN_ON else job


def _text(number: int, make: Callable[[dict[int, str]], str]) -> Parts:
    def change(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if mti in _FINANCIAL:
            fields[number] = make(fields)
        return mti, fields

    return writes(change=change)


def _security(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    return mti, {n: "0600000000000000" if n == 53 else text for n, text in fields.items()}


def _longest(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    return mti, {n: "00" if n == 26 else text for n, text in fields.items()}


def _no_pin_mode(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    return mti, {n: "052" if n == 22 and 52 in fields else text for n, text in fields.items()}


def _with_mac(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    return (mti, {**fields, 64: "00000000"}) if mti == "0800" else (mti, fields)


def _key_in_sign_on(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    return (mti, {**fields, 62: TMK}) if mti == "0800" else (mti, fields)


def _track_in_chip(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    if mti in _FINANCIAL and 55 in fields:
        fields[55] += "57136219991234567890120D49122200000000000F"
    return mti, fields


CONDUCT_MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(id="answer-in-one-read", en="takes what one read gives for one frame", breaks="FRM-05",
           also=("FRM-06",), parts=Parts(ear=_OneRead),
           cases=("sign-on", "split-answer", "slow-answer")),
    Mutant(id="gives-up-slow-answers", en="gives up a frame that does not come in three reads",
           breaks="FRM-06", parts=Parts(ear=_FewReads), cases=("sign-on", "slow-answer",
                                                               "split-answer")),
    Mutant(id="no-keep-alive", en="throws away what a keep-alive begins", breaks="FRM-07",
           parts=Parts(ear=_NoKeepAlive), cases=("sign-on", "keep-alives")),
    Mutant(id="voids-withdrawals", en="voids a withdrawal", breaks="VOI-07", also=("DED-01",),
           parts=_terminal(_VoidsWithdrawals), cases=("sign-on", "withdrawal", "sale-void")),
    Mutant(id="never-signs-on", en="begins with keys of its own and does not sign on",
           breaks="KEY-01", parts=Parts(terminal=_NeverSignsOn, job=_no_sign_on), cases=_SHORT),
    Mutant(id="old-mac-key", en="goes on with the first MAC key after another sign-on",
           breaks="KEY-02", parts=_terminal(_OldMacKey), cases=_AGAIN),
    Mutant(id="old-pin-key", en="goes on with the first PIN key after another sign-on",
           breaks="KEY-03", parts=_terminal(_OldPinKey), cases=_AGAIN),
    Mutant(id="takes-any-key", en="takes keys without looking at their check values",
           breaks="KEY-04",
           parts=_terminal(_TakesAnyKey), cases=("sign-on", "bad-pin-key")),
    Mutant(id="mac-over-tpdu", en="the MAC covers the TPDU too", breaks="MAC-01",
           parts=writes(code=lambda heads, body, mac: mac.compute(heads + body)), cases=_SHORT),
    Mutant(id="mac-without-mti", en="the MAC begins after the MTI", breaks="MAC-01",
           parts=writes(code=lambda _h, body, mac: mac.compute(body[2:])), cases=_SHORT),
    Mutant(id="mac-without-bitmap", en="the MAC leaves out the bitmap", breaks="MAC-01",
           parts=writes(code=lambda _h, body, mac: mac.compute(body[:2] + body[10:])),
           cases=_SHORT),
    Mutant(id="mac-of-bytes", en="the MAC is the second half of the code", breaks="MAC-01",
           parts=writes(code=lambda _h, body, mac: mac.compute(body)[::-1]), cases=_SHORT),
    Mutant(id="mac-of-reversal-wrong", en="only reversals have a wrong MAC", breaks="MAC-01",
           parts=writes(code=lambda _h, body, mac: mac.compute(body) if body[:1] != b"\x04"
                        else b"00000000"), cases=("sign-on", "no-answer")),
    Mutant(id="mac-on-sign-on", en="the sign-on carries a MAC", breaks="MAC-02",
           also=("PRS-08",), parts=writes(change=_with_mac), cases=_SHORT),
    Mutant(id="keeps-no-track-key", en="sends tracks in clear after a sign-on with a track key",
           breaks="KEY-05", parts=_terminal(_KeepsNoTrackKey), cases=("track-key",)),
    Mutant(id="pin-under-mac-key", en="the PIN block is under the MAC key", breaks="PIN-01",
           parts=_terminal(_PinUnderMacKey), cases=_SHORT),
    Mutant(id="pin-without-pan", en="the PIN block is not bound to the PAN", breaks="PIN-01",
           parts=_terminal(_PinWithoutPan), cases=_SHORT),
    Mutant(id="pin-with-check-digit", en="the PIN block is bound to the PAN's last digits",
           breaks="PIN-01", parts=_terminal(_PinWithCheckDigit), cases=_SHORT),
    Mutant(id="control-without-form", en="DE 53 says that there is no PIN", breaks="PIN-02",
           parts=writes(change=_security), cases=_SHORT),
    Mutant(id="pin-length-zero", en="DE 26 is 00", breaks="PIN-03",
           parts=writes(change=_longest), cases=_SHORT),
    Mutant(id="entry-mode-without-pin", en="DE 22 says no PIN beside a PIN block",
           breaks="PIN-04", parts=writes(change=_no_pin_mode), cases=_SHORT),
    Mutant(id="pin-cut-short", en="only the first four digits of a PIN are taken",
           breaks="PIN-05", parts=_terminal(_PinCutShort), cases=_SHORT),
    Mutant(id="pin-in-reversal", en="a reversal repeats the PIN block", breaks="SEC-01",
           also=("PRS-08",), parts=_terminal(_ReversalWith), cases=("sign-on", "no-answer")),
    Mutant(id="track-in-reversal", en="a reversal repeats track 2", breaks="SEC-02",
           also=("PRS-08",), parts=_terminal(_ReversalWithTrack), cases=("sign-on", "no-answer")),
    Mutant(id="clear-pin-block", en="the PIN block is not encrypted", breaks="SEC-03",
           also=("PIN-01",), parts=_terminal(_ClearPin), cases=_SHORT),
    Mutant(id="pin-in-text", en="the PIN stands in DE 63", breaks="SEC-03",
           parts=_text(63, lambda _f: "01 123456"), cases=_SHORT),
    Mutant(id="key-in-sign-on", en="the sign-on carries the master key", breaks="SEC-04",
           parts=writes(change=_key_in_sign_on), cases=_SHORT),
    Mutant(id="pan-in-text", en="the card number stands in DE 63", breaks="SEC-05",
           parts=_text(63, lambda f: f"01 {f[2]}"), cases=_SHORT),
    Mutant(id="track-in-chip-data", en="DE 55 holds the track (57)", breaks="SEC-06",
           parts=writes(change=_track_in_chip), cases=_SHORT),
    Mutant(id="stan-zero", en="DE 11 is zero", breaks="STN-01", also=("STN-02",),
           parts=_terminal(_StanZero), cases=_SHORT),
    Mutant(id="stan-repeated", en="DE 11 is the same in every request", breaks="STN-02",
           parts=_terminal(_StanStays), cases=_SHORT),
    Mutant(id="stan-by-two", en="DE 11 counts by two", breaks="STN-03",
           parts=_terminal(_StanByTwo), cases=_SHORT),
    Mutant(id="batch-not-adopted", en="the batch number is the terminal's own", breaks="BAT-01",
           parts=_terminal(_OwnBatch), cases=_SHORT),
    Mutant(id="batch-drifts", en="the batch number counts up at every sign-on",
           breaks="BAT-01", parts=_terminal(_BatchAdoptedOnce), cases=_AGAIN),
    Mutant(id="deaf-to-77", en="does not sign on after 77", breaks="SGN-01",
           parts=_terminal(_stays_signed_on("77")), cases=("sign-on", "answered-77")),
    Mutant(id="deaf-to-a0", en="does not sign on after A0", breaks="SGN-02",
           parts=_terminal(_stays_signed_on("A0")), cases=("sign-on", "answered-a0")),
    Mutant(id="deaf-to-99", en="does not sign on after 99", breaks="SGN-03",
           parts=_terminal(_stays_signed_on("99")), cases=("sign-on", "answered-99")),
    Mutant(id="deaf-to-header", en="does not sign on when the header asks", breaks="SGN-04",
           parts=_terminal(_DeafToHeader), cases=("sign-on", "header-asks")),
    Mutant(id="stays-after-sign-off", en="goes on after a sign-off without a sign-on",
           breaks="SGN-05", parts=_terminal(_StaysAfterSignOff), cases=("sign-on", "sign-off")),
    Mutant(id="stays-after-wrong-mac", en="does not sign on after a wrong MAC", breaks="SGN-06",
           parts=_terminal(_StaysAfterWrongMac), cases=("sign-on", "wrong-mac", "no-mac")),
    Mutant(id="takes-any-totals", en="uploads nothing when the totals differ", breaks="SET-05",
           parts=_terminal(_TakesAnyTotals), cases=_UNBALANCED),
    Mutant(id="stays-after-settlement", en="does not sign on after its settlement",
           breaks="SET-08", parts=_terminal(_StaysAfterSettlement), cases=("settlement",)),
    Mutant(id="hurried", en="goes on with the next transaction after ten seconds",
           breaks="TIM-03", also=("REV-01", "REV-11"),
           parts=_terminal(_Hurried), cases=("sign-on", "no-answer")),
    Mutant(id="deaf-after-ten-seconds", en="does not take an answer after ten seconds",
           breaks="TIM-04", parts=_terminal(_DeafAfterTenSeconds),
           cases=("sign-on", "delayed-answer")),
)  # fmt: skip
"""Mutants of keys, numbers, sign-on and timers, in the order of the requirements."""
