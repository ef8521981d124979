"""Ten mutants written from the description of the domain alone (simulators/conformance).

They were written after the suite, by its own author, from what terminals do and get wrong: they
test whether it catches what no requirement was written for.
"""

# ruff: noqa: PLR2004 - the numbers are data elements
from __future__ import annotations

from typing import Final

from messages.crypto.mac import MacAlgorithm, fold, make_mac
from messages.crypto.pin import encode_pin_block
from simulators.conformance.driving.driver import Parts
from simulators.conformance.mutants.model import Defect, Mutant, crooked, writes
from simulators.requests import Identity
from simulators.terminal import Terminal
from simulators.terminal_memory import Memory, Verdict
from simulators.terminals.answers import Awaiting
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
