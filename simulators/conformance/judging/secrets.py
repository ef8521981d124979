"""MAC, PIN block, tracks, and what must never be sent (simulators/conformance).

Where a MAC or PIN block is wrong, the usual mistakes are tried, so that the finding names one. No
finding holds a key, a PIN or a card number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from messages.crypto.keys import Pik, Tmk
from messages.crypto.mac import MacAlgorithm
from messages.crypto.pin import PinBlockError, decode_pin_block
from messages.crypto.track import TrackError, decrypt_track
from messages.dialects.subfields import leaves
from messages.masking import Mask
from messages.values import is_luhn_valid
from simulators.cards import Card
from simulators.conformance.hearing.heard import Heard, leaf_paths
from simulators.conformance.judging.station import Keys, Station
from simulators.conformance.rules.vocabulary import Judgement

_MAC_FIELD: Final = 64
_PIN_FIELD: Final = 52
_TRACK_FIELD: Final = 35
_MAC_BYTES: Final = 8
_FREE_TEXT: Final = (57, 58, 59, 62, 63)
_DETAILS: Final = 48
_NO_CARD_NUMBER: Final = (44, _DETAILS, 57, 58, 59, 61, 62, 63)
_BANK_DIGITS: Final = 6
_PAN_DIGITS: Final = range(13, 20)
_RUN: Final = re.compile(r"[0-9]{13,}")
_DOUBLE: Final = 16


def judge_secrets(
    heard: Heard, station: Station, master_key: Tmk, cards: Mapping[str, Card]
) -> Iterator[Judgement]:
    """Judge everything that keys prove or that must stay hidden."""
    keys = station.keys
    pan = pan_of(heard, keys)
    card = cards.get(pan)
    if keys is not None:
        yield from _mac(heard, station, keys)
        yield from _pin(heard, station, keys, pan)
        yield from _track(heard, keys, pan)
    yield from _around_the_pin(heard, keys)
    yield from _never(heard, station, master_key, card)
    yield _card_numbers(heard, card, cards)


def pan_of(heard: Heard, keys: Keys | None) -> str:
    """Return the PAN that a message is about, from DE 2 or track 2; empty where there is none."""
    pan = heard.get("2")
    if pan:
        return pan
    track = heard.get("35")
    if keys is not None and keys.tdk is not None and heard.get("53")[2:3] == "1":
        try:
            track = decrypt_track(track, keys.tdk)
        except TrackError:
            return ""
    return track.partition("=")[0]


# ------------------------------------------------------------------------------------------ MAC


def _mac(heard: Heard, station: Station, keys: Keys) -> Iterator[Judgement]:
    message = heard.message
    if _MAC_FIELD not in message.fields or not station.is_signed_on:
        return
    carried = message.raw[_MAC_FIELD].upper()
    mab = heard.frame[heard.dialect.frame.head_size : -_MAC_BYTES]
    if keys.mac.compute(mab) == carried:
        yield _keyed(heard, "mac", "64", (True, "current", ""))
        yield Judgement(check="keys-checked", ok=True, about={"cause": "used"})
        return
    poisoned, older = station.poisoned, station.older
    if poisoned is not None and poisoned.mac.compute(mab) == carried:
        yield _poisoned(heard, "64")
    elif older is not None and older.mac.compute(mab) == carried:
        yield _keyed(heard, "mac", "64", (False, "older", "a MAC under the key before"))
    else:
        yield _keyed(heard, "mac", "64", (False, "unknown", _guess(heard, keys.mac, carried)))


def _poisoned(heard: Heard, path: str) -> Judgement:
    return Judgement(
        check="keys-checked",
        ok=False,
        about={"cause": "used"},
        field=path,
        offset=heard.at(path),
        expected="the keys of the last good sign-on",
        found="a key of a sign-on in which a check value was wrong",
    )


def _guess(heard: Heard, mac: MacAlgorithm, carried: bytes) -> str:
    """Name the bytes that a wrong MAC covers, where they are among the usual mistakes."""
    frame, head = heard.frame, heard.dialect.frame.head_size
    covers = {
        "a MAC that covers TPDU and header too": frame[:-_MAC_BYTES],
        "a MAC that leaves out the MTI": frame[head + 2 : -_MAC_BYTES],
        "a MAC that leaves out MTI and bitmap": frame[head + 10 : -_MAC_BYTES],
        "a MAC that covers the place of DE 64 too": frame[head:-_MAC_BYTES] + bytes(_MAC_BYTES),
        "a MAC that covers the length": len(frame).to_bytes(2, "big") + frame[:-_MAC_BYTES],
    }
    for words, mab in covers.items():
        if mac.compute(mab) == carried:
            return words
    return "a MAC over other bytes or under another key"


# ------------------------------------------------------------------------------------------ PIN


def _pin(heard: Heard, station: Station, keys: Keys, pan: str) -> Iterator[Judgement]:
    message = heard.message
    if _PIN_FIELD not in message.fields or not station.is_signed_on or heard.kind == "reversal":
        return
    block = message.raw[_PIN_FIELD]
    form = heard.get("53")[:1]
    bound = pan if form != "1" else None
    if _opens(block, bound, keys.pik):
        yield _keyed(heard, "pin-block", "52", (True, "current", ""))
        return
    older, poisoned = station.older, station.poisoned
    if poisoned is not None and _opens(block, bound, poisoned.pik):
        yield _poisoned(heard, "52")
        return
    if older is not None and _opens(block, bound, older.pik):
        seen = (False, "older", "a block under the key before")
    elif bound is not None and _opens(block, None, keys.pik):
        seen = (False, "form", "a block that is not bound to the PAN, while DE 53 says it is")
    elif bound is None and pan and _opens(block, pan, keys.pik):
        seen = (False, "form", "a block bound to the PAN, while DE 53 says it is not")
    else:
        seen = (False, "form", "no format 0 block under the PIN key in force")
    yield _keyed(heard, "pin-block", "52", seen)


def _opens(block: bytes, pan: str | None, pik: Pik) -> bool:
    try:
        decode_pin_block(block, pan, pik)
    except PinBlockError:
        return False
    return True


def judge_typed(heard: Heard, station: Station, typed: str) -> Iterator[Judgement]:
    """Judge whether a PIN block that opens holds the PIN that was typed."""
    block, keys = heard.message.raw.get(_PIN_FIELD), station.keys
    if block is None or keys is None or not typed or heard.kind == "reversal":
        return
    bound = None if heard.get("53")[:1] == "1" else pan_of(heard, keys)
    try:
        ok = decode_pin_block(block, bound, keys.pik) == typed
    except PinBlockError:
        return
    yield heard.judge("pin-typed", "52", ok=ok, expected="the PIN that was typed", found="another")


def _around_the_pin(heard: Heard, keys: Keys | None) -> Iterator[Judgement]:
    if heard.kind == "reversal" or heard.found is None or heard.is_of_a_chip:
        return
    entry = heard.get("22")
    has_pin = _PIN_FIELD in heard.message.fields
    if entry and 22 not in heard.tainted:  # noqa: PLR2004 - DE 22
        ok = entry[2:] == "1" if has_pin else entry[2:] != "1"
        expected = "1 as its third digit" if has_pin else "0 or 2 as its third digit"
        yield heard.judge("entry-mode-pin", "22", ok=ok, expected=expected)
    if not has_pin:
        return
    if "53" in heard.texts:
        algorithms = {"6"}
        if keys is not None and keys.pik.length < _DOUBLE:
            algorithms = {"0"}
        security = heard.get("53")
        ok = security[0] in "12" and security[1] in algorithms and security[2] in "01"
        ok = ok and not security[3:].strip("0")
        yield heard.judge(
            "security-control", "53", ok=ok, expected="PIN form, algorithm, track, then zeros"
        )
    if "26" in heard.texts:
        ok = "04" <= heard.get("26") <= "12"
        yield heard.judge("pin-length", "26", ok=ok, expected="04 to 12")


# ---------------------------------------------------------------------------------------- track


def _track(heard: Heard, keys: Keys, pan: str) -> Iterator[Judgement]:
    if _TRACK_FIELD not in heard.message.fields or _TRACK_FIELD in heard.tainted:
        return
    track = heard.get("35")
    says = heard.get("53")[2:3] == "1"
    if keys.tdk is None:
        head, _, rest = track.partition("=")
        ok = bool(rest) and len(rest) >= len("YYMM") and head.isdigit() and head == pan and not says
        yield heard.judge(
            "track-key", "35", ok=ok, expected="PAN, separator D, expiry", found="another form"
        )
        return
    try:
        clear = decrypt_track(track, keys.tdk)
        ok = says and clear.partition("=")[0] == (heard.get("2") or clear.partition("=")[0])
    except TrackError:
        ok = False
    yield heard.judge(
        "track-encrypted", "35", ok=ok, expected="a track under the track key", found="another"
    )


# ---------------------------------------------------------------------------------- never to be


def _never(
    heard: Heard, station: Station, master_key: Tmk, card: Card | None
) -> Iterator[Judgement]:
    raw = heard.message.raw
    pieces = {number: raw[number] for number in _FREE_TEXT if number in raw}
    if card is not None:
        # The digits of a PIN inside a longer number are no PIN.
        pin = re.compile(rb"(?<![0-9])%b(?![0-9])" % card.pin.encode("ascii"))
        places = [n for n in (*pieces, 55) if n in raw and pin.search(raw[n])]
        # A tag's length stands right before its value, so the search above does not see it there.
        places += (n for n in pieces if any(heard.get(p) == card.pin for p in leaf_paths(heard, n)))
        if raw.get(_PIN_FIELD) in _clear_blocks(card):
            places.append(_PIN_FIELD)
        yield _hidden(heard, "clear-pin", places, "a PIN in clear")
    secrets = [master_key.reveal()]
    if station.keys is not None:
        secrets += [station.keys.pik.reveal(), station.keys.mak.reveal()]
    revealed = [
        n
        for n, content in raw.items()
        if any(s in content or s.hex().upper().encode() in content.upper() for s in secrets)
    ]
    yield _hidden(heard, "clear-key", revealed, "a key in clear")


def _card_numbers(heard: Heard, card: Card | None, cards: Mapping[str, Card]) -> Judgement:
    """Judge whether text holds a card number: this card's, a test card's, or one of their banks."""
    raw = heard.message.raw
    places = [n for n in _NO_CARD_NUMBER if n in raw and _has_number(heard, n, card, cards)]
    return _hidden(heard, "clear-pan", places, "a card number")


def _has_number(heard: Heard, number: int, card: Card | None, cards: Mapping[str, Card]) -> bool:
    content = heard.message.raw[number]
    if card is not None and any(card.pan in text for text in _spellings(content)):
        return True
    declared = [
        leaf
        for leaf in leaves(heard.divisions.get(number, ()))
        if leaf.mask is Mask.PAN or leaf.name == "pan"
    ]
    if number == _DETAILS and declared:
        # Totals and details of a batch have their card numbers where the dialect wants them.
        return False
    rest = bytearray(content)
    for leaf in declared:
        rest[leaf.offset : leaf.offset + leaf.size] = bytes(leaf.size)
    banks = {pan[:_BANK_DIGITS] for pan in cards}
    return any(
        _is_of_a_bank(run, banks) for text in _spellings(bytes(rest)) for run in _RUN.findall(text)
    )


def _spellings(content: bytes) -> tuple[str, str]:
    """Return bytes as characters and as packed digits."""
    return content.decode("latin-1"), content.hex()


def _is_of_a_bank(run: str, banks: set[str]) -> bool:
    """Tell whether digits hold a right card number of one of these banks.

    A right check digit alone says little: every tenth number has one.
    """
    return any(
        run.startswith(bank, at) and is_luhn_valid(run[at : at + size])
        for bank in banks
        for at in range(len(run) - _PAN_DIGITS[0] + 1)
        for size in _PAN_DIGITS
        if at + size <= len(run)
    )


def _clear_blocks(card: Card) -> tuple[bytes, ...]:
    field = bytes.fromhex(f"0{len(card.pin):x}{card.pin}".ljust(16, "f"))
    bound = int.from_bytes(field) ^ int(card.pan[-13:-1], 16)
    return field, bound.to_bytes(len(field))


def _hidden(heard: Heard, check: str, places: Sequence[int], what: str) -> Judgement:
    if not places:
        return Judgement(check=check, ok=True, about=heard.about())
    return heard.judge(check, str(places[0]), ok=False, expected="nothing of the kind", found=what)


def _keyed(heard: Heard, check: str, path: str, seen: tuple[bool, str, str]) -> Judgement:
    ok, key, found = seen
    return Judgement(
        check=check,
        ok=ok,
        about={**heard.about(path), "key": key},
        field=path,
        offset=heard.at(path),
        expected="" if ok else "one under the key in force",
        found=found,
    )
