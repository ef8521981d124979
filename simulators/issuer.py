"""An issuing bank's host without I/O (simulators): interbank frames and moments in, frames out.

It signs links on, changes keys, checks MAC and PIN, and keeps books of its own. What it does wrong
is asked for per request by a `Temper`.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from typing import Final, Generic, TypeVar

import msgspec

from messages.crypto.keys import Mak, Pik, Zmk
from messages.crypto.mac import MacAlgorithm
from messages.crypto.pin import PinBlockError, decode_pin_block
from messages.errors import DecodeError
from messages.framing import Framing
from messages.values import response_mti
from simulators.accounts import APPROVED, NOT_FOUND, Accounts, Debit, Origin, Use
from simulators.chip import Chip, ChipCheck, told_results
from simulators.wire import Heard, Wire
from switch.core.moment import Moment, local

_SIGN_ON, _ECHO, _KEY_CHANGE = "001", "301", "101"
_CUT_OVER, _DAY_OVER = "201", "202"
_DATE: Final = 15
"""DE 15, the clearing date."""
_KEY_KINDS: Final = {"PIK": "1", "MAK": "2"}
"""DE 53 digit 1 of a key change; digit 2 is 6 for double length."""
_DOUBLE_LENGTH: Final = "600000000000000"
_DEBITS: Final = frozenset({"00", "01", "03", "19", "40", "50"})
"""DE 3 of what lowers the balance: sale, withdrawal, pre-authorisation, payment, transfer out."""
_CREDITS: Final = frozenset({"29", "46"})
"""DE 3 of what raises it: a pay-out, an advice; a transfer's credit, an 0200 or, again, 0220."""
_PAID_OUT: Final = "29"
_NOT_NOW: Final = frozenset({"09", "90", "91", "92", "96", "98"})
"""DE 39 by which a bank says that it cannot say now."""
_BACK: Final = "20"
"""DE 3 of what gives back: a void, or as an advice a refund."""
_SALE, _AUTHORISED = "00", "06"
"""A sale (DE 3) under the condition of pre-authorisation (DE 25) completes one."""
_INQUIRY: Final = ("30", "31")
_WRONG_PIN, _FORMAT, _UNKNOWN_CARD, _INVALID, _BAD_MAC = "55", "99", "14", "12", "A0"
_CHIP_WRONG: Final = "A7"
_ECHOED: Final = (
    2, 3, 4, 7, 11, 12, 13, 18, 22, 23, 25, 28, 32, 33, 37, 41, 42, 49, 102, 103,
)  # fmt: skip
_MANAGED: Final = (7, 11, 15, 33, 53, 70, 100)
_REJECT: Final = "99999"
_MOST_KEYS: Final = 8
_MOST_ANSWERS: Final = 100_000
"""Answers kept for requests that are repeated."""
_MS: Final = 1_000_000


class IssuerIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """What a host is set up with: institution ids of its header, and the keys of the link."""

    id: str
    peer: str
    zmk: Zmk
    pik: Pik
    mak: Mak


class Temper(msgspec.Struct, frozen=True, kw_only=True):
    """How one request is treated; the default is as it should be.

    `think_ms` passes before it is carried out, `delay_ms` before it is answered. `ignores` is a
    request that never arrived. `code` refuses. `shifts_stan` answers with the trace number of the
    request before this one.
    """

    think_ms: int = 0
    delay_ms: int = 0
    answers: int = 1
    ignores: bool = False
    code: str = ""
    shifts_stan: bool = False
    breaks_mac: bool = False
    rejects_header: bool = False
    breaks_chip: bool = False
    """Answers a chip with a cryptogram that no card accepts."""
    script: str = ""
    """A script for the chip, as it stands in DE 55 of the answer."""


CALM: Final = Temper()
K = TypeVar("K")
_Garble = Callable[[bytes, MacAlgorithm], bytes]


class _Believed(Generic[K]):
    """The keys of one kind: the one in force, and those that are still believed.

    The answer to a key change may be lost after the switch has changed, and a switch that starts
    again begins with its first keys: so proposed, recent and first ones count too.
    """

    def __init__(self, first: K) -> None:
        self.current = self._first = first
        self._recent: deque[K] = deque(maxlen=_MOST_KEYS)

    def propose(self, key: K) -> None:
        self._recent.appendleft(key)

    def accept(self, key: K) -> None:
        self._recent.appendleft(self.current)
        self.current = key

    def __iter__(self) -> Iterator[K]:
        return iter((self.current, *self._recent, self._first))


class Issuer:
    """One host and its link. `temper` is asked for every financial request and reversal."""

    def __init__(self, identity: IssuerIdentity, wire: Wire, accounts: Accounts) -> None:
        """Begin disconnected, with the identity's keys."""
        self.identity = identity
        self.accounts = accounts
        self.temper: Callable[[Heard], Temper] = lambda _: CALM
        self.garble: _Garble = lambda whole, _: whole[:-1] + bytes([whole[-1] ^ 1])
        """What becomes of an answer that has a wrong MAC; the right one is given besides."""
        self.heard_reversals: list[tuple[str, dict[int, str]]] = []
        self.refused_macs = 0
        self.is_trusting = False
        """Whether MAC and PIN go unchecked, for measurements of somebody else."""
        self.chip_check = ChipCheck.IGNORE
        """What it does about the cryptograms of chips."""
        self.day_shift_ms = 0
        """How much earlier than at midnight the business day (DE 15) ends, where it is its own."""
        self.days_told: list[str] = []
        """The clearing dates that the centre has begun (0820, DE 70 = 201)."""
        self._wire = wire
        self._heads = heads_of(wire, identity)
        self._piks = _Believed(identity.pik)
        self._macs = _Believed(wire.mac(identity.mak))
        self._proposed: dict[str, Pik | MacAlgorithm] = {}
        self._answers: dict[tuple[str, Origin], dict[int, str]] = {}
        self._later: list[tuple[int, int, Callable[[Moment], list[bytes]]]] = []
        self._number = 0
        self._stan = 0
        self._last_stan = "999999"
        self._is_connected = False

    def __repr__(self) -> str:
        return f"Issuer({self.identity.id})"

    def another_line(self) -> Issuer:
        """Return the same host on another line: its books, but a sign-on and keys of its own."""
        other = Issuer(self.identity, self._wire, self.accounts)
        other.temper = self._tempered
        other.heard_reversals, other.is_trusting = self.heard_reversals, self.is_trusting
        other.chip_check = self.chip_check
        other._answers, other.days_told = self._answers, self.days_told
        return other

    def _tempered(self, heard: Heard) -> Temper:
        """Be in the mood that this line is in, whenever it was changed."""
        return self.temper(heard)

    @property
    def framing(self) -> Framing:
        """How its frames are cut from a stream."""
        return self._wire.framing

    def _business_day(self, heard: Heard, at: Moment) -> str:
        """Return DE 15: that of the request, the one that the centre began, or its own."""
        if self.day_shift_ms:
            return local(at.utc_ms + self.day_shift_ms).date
        told = self.days_told[-1] if self.days_told else ""
        return heard.get(_DATE) or told or local(at.utc_ms).date

    # ------------------------------------------------------------------------- what it is told

    def connected(self) -> None:
        """Wait for the sign-on over a new connection."""
        self._is_connected = True

    def disconnected(self) -> None:
        """Answer nothing more over the connection; what was thought over is carried out."""
        self._is_connected = False

    def received(self, frame: bytes, at: Moment) -> list[bytes]:
        """Take a frame without its length prefix; return what is to be sent at once."""
        try:
            heard = self._wire.hear(frame)
        except DecodeError:
            return []
        match heard.mti:
            case "0820":
                return self._manage(heard, at)
            case "0810":
                return self._key_change_answered(heard)
            case "0800":
                return [self._take_key(heard)]
            case "0200" | "0100" | "0220" | "0221" | "0420" | "0421" | "0620" | "0621":
                return self._consider(heard, at)
        return []

    def expire(self, at: Moment) -> list[bytes]:
        """Return what was to be sent later and is due now."""
        frames: list[bytes] = []
        while self._later and self._later[0][0] <= at.elapsed_ns:
            frames += heapq.heappop(self._later)[2](at)
        return frames if self._is_connected else []

    @property
    def next_due_ns(self) -> int | None:
        """When `expire` is wanted, in elapsed nanoseconds; None for never."""
        return self._later[0][0] if self._later else None

    def _after(self, ms: int, at: Moment, then: Callable[[Moment], list[bytes]]) -> list[bytes]:
        if not ms:
            return then(at)
        self._number += 1
        heapq.heappush(self._later, (at.elapsed_ns + ms * _MS, self._number, then))
        return []

    # ------------------------------------------------------------------------ the link and keys

    def _manage(self, heard: Heard, at: Moment) -> list[bytes]:
        """Answer a sign-on, an echo, a cut-over, or the wish for a key (DE 53 says which)."""
        code = heard.get(70)
        fields = _repeated(heard, _MANAGED)
        is_known = code in {_SIGN_ON, _ECHO, _KEY_CHANGE, _CUT_OVER, _DAY_OVER}
        if code == _CUT_OVER and heard.get(_DATE):
            self.days_told.append(heard.get(_DATE))
        fields[39] = APPROVED if is_known else _INVALID
        answer = self._answer(heard, fields, None)
        if code == _KEY_CHANGE:
            kind = "MAK" if heard.get(53)[:1] == _KEY_KINDS["MAK"] else "PIK"
            return [answer, self.change_key(kind, self._next_key(kind), at)]
        return [answer]

    def _next_key(self, kind: str) -> bytes:
        """Return a key made from the first ones and a counter: an actor has no chance."""
        seed = self._stan.to_bytes(8, "big")
        first = self.identity.pik if kind == "PIK" else self.identity.mak
        return first.cipher.encrypt(seed + bytes(byte ^ 0xFF for byte in seed))

    def change_key(self, kind: str, key: bytes, at: Moment) -> bytes:
        """Return an 0800/101 that gives the switch a new `PIK` or `MAK` of 16 bytes."""
        self._stan = self._stan % 999_999 + 1
        made: Pik | Mak = Pik(key) if kind == "PIK" else Mak(key)
        fields = {
            7: local(at.utc_ms).transmission,
            11: f"{self._stan:06d}",
            48: "NK" + self.identity.zmk.wrap(made).hex().upper(),
            53: _KEY_KINDS[kind] + _DOUBLE_LENGTH,
            70: _KEY_CHANGE,
            100: self.identity.peer,
        }
        if isinstance(made, Pik):
            self._proposed[fields[11]] = made
            self._piks.propose(made)
        else:
            mac = self._wire.mac(made)
            self._proposed[fields[11]] = mac
            self._macs.propose(mac)
        return self._wire.say(self._heads, "0800", fields, self._macs.current)

    def ask_key(self, kind: str, at: Moment) -> bytes:
        """Return an 0820/101 that asks the clearing centre for a new `PIK` or `MAK`."""
        self._stan = self._stan % 999_999 + 1
        fields = {
            7: local(at.utc_ms).transmission,
            11: f"{self._stan:06d}",
            33: self.identity.id,
            53: _KEY_KINDS[kind] + _DOUBLE_LENGTH,
            70: _KEY_CHANGE,
        }
        return self._wire.say(self._heads, "0820", fields)

    def _take_key(self, heard: Heard) -> bytes:
        """Answer a key reset of the clearing centre; what is accepted is in force at once."""
        fields = _repeated(heard, (7, 11, 53, 70, 100))
        mac, wrapped = self._mac_of(heard), heard.get(48)
        fields[39] = APPROVED if wrapped.startswith("NK") else _INVALID
        if mac is None:
            fields[39] = _BAD_MAC
        elif fields[39] == APPROVED and heard.get(53)[:1] == _KEY_KINDS["PIK"]:
            self._piks.accept(self.identity.zmk.unwrap(Pik, bytes.fromhex(wrapped[2:])))
        elif fields[39] == APPROVED:
            mak = self.identity.zmk.unwrap(Mak, bytes.fromhex(wrapped[2:]))
            self._macs.accept(self._wire.mac(mak))
        return self._answer(heard, dict(sorted(fields.items())), None)

    def _key_change_answered(self, heard: Heard) -> list[bytes]:
        proposed = self._proposed.pop(heard.get(11), None)
        if heard.get(39) == APPROVED:
            if isinstance(proposed, Pik):
                self._piks.accept(proposed)
            elif proposed is not None:
                self._macs.accept(proposed)
        return []

    # --------------------------------------------------------------------- requests, reversals

    def _consider(self, heard: Heard, at: Moment) -> list[bytes]:
        temper = self.temper(heard)
        if temper.ignores:
            return []
        if temper.rejects_header:
            return [self._rejected(heard)]
        return self._after(temper.think_ms, at, lambda then: self._decide(heard, temper, then))

    def _decide(self, heard: Heard, temper: Temper, at: Moment) -> list[bytes]:
        before, self._last_stan = self._last_stan, heard.get(11)
        mac = self._mac_of(heard)
        if mac is None:
            self.refused_macs += 1
            fields, mac = self._plain(heard, _BAD_MAC), self._macs.current
        else:
            fields = self._carried_out(heard, temper, at)
        if temper.shifts_stan:
            fields = {**fields, 11: before}
        frame = self._answer(heard, fields, mac)
        if temper.breaks_mac:
            frame = self.garble(frame, mac)
        return self._after(temper.delay_ms, at, lambda _: [frame] * temper.answers)

    def _mac_of(self, heard: Heard) -> MacAlgorithm | None:
        """Return the MAC under whose key a message came, None for none."""
        current = self._macs.current
        if self.is_trusting or self._wire.is_authentic(heard, current):
            return current
        return next((mac for mac in self._macs if self._wire.is_authentic(heard, mac)), None)

    def _carried_out(self, heard: Heard, temper: Temper, at: Moment) -> dict[int, str]:
        """Do what is asked once, and say the same when it is asked again."""
        if heard.mti.startswith("042"):
            self.heard_reversals.append((heard.mti, heard.fields))
            code = temper.code or self.accounts.give_back(original(heard), heard.get(11))
            return {**self._plain(heard, code), _DATE: self._business_day(heard, at)}
        key = ("request", origin(heard))
        known = self._answers.get(key)
        if known is None:
            known = self._first_time(heard, temper, at)
            if heard.get(3)[:2] == _PAID_OUT and known[39] in _NOT_NOW:
                return known  # it is asked again until the account's bank has decided
            self._answers[key] = known
            if len(self._answers) > _MOST_ANSWERS:
                del self._answers[next(iter(self._answers))]
        return known

    def _first_time(self, heard: Heard, temper: Temper, at: Moment) -> dict[int, str]:
        code = temper.code or self._refusal(heard) or self._booked(heard)
        pan = heard.get(2)
        fields = self._plain(heard, code)
        fields[_DATE] = self._business_day(heard, at)
        if code == APPROVED and not _is_advice(heard):
            self._number += 1
            fields[38] = f"{self._number % 1_000_000:06d}"
            fields[54] = f"1002156C{self.accounts.balance_fen(pan):012d}"
            if chip := self._chip_answer(heard, temper, code):
                fields[55] = chip
        elif temper.script and heard.get(55) and not _is_advice(heard):
            fields[55] = temper.script  # a card may be blocked with a refusal
        return fields

    def _chip_answer(self, heard: Heard, temper: Temper, code: str) -> str:
        """Return DE 55 of an approval; empty where the chip is told nothing."""
        if not heard.get(55):
            return ""
        chip = ""
        if self._checks_chip(heard) or temper.breaks_chip:
            is_wrong = self.chip_check is ChipCheck.WRONG or temper.breaks_chip
            chip = _chip(heard).answer(heard.get(55), code, is_wrong=is_wrong)
        return chip + temper.script

    def _script_told(self, heard: Heard) -> str:
        """Note what a card did with its scripts; return DE 39: 00, 25 for an unknown original."""
        answered = self._answers.get(("request", original(heard)))
        if answered is None:
            return NOT_FOUND
        rrn = answered.get(37, "")
        self.accounts.note_script(heard.get(2), rrn, told_results(heard.get(55)))
        return APPROVED

    def _booked(self, heard: Heard) -> str:
        """Carry a request out on the accounts; return DE 39."""
        kind = heard.get(3)[:2]
        if _is_script_result(heard):
            return self._script_told(heard)
        if kind in _INQUIRY:
            return APPROVED
        if not serves(heard):
            return _INVALID
        debit = Debit(
            origin=origin(heard),
            pan=heard.get(2),
            amount_fen=int(heard.get(4)),
            fee_fen=charged_fen(heard),
            rrn=heard.get(37),
            terminal=heard.get(41),
        )
        if kind in _CREDITS:
            return self.accounts.pay_in(debit)
        is_completion = kind == _SALE and heard.get(25) == _AUTHORISED
        if kind in _DEBITS and not is_completion:
            return self.accounts.withdraw(debit)
        use = Use.COMPLETION if is_completion else Use.VOID
        if kind == _BACK and _is_advice(heard):
            use = Use.REFUND
        return self.accounts.take(debit, original(heard), use)

    def _refusal(self, heard: Heard) -> str:
        """Return why a request is refused before its account is looked at, empty for no reason."""
        card = self.accounts.card(heard.get(2))
        if card is None:
            return _UNKNOWN_CARD
        if self._checks_chip(heard) and not _chip(heard).is_right(heard.get(55)):
            return _CHIP_WRONG
        block = heard.fields.get(52)
        if block is None or self.is_trusting:
            return ""
        pan = None if heard.get(53).startswith("1") else card.pan
        sent, usual = bytes.fromhex(block), self._piks.current
        if sent == card.pin_block(usual, pan):
            return ""
        for pik in self._piks:
            try:
                typed = decode_pin_block(sent, pan, pik)
            except PinBlockError:
                continue
            return "" if typed == card.pin else _WRONG_PIN
        return _FORMAT

    def _checks_chip(self, heard: Heard) -> bool:
        is_asked = bool(heard.get(55)) and not _is_script_result(heard)
        return is_asked and self.chip_check is not ChipCheck.IGNORE

    # --------------------------------------------------------------------------------- answers

    def _plain(self, heard: Heard, code: str) -> dict[int, str]:
        fields = _repeated(heard, _ECHOED)
        fields[39] = code
        return fields

    def _answer(self, heard: Heard, fields: dict[int, str], mac: MacAlgorithm | None) -> bytes:
        heads = self._wire.framing.answer_heads(heard.frame)
        return self._wire.say(heads, response_mti(heard.mti), dict(sorted(fields.items())), mac)

    def _rejected(self, heard: Heard) -> bytes:
        """Return a message refused by its header: no DE 39, no MAC."""
        fields = _repeated(heard, _ECHOED)
        heads = self._wire.framing.answer_heads(heard.frame, reject_code=_REJECT)
        return self._wire.say(heads, response_mti(heard.mti), fields)


def _repeated(heard: Heard, numbers: tuple[int, ...]) -> dict[int, str]:
    return {n: heard.fields[n] for n in numbers if n in heard.fields}


def _chip(heard: Heard) -> Chip:
    return Chip(heard.get(2), heard.get(23))


def _is_advice(heard: Heard) -> bool:
    """Tell whether it says what was done already: there is nothing to authorise."""
    return heard.mti[2] == "2"


def _is_script_result(heard: Heard) -> bool:
    return heard.mti.startswith("062")


def origin(heard: Heard) -> Origin:
    """Return what makes a request the same as another."""
    return Origin(heard.get(7), heard.get(11), heard.get(32), heard.get(33))


def charged_fen(heard: Heard) -> int:
    """Return the cardholder's fee (DE 28): `D` is debited with the amount, `C` given back."""
    fee = heard.get(28)
    return (-1 if fee[0] == "C" else 1) * int(fee[1:]) if fee else 0


def original(heard: Heard) -> Origin:
    """Return the request that a message is about (DE 90): MTI, DE 11, DE 7, DE 32, DE 33."""
    text = heard.get(90)
    stan, transmission = text[4:10], text[10:20]
    return Origin(transmission, stan, text[20:31].lstrip("0"), text[31:42].lstrip("0"))


def serves(heard: Heard) -> bool:
    """Tell whether a bank serves such a request; a bill or an order is for a host of services."""
    kind = heard.get(3)[:2]
    return kind in _INQUIRY or kind in _DEBITS or kind in _CREDITS or kind == _BACK


def heads_of(wire: Wire, identity: IssuerIdentity) -> bytes:
    """Return the head of every message that a host sends on its own account."""
    addresses = {"destination": f"{identity.peer:<11}", "source": f"{identity.id:<11}"}
    return wire.framing.build_heads({"header": addresses})
