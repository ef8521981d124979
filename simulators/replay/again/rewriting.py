"""Recorded requests made new for another host (simulators/replay): numbers, cards, PINs, keys, MAC.

Each terminal signs on for itself; what it sends afterwards carries the target's keys. What cannot
be made new says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from messages.crypto.keys import Mak, Pik, Tdk, Tmk, unwrap_field_62
from messages.crypto.mac import MacAlgorithm
from messages.crypto.pin import encode_pin_block
from messages.crypto.track import encrypt_track
from messages.errors import DecodeError
from messages.values import response_mti
from simulators.cards import Card
from simulators.installation import MAK, PIK
from simulators.replay.again.chips import ChipError, Signer
from simulators.replay.again.dates import Dates
from simulators.replay.again.rules import Rewrite
from simulators.requests import Identity, fields
from simulators.terminal_memory import Job, Kind, Memory
from simulators.wire import Heard, Wire

PAN, STAN, EXPIRY, TRACK_2, RRN, AUTHORISATION = 2, 11, 14, 35, 37, 38
LOCAL_DATE, SEQUENCE, SECURITY = 13, 23, 53
TERMINAL, MERCHANT, PIN_BLOCK, CHIP, PRIVATE_60, ORIGINAL, KEYS = 41, 42, 52, 55, 60, 61, 62
SIGN_ON: Final = "0800"
APPROVED: Final = "00"
_TRACK_3: Final = 36
_ENCRYPTS: Final = 2
"""Where DE 53 says whether the track is encrypted."""
WRONG_PIN: Final = "55"
WRONG_MAC: Final = "A0"
NO_KEY: Final = "no master key for its terminal"
MOST_REMEMBERED: Final = 200_000
"""Numbers of answers that later requests may name, kept at one time."""
_BATCH: Final = slice(2, 8)
_ORIGINAL: Final = 16
"""Digits of DE 61 that are known: batch, STAN, date."""
_LAST_STAN: Final = 999_999


class Unplayable(Exception):  # noqa: N818 - a verdict about a frame, not an error of ours
    """A frame that cannot be sent again; the text is the reason, without any content."""


def reason_of(error: Exception) -> str:
    """Return why a request cannot be sent again, without any content of it."""
    return str(error) if isinstance(error, Unplayable) else "cannot be built anew"


class Sent(msgspec.Struct, frozen=True):
    """A request made new: whole bytes, and what its answer will be known by."""

    data: bytes
    answer: tuple[str, str, str]
    terminal: str
    is_sign_on: bool


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay has to make messages new with: the cards by their stand-ins, keys, days.

    `terminals` are those with a master key of their own, by the number that is sent; the others
    have `master_key`, or none.
    """

    cards: Mapping[str, Card]
    master_key: Tmk | None
    terminals: Mapping[str, Identity] = {}
    signer: Signer
    dates: Dates | None = None


class _Terminal:
    """What one terminal has from the target."""

    __slots__ = ("batch", "mac", "macs", "master_key", "pik", "stan", "tdk")

    def __init__(self, master_key: Tmk | None) -> None:
        self.master_key = master_key
        self.pik: Pik | None = None
        self.tdk: Tdk | None = None
        self.mac: MacAlgorithm | None = None
        self.macs: tuple[MacAlgorithm, ...] = ()
        """That of the key in force and of the one before: an answer may cross a sign-on."""
        self.batch = ""
        self.stan = 1


class Rewriter:
    """Makes the requests of all terminals new."""

    def __init__(
        self, wire: Wire, rules: Rewrite, means: Means, *, rehearses: bool = False
    ) -> None:
        """Begin with terminals that have not signed on.

        One that `rehearses` gives every terminal the same made-up keys: nothing of it is sent.
        """
        self._wire = wire
        self._rules = rules
        self._means = means
        self._terminals: dict[str, _Terminal] = {}
        self._numbers: dict[tuple[int, str], str] = {}
        self._heard: Heard | None = None
        """What was heard last: a request is asked about more than once."""
        self._stand_in = _rehearsing(wire) if rehearses else None
        heads = rules.tpdu
        try:
            self._tpdu = bytes.fromhex(heads)
        except ValueError:
            raise Unplayable("rule rewrite.tpdu is not in hexadecimal digits") from None

    # ------------------------------------------------------------------------- before a send

    def is_signed_on(self, frame: bytes) -> bool:
        """Whether the terminal of a recorded request has keys, or needs none for it."""
        heard = self._hear(frame)
        if not self.needs_keys(heard.mti):
            return True
        return self._terminal(self._named(heard)).mac is not None

    def needs_keys(self, mti: str) -> bool:
        """Whether a request of this type goes out only once its terminal has keys."""
        rule = self._wire.dialect.mac
        return rule is None or mti not in rule.without

    def sign_on(self, frame: bytes) -> Sent:
        """Return the sign-on of the terminal that a recorded request comes from."""
        heard = self._hear(frame)
        name = self._named(heard)
        master_key = self._master_key(name)
        if master_key is None:
            raise Unplayable(NO_KEY)
        merchant = self._merchant(name, heard.get(MERCHANT))
        own = Identity(id=name, merchant=merchant, master_key=master_key)
        memory = Memory(stan=_LAST_STAN)
        mti, said = fields(Job(kind=Kind.SIGN_ON), own, memory, 0)
        return self._said(heard, mti, said, None)

    def request(self, frame: bytes, recorded_code: str = "") -> Sent:
        """Return a recorded request as it is sent now; Unplayable where that cannot be.

        `recorded_code` is how it was answered: a refusal for its PIN or MAC is provoked again.
        """
        heard = self._hear(frame)
        name = self._named(heard)
        is_sign_on = heard.mti == SIGN_ON
        if (is_sign_on or self.needs_keys(heard.mti)) and self._master_key(name) is None:
            raise Unplayable(NO_KEY)
        if is_sign_on:
            return self._said(heard, heard.mti, self._plain(heard), None)
        terminal = self._terminal(name)
        said = self._plain(heard)
        card = self._with_card(said, terminal, recorded_code)
        self._with_numbers(said, terminal)
        if CHIP in said:
            self._with_chip(said, card)
        rule = self._wire.dialect.mac
        if rule is None or heard.mti in rule.without or rule.field not in said:
            return self._said(heard, heard.mti, said, None)
        if terminal.mac is None:
            raise Unplayable("its terminal could not sign on")
        sent = self._said(heard, heard.mti, said, terminal.mac)
        if recorded_code == WRONG_MAC:
            return msgspec.structs.replace(sent, data=_spoilt(sent.data))
        return sent

    def _plain(self, heard: Heard) -> dict[int, str]:
        said = dict(heard.fields)
        said[TERMINAL] = self._named(heard)
        if MERCHANT in said:
            said[MERCHANT] = self._merchant(said[TERMINAL], said[MERCHANT])
        if self._rules.stan == "new" and STAN in said:
            terminal = self._terminal(said[TERMINAL])
            fresh = f"{terminal.stan:06d}"
            terminal.stan = terminal.stan % (_LAST_STAN - 1) + 1
            # A reversal has its original's number.
            is_again = heard.mti.startswith("04")
            known = self._numbers.get((STAN, said[TERMINAL] + said[STAN])) if is_again else None
            self._remember(STAN, said[TERMINAL] + said[STAN], known or fresh)
            said[STAN] = known or fresh
        return said

    def _with_card(self, said: dict[int, str], terminal: _Terminal, code: str) -> Card | None:
        token = said.get(PAN) or said.get(TRACK_2, "").partition("=")[0]
        if not token:
            return None
        if not token.strip("0"):
            raise Unplayable("an encrypted or unreadable track, which was not recorded")
        card = self._means.cards.get(token)
        if card is None:
            if self._rules.unknown_cards == "skip":
                raise Unplayable("a card that no rule has a test card for")
            card = Card(pan=token)
        said |= {
            number: text
            for number, text in (
                (PAN, card.pan), (EXPIRY, card.expiry), (TRACK_2, card.track_2),
                (SEQUENCE, card.sequence),
            )
            if number in said
        }  # fmt: skip
        said.pop(_TRACK_3, None)
        if TRACK_2 in said and SECURITY in said:
            _with_track(said, terminal.tdk)
        if PIN_BLOCK in said:
            if terminal.pik is None:
                raise Unplayable("its terminal could not sign on")
            pin = _other(card.pin) if code == WRONG_PIN else card.pin
            said[PIN_BLOCK] = encode_pin_block(pin, card.pan, terminal.pik).hex().upper()
        return card

    def _with_chip(self, said: dict[int, str], card: Card | None) -> None:
        rule = self._rules.chip
        if rule == "skip":
            raise Unplayable("chip data, which a rule leaves out")
        if rule == "drop":
            del said[CHIP]
        if rule == "sign":
            if card is None:
                raise Unplayable("chip data without the number of its card")
            signer = self._means.signer
            if self._stand_in is not None:
                # A rehearsal only asks whether it can be done.
                if why := signer.refusal(said[CHIP], card):
                    raise Unplayable(why)
                return
            try:
                said[CHIP] = signer.signed(said[CHIP], card, self._means.dates)
            except ChipError as reason:
                raise Unplayable(str(reason)) from None

    def _with_numbers(self, said: dict[int, str], terminal: _Terminal) -> None:
        if terminal.batch and len(said.get(PRIVATE_60, "")) >= _BATCH.stop:
            text = said[PRIVATE_60]
            said[PRIVATE_60] = text[: _BATCH.start] + terminal.batch + text[_BATCH.stop :]
        for number in (RRN, AUTHORISATION):
            if number in said:
                said[number] = self._numbers.get((number, said[number]), said[number])
        dates = self._means.dates
        if dates is not None and LOCAL_DATE in said:
            said[LOCAL_DATE] = dates.month_and_day(said[LOCAL_DATE])
        text = said.get(ORIGINAL, "")
        if len(text) >= _ORIGINAL:
            stan, date = text[6:12], text[12:16]
            stan = self._numbers.get((STAN, said.get(TERMINAL, "") + stan), stan)
            known = self._numbers.get((LOCAL_DATE, date))
            date = known or (dates.month_and_day(date) if dates is not None else date)
            said[ORIGINAL] = (terminal.batch or text[:6]) + stan + date + text[_ORIGINAL:]

    def _said(self, heard: Heard, mti: str, said: dict[int, str], mac: MacAlgorithm | None) -> Sent:
        size = self._wire.dialect.frame.head_size
        heads = heard.frame[:size]
        heads = self._tpdu + heads[len(self._tpdu) :] if self._tpdu else heads
        data = self._wire.say(heads, mti, dict(sorted(said.items())), mac)
        name = said.get(TERMINAL, "")
        answer = (response_mti(mti), said.get(STAN, ""), name)
        return Sent(data, answer, name, mti == SIGN_ON)

    # ------------------------------------------------------------------------ after an answer

    def answered(self, frame: bytes, recorded: bytes | None) -> None:
        """Learn from an answer, given without its length prefix: keys, batch, numbers."""
        heard = self._hear(frame)
        terminal = self._terminal(heard.get(TERMINAL))
        if (
            heard.mti == response_mti(SIGN_ON)
            and heard.get(39) == APPROVED
            and KEYS in heard.fields
        ):
            self._signed_on(terminal, heard)
        if recorded is None:
            return
        try:
            before = self._hear(recorded)
        except Unplayable:
            return
        for number in (RRN, AUTHORISATION, LOCAL_DATE):
            if number in before.fields and number in heard.fields:
                self._remember(number, before.fields[number], heard.fields[number])

    def is_authentic(self, frame: bytes) -> bool:
        """Tell whether an answer has the MAC of its terminal's key; one without any passes."""
        try:
            heard = self._hear(frame)
        except Unplayable:
            return True
        macs = self._terminal(heard.get(TERMINAL)).macs
        if not macs or self._wire.mac_field not in heard.fields:
            return True
        return any(self._wire.is_authentic(heard, mac) for mac in macs)

    def _signed_on(self, terminal: _Terminal, heard: Heard) -> None:
        if terminal.master_key is None:
            return
        try:
            keys = unwrap_field_62(terminal.master_key, bytes.fromhex(heard.fields[KEYS]))
        except ValueError:
            return  # another master key: what follows is told as not playable
        terminal.pik, terminal.tdk = keys.pik, keys.tdk
        terminal.mac = self._wire.mac(keys.mak)
        terminal.macs = (terminal.mac, *terminal.macs[:1])
        terminal.batch = heard.get(PRIVATE_60)[_BATCH]

    # --------------------------------------------------------------------------------- names

    def _hear(self, frame: bytes) -> Heard:
        if self._heard is not None and self._heard.frame is frame:
            return self._heard
        try:
            self._heard = self._wire.hear(frame)
        except DecodeError as error:
            raise Unplayable(f"unreadable: field {error.field}") from None
        return self._heard

    def _named(self, heard: Heard) -> str:
        name = heard.get(TERMINAL)
        return self._rules.terminals.get(name, name)

    def _merchant(self, terminal: str, name: str) -> str:
        own = self._means.terminals.get(terminal)
        if own is not None and own.merchant:
            return own.merchant
        return self._rules.merchants.get(name, name)

    def _master_key(self, terminal: str) -> Tmk | None:
        own = self._means.terminals.get(terminal)
        return self._means.master_key if own is None else own.master_key

    def _terminal(self, name: str) -> _Terminal:
        if self._stand_in is not None:
            return self._stand_in
        found = self._terminals.get(name)
        if found is None:
            found = self._terminals[name] = _Terminal(self._master_key(name))
        return found

    def _remember(self, number: int, recorded: str, now: str) -> None:
        if len(self._numbers) >= MOST_REMEMBERED:
            del self._numbers[next(iter(self._numbers))]
        self._numbers[number, recorded] = now


def _rehearsing(wire: Wire) -> _Terminal:
    made = _Terminal(None)
    made.pik, made.mac, made.batch = Pik.from_hex(PIK), wire.mac(Mak.from_hex(MAK)), "000001"
    return made


def _with_track(said: dict[int, str], tdk: Tdk | None) -> None:
    """Encrypt the track where the target gave a key for it, and have DE 53.3 say what it is."""
    if tdk is not None:
        said[TRACK_2] = encrypt_track(said[TRACK_2], tdk)
    text = said[SECURITY]
    said[SECURITY] = text[:_ENCRYPTS] + ("0" if tdk is None else "1") + text[_ENCRYPTS + 1 :]


def _other(pin: str) -> str:
    return pin[::-1] if pin != pin[::-1] else f"{(int(pin) + 1) % 10 ** len(pin):0{len(pin)}d}"


def _spoilt(data: bytes) -> bytes:
    """Return a message whose MAC is of other characters."""
    return data[:-1] + (b"0" if data[-1:] != b"0" else b"1")
