"""A small strict host (simulators/conformance): what the probes of the acquirer role are tried on.

It keeps one terminal's session and refuses what a host should; host mutants are this one with one
defect. It moves no money.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from messages.crypto.keys import Tmk
from messages.dialects.loader import load_dialect
from messages.framing import Deframer, Framing
from simulators.conformance.hearing.heard import Heard, read
from simulators.conformance.judging.answers import (
    Numbers,
    Reply,
    good_reply,
    new_keys,
    wrapped,
    write,
)
from simulators.conformance.judging.station import Keys
from simulators.requests import Identity
from switch.core.moment import Moment, local

_FIRST_BATCH: Final = "000007"
_MAC_BYTES: Final = 8
_PLAIN: Final = frozenset({"sign_on", "sign_off", "echo"})
_SIGN_ON_AGAIN: Final = frozenset({"77", "A0", "99"})
_NO_BLOCK: Final = bytes(8)


class Seams(msgspec.Struct, frozen=True, kw_only=True):
    """Where a host mutant differs: codes, values, bytes, and how it hears."""

    code: Callable[[str, Heard], str] = lambda code, _heard: code
    reply: Callable[[Reply, Heard], Reply] = lambda reply, _heard: reply
    frame: Callable[[bytes, Heard], bytes] = lambda frame, _heard: frame
    keys: str = "approve"
    """The kind of answer to a sign-on."""
    remembers: bool = True
    is_of_connection: bool = False
    """Whether reversals of what never came are forgotten with the connection."""
    hears: Callable[[bytes], bytes] = lambda data: data
    survives: bool = True


HEALTHY: Final = Seams()


class PlainHost:
    """A host for one terminal."""

    def __init__(self, identity: Identity, seams: Seams = HEALTHY) -> None:
        """Begin with a terminal that is registered and not signed on."""
        self._identity, self._seams = identity, seams
        self._dialect = load_dialect("pos")
        self._framing = Framing(self._dialect.frame)
        self._deframer = Deframer(self._framing)
        self._numbers = Numbers(b"plain host" * 2)
        self._keys: Keys | None = None
        self._stored: dict[str, Reply] = {}
        self._unknown: set[str] = set()
        """DE 11 of reversals whose originals never came."""
        self.is_gone = False

    def connected(self) -> bool:
        """Take a new connection; False where the host is gone."""
        self._deframer = Deframer(self._framing)
        if self._seams.is_of_connection:
            self._unknown.clear()
        return not self.is_gone

    def received(self, data: bytes, at: Moment) -> tuple[list[bytes], bool]:
        """Return what is answered, and whether the connection is closed."""
        answers = []
        for frame in self._deframer.feed(self._seams.hears(data)):
            heard = read(self._dialect, self._framing, frame)
            if isinstance(heard, Heard):
                answers.append(self._answer(heard, at))
        if self._deframer.failure is not None:
            self.is_gone = not self._seams.survives
            return answers, True
        return answers, False

    def _answer(self, heard: Heard, at: Moment) -> bytes:
        seams, code = self._seams, self._code(heard)
        code = seams.code(code, heard)
        key = f"{heard.mti}{heard.get('11')}"
        reply = self._stored.get(key) if seams.remembers and heard.mti == "0200" else None
        if reply is None:
            reply = good_reply(heard, code, local(at.utc_ms), self._numbers)
            if heard.mti == "0200" and code == "00":
                self._stored[key] = reply
        if code in _SIGN_ON_AGAIN:
            reply.processing_request = "3"
        keys = self._keys
        if heard.transaction == "sign_on" and code == "00":
            self._sign_on(heard, reply)
        reply = seams.reply(msgspec.structs.replace(reply, fields=dict(reply.fields)), heard)
        return seams.frame(write(heard, self._framing, reply, keys, "approve"), heard)

    def _sign_on(self, heard: Heard, reply: Reply) -> None:
        network_code = heard.get("60.3")
        keys = new_keys(network_code, 16, self._numbers)
        master: Tmk = self._identity.master_key
        reply.fields[62] = wrapped(keys, network_code, master, self._seams.keys)
        text = reply.fields[60]
        reply.fields[60] = f"{text[:2]}{_FIRST_BATCH}{text[8:]}"
        reply.fields = dict(sorted(reply.fields.items()))
        self._keys = keys

    def _code(self, heard: Heard) -> str:
        if heard.get("41") != self._identity.id:
            return "97"
        if heard.get("42") != self._identity.merchant:
            return "03"
        if heard.transaction in _PLAIN:
            return "00"
        return self._session(heard) or self._financial(heard)

    def _session(self, heard: Heard) -> str:
        is_other_batch = heard.mti == "0200" and heard.get("60.2") != _FIRST_BATCH
        if self._keys is None or is_other_batch:
            return "77"
        mab = heard.frame[heard.dialect.frame.head_size : -_MAC_BYTES]
        return "" if heard.message.raw.get(64) == self._keys.mac.compute(mab) else "A0"

    def _financial(self, heard: Heard) -> str:
        if heard.mti == "0400":
            return self._reversal(heard.get("11"))
        if heard.get("11") in self._unknown:
            return "94"
        if heard.found is None:
            return "12"
        if heard.found.presence.request_needs - heard.message.fields.keys():
            return "30"
        return "99" if heard.message.raw.get(52) == _NO_BLOCK else "00"

    def _reversal(self, stan: str) -> str:
        if f"0200{stan}" in self._stored:
            return "00"
        self._unknown.add(stan)
        return "25"
