"""Mutants that were written without the requirements in hand (simulators/conformance).

Ten by the author of the suite, from what terminals get wrong; eight by somebody who had read a
description of the domain and nothing else. They test whether the suite catches what no requirement
was written for.
"""

# ruff: noqa: PLR2004 - the numbers are data elements
from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from messages.crypto.keys import unwrap_field_62
from messages.crypto.mac import MacAlgorithm, fold, make_mac
from messages.crypto.pin import encode_pin_block
from messages.dialects.tlv import encode_ber, parse_ber
from simulators.conformance.driving.driver import Parts
from simulators.conformance.mutants.model import Defect, Mutant, crooked, writes
from simulators.requests import Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Memory, Verdict
from simulators.terminals.answers import APPROVED, Awaiting, result_of
from simulators.terminals.services import payload, told
from simulators.terminals.settling import results
from simulators.wire import Heard, Wire
from switch.core.moment import Moment

_SHORT: Final = ("sign-on", "withdrawal", "balance")
_AGAIN: Final = ("sign-on", "answered-77", "withdrawal")
_PIN: Final = "123456"


class _Own(Terminal):
    """A terminal whose defect looks at its own memory."""

    def __init__(self, identity: Identity, wire: Wire, memory: Memory | None = None) -> None:
        defect = Defect(change=self.change, code=self.code)
        super().__init__(identity, crooked(defect)(wire), memory)

    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        """Return what is written instead."""
        return mti, fields

    def code(self, _heads: bytes, body: bytes, mac: MacAlgorithm) -> bytes:
        """Return the MAC that is written."""
        return mac.compute(body)


class _LeftDigits(_Own):
    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if 52 in fields and self.memory.pik is not None:
            block = encode_pin_block(_PIN, fields[2][:12] + "0", self.memory.pik)
            fields[52] = block.hex().upper()
        return mti, fields


class _SmallLetters(_Own):
    def code(self, _heads: bytes, body: bytes, mac: MacAlgorithm) -> bytes:
        mak = self.memory.mak
        if mak is None:
            return mac.compute(body)
        text = fold(body).hex().encode("ascii")
        first = mak.cipher.encrypt(text[:8])
        mixed = bytes(a ^ b for a, b in zip(first, text[8:], strict=True))
        return mak.cipher.encrypt(mixed)[:4].hex().upper().encode("ascii")


class _Retail(_Own):
    def code(self, _heads: bytes, body: bytes, mac: MacAlgorithm) -> bytes:
        mak = self.memory.mak
        if mak is None:
            return mac.compute(body)
        return make_mac("x9.19", mak).compute(body)[:4].hex().upper().encode("ascii")


class _StanRestarts(Terminal):
    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._signed_on(awaiting, heard, at)
        self.memory.stan = 1


class _BatchOneLate(Terminal):
    _given = 1

    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._signed_on(awaiting, heard, at)
        self._given, self.memory.batch = self.memory.batch, self._given


class _CountsReversed(Terminal):
    """Prints a slip before it looks at the amount of the answer, and keeps it."""

    def _answered(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._answered(awaiting, heard, at)
        if self.results[-1].verdict is Verdict.ANSWER_WRONG and self.memory.slips:
            self.memory.slips.append(self.memory.slips[-1])


class _EchoesHeader(Terminal):
    """Sends back whatever header came last."""

    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        heads = bytearray(self._heads)
        heads[7] = frame[7]
        sent = super().received(frame, at)
        self._heads = bytes(heads)
        return sent


def _letters(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    return mti, {n: "CNY" if n == 49 else text for n, text in fields.items()}


def _yuan(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    return mti, {n: f"{int(t) // 100:012d}" if n == 4 else t for n, t in fields.items()}


def _without_pan(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    return mti, {n: "1600000000000000" if n == 53 else t for n, t in fields.items()}


DOMAIN_MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(id="pin-by-left-digits", en="the PIN block is bound to the first twelve digits",
           breaks="PIN-01", parts=Parts(terminal=_LeftDigits), cases=_SHORT, origin="domain"),
    Mutant(id="mac-small-letters", en="RB is written in small letters before it is encrypted",
           breaks="MAC-01", parts=Parts(terminal=_SmallLetters), cases=_SHORT, origin="domain"),
    Mutant(id="mac-x9-19", en="the MAC is X9.19 instead of the POS one",
           breaks="MAC-01", parts=Parts(terminal=_Retail), cases=_SHORT, origin="domain"),
    Mutant(id="currency-in-letters", en="the currency is CNY",
           breaks="VAL-01", also=("SUB-10",), parts=writes(change=_letters), cases=_SHORT,
           origin="domain"),
    Mutant(id="stan-restarts", en="DE 11 begins at 000001 after every sign-on",
           breaks="STN-02", parts=Parts(terminal=_StanRestarts), cases=_AGAIN, origin="domain"),
    Mutant(id="batch-one-late", en="the batch number of a sign-on counts from the next one on",
           breaks="BAT-01", parts=Parts(terminal=_BatchOneLate), cases=_SHORT, origin="domain"),
    Mutant(id="amount-in-yuan", en="DE 4 is in yuan",
           breaks="SUB-09", parts=writes(change=_yuan), cases=("sign-on", "withdrawal"),
           origin="domain"),
    Mutant(id="counts-reversed", en="a transaction that it reversed stays in its totals",
           breaks="SET-04", parts=Parts(terminal=_CountsReversed),
           cases=("wrong-amount", "settlement"), origin="domain"),
    Mutant(id="says-without-pan", en="DE 53 says a PIN block without PAN, which it is not",
           breaks="PIN-01", parts=writes(change=_without_pan), cases=_SHORT, origin="domain"),
    Mutant(id="echoes-the-header", en="the header of the last answer goes into the next request",
           breaks="HDR-05", parts=Parts(terminal=_EchoesHeader),
           cases=("sign-on", "header-asks"), origin="domain"),
)  # fmt: skip
"""In no order."""


# ------------------------------------------------------------------- by a reader of the domain


class _PinLengthSix(_Own):
    """Writes a PIN length of six before any PIN."""

    _pin = _PIN

    def _send(self, job: Job, at: Moment) -> list[bytes]:
        self._pin = job.card.pin if job.card is not None else _PIN
        return super()._send(job, at)

    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        pik = self.memory.pik
        if 52 in fields and pik is not None:
            field = bytes.fromhex(f"06{self._pin}".ljust(16, "f"))
            block = int.from_bytes(field) ^ int(fields[2][-13:-1], 16)
            fields[52] = pik.cipher.encrypt(block.to_bytes(8)).hex().upper()
        return mti, fields


class _ReversalOfThisBatch(_Own):
    """Keeps no batch with a reversal: it writes the one that is open now."""

    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if mti == "0400":
            fields[60] = f"{fields[60][:2]}{self.memory.batch:06d}{fields[60][8:]}"
        return mti, fields


class _LateAnswerEndsReversal(Terminal):
    """Does not compare the MTI while a reversal is out."""

    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        awaiting = self._awaiting
        if awaiting is not None and awaiting.kind is Kind.REVERSAL and awaiting.owed is not None:
            heard = self._wire.hear(frame)
            echoed = (3, 4, 11, 41, 42)
            same = all(heard.get(n) == awaiting.fields.get(n) for n in echoed)
            if heard.mti == "0210" and same and self._is_believed(heard) and heard.get(39) == "00":
                self._awaiting = None
                self.memory.owed.remove(awaiting.owed)
                self.results.append(result_of(awaiting, Verdict.APPROVED, heard))
                return self._advance(at)
        return super().received(frame, at)


class _NakedApproval(Terminal):
    """Verifies a MAC only where the answer has one."""

    def _is_believed(self, heard: Heard) -> bool:
        return self._wire.mac_field not in heard.fields or super()._is_believed(heard)


class _HalfKeys(Terminal):
    """Stores each key of a sign-on as soon as its own check value is right."""

    def _signed_on(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._signed_on(awaiting, heard, at)
        if self.results[-1].verdict is not Verdict.KEYS_WRONG:
            return
        content = bytes.fromhex(heard.get(62))
        half = len(content) // 2
        try:
            twice = content[:half] + content[:half]
            self.memory.pik = unwrap_field_62(self.identity.master_key, twice).pik
        except ValueError:
            return


class _DomesticHalfOnly(Terminal):
    """Reads the result for domestic cards only."""

    def _settled(self, awaiting: Awaiting, heard: Heard) -> None:
        content = heard.get(48)
        if awaiting.kind is Kind.SETTLEMENT and results(content)[:1] == "1":
            heard.fields[48] = content[:61] + "1" + content[62:]
        super()._settled(awaiting, heard)


def _runs_as_purchase(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    if mti == "0200" and fields.get(60, "")[:2] == "70" and 55 in fields:
        items = [
            replace(item, value=b"\0") if item.tag == "9C" else item
            for item in parse_ber(bytes.fromhex(fields[55]))
        ]
        fields[55] = encode_ber(items).hex().upper()
    return mti, fields


class _StaleBill(_Own):
    """Keeps the first bill number that it is told until a payment is approved."""

    _bill = ""

    def _told(self, awaiting: Awaiting, heard: Heard) -> None:
        super()._told(awaiting, heard)
        tags = told(heard.get(62))
        if awaiting.kind is Kind.SOCIAL_INQUIRY and heard.get(39) in APPROVED:
            self._bill = self._bill or tags.get("S5", "")

    def _answered(self, awaiting: Awaiting, heard: Heard, at: Moment) -> None:
        super()._answered(awaiting, heard, at)
        if awaiting.fields[60][:2] == "76" and self.results[-1].verdict is Verdict.APPROVED:
            self._bill = ""

    def change(self, mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if mti == "0200" and fields.get(60, "")[:2] == "76" and self._bill:
            fields[62] = payload({**told(fields[62]), "S5": self._bill})
        return mti, fields


def _by_reader(
    name: str,
    en: str,
    breaks: str,
    parts: Parts,
    **more: Any,  # noqa: ANN401
) -> Mutant:
    return Mutant(id=name, en=en, breaks=breaks, parts=parts, origin="reader", **more)


READER_MUTANTS: Final[tuple[Mutant, ...]] = (
    _by_reader("pin-length-always-six", "the PIN block says six digits, whatever was typed",
               "PIN-01", Parts(terminal=_PinLengthSix), cases=("short-pin", "withdrawal")),
    _by_reader("reversal-takes-current-batch", "a reversal has the batch that is open now",
               "REV-16", Parts(terminal=_ReversalOfThisBatch), cases=("reversal-of-closed-batch",)),
    _by_reader("late-0210-ends-reversal", "a late answer to the original ends its reversal",
               "REV-20", Parts(terminal=_LateAnswerEndsReversal), also=("TIM-03",),
               cases=("reversal-and-late-answer", "late-answer")),
    _by_reader("approval-without-f64-accepted", "an approval without a MAC is not verified",
               "REV-05", Parts(terminal=_NakedApproval), also=("REV-11", "SGN-06"),
               cases=("no-mac", "wrong-mac")),
    _by_reader("half-key-install", "of two keys the one with a right check value is stored",
               "KEY-04", Parts(terminal=_HalfKeys), cases=("bad-mac-key",)),
    _by_reader("foreign-half-ignored", "the result for foreign cards is not read",
               "SET-05", Parts(terminal=_DomesticHalfOnly), cases=("settlement-foreign",)),
    _by_reader("kernel-runs-as-purchase", "the chip of a withdrawal is told a purchase (9C)",
               "SUB-16", writes(change=_runs_as_purchase), cases=("withdrawal", "sale")),
    _by_reader("stale-bill-number", "the first bill number is kept until a payment is approved",
               "SOC-18", Parts(terminal=_StaleBill), is_composite=True,
               cases=("bill-payment-2024", "bill-payment")),
)  # fmt: skip
"""In their own order."""
