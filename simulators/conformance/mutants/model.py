"""What a mutant is (simulators/conformance): our terminal with one seam replaced, and its sentence.

A mutant names the requirement that it breaks and what else may break with it. The suite is judged
by whether exactly that comes out.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from messages.crypto.mac import MacAlgorithm
from messages.framing import Framing
from simulators.conformance.driving.driver import HEALTHY, Parts
from simulators.wire import Wire

Change = Callable[[str, dict[int, str]], tuple[str, dict[int, str]]]
"""MTI and fields of a request before it is written -> those that the mutant writes."""
Bend = Callable[[str, bytes], bytes]
"""MTI and the message from its MTI to the byte before its MAC -> what the mutant writes there."""
Code = Callable[[bytes, bytes, MacAlgorithm], bytes]
"""Heads, message and MAC of the key -> the MAC that the mutant writes."""
_MAC_BYTES: Final = 8
_NO_MAC_YET: Final = "0" * _MAC_BYTES


class Mutant(msgspec.Struct, frozen=True, kw_only=True):
    """One defect: what it does, the requirement that it breaks, and the allowed consequences.

    `cases` are those that are run; all where it is empty. `origin` says who thought of it.
    """

    id: str
    en: str
    breaks: str
    also: tuple[str, ...] = ()
    parts: Parts = HEALTHY
    cases: tuple[str, ...] = ()
    origin: str = "hand"
    is_composite: bool = False


def unchanged(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
    """Return a request as it is."""
    return mti, fields


def _straight(_mti: str, body: bytes) -> bytes:
    return body


def _right(_heads: bytes, body: bytes, mac: MacAlgorithm) -> bytes:
    return mac.compute(body)


class Defect(msgspec.Struct, frozen=True, kw_only=True):
    """What goes wrong while a request is written: its values, its bytes, its MAC, its heads."""

    change: Change = unchanged
    bend: Bend = _straight
    code: Code = _right
    heads: Callable[[str, bytes], bytes] = lambda _mti, heads: heads


class Crooked(Wire):
    """The wire of a terminal with a defect: it hears like any, and writes otherwise."""

    _defect: Defect

    def say(
        self,
        heads: bytes,
        mti: str,
        fields: Mapping[int, str],
        mac: MacAlgorithm | None = None,
    ) -> bytes:
        """Return a whole frame with the defect in it; its MAC is right for its bytes."""
        defect = self._defect
        mti, changed = defect.change(mti, dict(fields))
        changed = dict(sorted(changed.items()))
        heads = defect.heads(mti, heads)
        if mac is None or self.mac_field in changed:
            body = defect.bend(mti, self.viewer.build(mti, changed))
            return _join(self.framing, heads + body)
        whole = self.viewer.build(mti, {**changed, self.mac_field: _NO_MAC_YET})[:-_MAC_BYTES]
        body = defect.bend(mti, whole)
        return _join(self.framing, heads + body + defect.code(heads, body, mac))


def crooked(defect: Defect) -> Callable[[Wire], Wire]:
    """Return what makes a wire crooked: the seam of a mutant."""

    def make(wire: Wire) -> Wire:
        bent = copy.copy(wire)
        bent.__class__ = Crooked
        bent._defect = defect  # type: ignore[attr-defined]  # noqa: SLF001
        return bent

    return make


def writes(**how: object) -> Parts:
    """Return the parts of a terminal that writes with a defect."""
    return Parts(wire=crooked(Defect(**how)))  # type: ignore[arg-type]


def _join(framing: Framing, frame: bytes) -> bytes:
    """Put the length before a frame, however long or short the mutant made it."""
    return len(frame).to_bytes(framing.prefix_size, "big") + frame


def field_bytes(body: bytes, wire_field: bytes, other: bytes) -> bytes:
    """Return a message with the first `wire_field` in it replaced; ValueError where it has none."""
    at = body.find(wire_field, 10)
    if at < 0:
        raise ValueError("the mutant's field is not in the message")
    return body[:at] + other + body[at + len(wire_field) :]
