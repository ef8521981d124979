"""What the host says (simulators/conformance): whole frames for every request, good or wrong.

An answer has what the dialect's presence set asks for; the wrong ones are made from it by one
change each.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Final

import msgspec

from messages.crypto.keys import KeyLayout, Mak, Pik, Tdk, Tmk, wrap_field_62
from messages.crypto.mac import Padding, make_mac
from messages.framing import Framing
from messages.values import response_mti
from messages.view import viewer_of
from simulators.conformance.hearing.heard import PREFIX, Heard
from simulators.conformance.judging.station import Keys
from switch.core.moment import Local

ACQUIRER: Final = "99900000"
ISSUER: Final = "99910000"
BALANCE: Final = "1002156C000000120000"
"""DE 54 of every inquiry: 1 200.00 yuan."""
WITHOUT_MAC: Final = frozenset({"A0", "77", "97", "99"})
_ECHOED: Final = (2, 3, 4, 11, 14, 23, 25, 41, 42, 49, 53)
_SHORT_60: Final = 11
_MAC: Final = 64
_MAC_BYTES: Final = 8
_LAYOUTS: Final = {
    "001": KeyLayout.SINGLE,
    "003": KeyLayout.DOUBLE,
    "004": KeyLayout.DOUBLE_WITH_TRACK,
}
_KCV_OF: Final = {"bad-pik": 0, "bad-mak": 1}
_WRONG_CHIP: Final = "910A00000000000000003030"


class Numbers:
    """Numbers and keys of a run: from a nonce and a counter, so that the core draws nothing."""

    def __init__(self, nonce: bytes) -> None:
        """Take 16 or more random bytes."""
        self._nonce = nonce
        self._count = 0

    def key(self, size: int) -> bytes:
        """Return new key bytes."""
        self._count += 1
        return sha256(self._nonce + self._count.to_bytes(8)).digest()[:size]

    def rrn(self, at: Local) -> str:
        """Return a new retrieval reference number (DE 37)."""
        self._count += 1
        return f"{at.date}{at.time[:2]}{self._count % 1_000_000:06d}"


class Reply(msgspec.Struct, kw_only=True):
    """The values of an answer before it is written."""

    mti: str
    fields: dict[int, str]
    has_mac: bool
    processing_request: str = "0"

    def __repr__(self) -> str:
        return f"Reply({self.mti})"


def good_reply(heard: Heard, code: str, at: Local, numbers: Numbers) -> Reply:
    """Return the values of the answer of this code to a request."""
    dialect = heard.dialect
    sets = heard.found.presence if heard.found is not None else None
    known: dict[int, str] = {n: heard.get(str(n)) for n in _ECHOED if heard.get(str(n))}
    known |= {12: at.time, 13: at.date, 15: at.date, 32: ACQUIRER, 37: numbers.rrn(at), 39: code}
    known[60] = heard.get("60")[:_SHORT_60] or "0" * _SHORT_60
    known[44] = f"{ISSUER:<11}{ACQUIRER:<11}"
    if code == "00":
        known[38] = numbers.rrn(at)[-6:]
        known[54] = BALANCE
        known[63] = "CUP"
    is_inquiry = not heard.get("4")
    if is_inquiry:
        for number in (15, 38, 14, 23):
            known.pop(number, None)
    else:
        known.pop(54, None)
    is_service = heard.social is not None
    if heard.mti.startswith("05") and not is_service:
        known |= {48: heard.get("48"), 63: heard.get("63")}
        known.pop(39)
    allowed = sets.response_allows if sets is not None else {*_ECHOED, 12, 13, 32, 37, 39, 60, 64}
    fields = {n: text for n, text in sorted(known.items()) if n in allowed and text}
    mti = response_mti(heard.mti)
    rule = dialect.mac
    is_plain = rule is None or (mti in rule.without and not is_service)
    has_mac = not is_plain and code not in WITHOUT_MAC
    return Reply(mti=mti, fields=fields, has_mac=has_mac)


def new_keys(network_code: str, mak_bytes: int, numbers: Numbers) -> Keys:
    """Return working keys for a sign-on with this DE 60.3."""
    layout = _LAYOUTS.get(network_code, KeyLayout.DOUBLE)
    is_single = layout is KeyLayout.SINGLE
    mak = Mak(numbers.key(8 if is_single else mak_bytes))
    tdk = Tdk(numbers.key(16)) if layout is KeyLayout.DOUBLE_WITH_TRACK else None
    pik = Pik(numbers.key(8 if is_single else 16))
    return Keys(pik, mak, tdk, make_mac("pos-ecb", mak, padding=Padding.ZERO))


def wrapped(keys: Keys, network_code: str, master_key: Tmk, kind: str) -> str:
    """Return DE 62 of a sign-on answer; for a `bad-` kind, with one check value wrong."""
    layout = _LAYOUTS.get(network_code, KeyLayout.DOUBLE)
    content = bytearray(wrap_field_62(master_key, keys.pik, keys.mak, keys.tdk, layout))
    place = _KCV_OF.get(kind)
    if place is not None:
        width = 8 if layout is KeyLayout.SINGLE else 16
        at = (place + 1) * width + place * 4
        content[at] ^= 0xFF
    return content.hex().upper()


def spoil(reply: Reply, kind: str) -> Reply:
    """Return the values of a wrong answer: one value is another one, under a right MAC."""
    fields, mti = dict(reply.fields), reply.mti
    match kind:
        case "wrong-stan":
            fields[11] = f"{int(fields.get(11, '1')) % 999_999 + 1:06d}"
        case "wrong-amount":
            fields[4] = f"{int(fields.get(4, '0')) + 100:012d}"
        case "wrong-terminal":
            fields[41] = fields[41][:-1] + ("0" if fields[41][-1] != "0" else "1")
        case "wrong-mti":
            mti = "0110" if mti != "0110" else "0210"
        case "wrong-chip":
            fields[55] = _WRONG_CHIP
    return msgspec.structs.replace(
        reply, mti=mti, fields=dict(sorted(fields.items())), has_mac=reply.has_mac
    )


def write(heard: Heard, framing: Framing, reply: Reply, keys: Keys | None, kind: str) -> bytes:
    """Return a whole answer, its length included; wrong in its MAC, or short, where `kind` says."""
    heads = framing.answer_heads(heard.frame, processing_request=reply.processing_request)
    viewer = viewer_of(heard.dialect)
    if not reply.has_mac or keys is None or kind == "no-mac":
        return framing.join(heads + viewer.build(reply.mti, reply.fields))
    body = viewer.build(reply.mti, {**reply.fields, _MAC: "0" * _MAC_BYTES})[:-_MAC_BYTES]
    code = keys.mac.compute(body)
    if kind == "wrong-mac":
        code = bytes([*code[:-1], ord("0") if code[-1:] != b"0" else ord("1")])
    whole = body + code
    if kind == "garbled":
        whole = whole[:-20]
    return framing.join(heads + whole)


def pieces(frame: bytes, kind: str) -> list[tuple[bytes, int]]:
    """Return what is sent of an answer, and after how many milliseconds each."""
    match kind:
        case "split":
            half = PREFIX + (len(frame) - PREFIX) // 2
            return [(frame[:half], 0), (frame[half:], 400)]
        case "slow":
            return [(frame[at : at + 8], at * 5) for at in range(0, len(frame), 8)]
        case "keep-alive":
            return [(bytes(PREFIX) + frame + bytes(PREFIX), 0)]
        case _:
            return [(frame, 0)]
