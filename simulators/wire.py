"""One dialect made ready for actors (simulators): values to whole frames, frames to values.

Written apart from the switch's own wires, so that an error in one of them is seen by the other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from messages.crypto.keys import Mak
from messages.crypto.mac import MacAlgorithm, Padding, make_mac
from messages.dialects.dialect import Dialect, MacRule
from messages.fast.selecting import Texts
from messages.framing import Framing
from messages.mab import mab_builder
from messages.view import View, viewer_of

_MAC_BYTES = 8
MOST_OVERHEARD = 64
"""Frames on their way that are remembered as they were read."""
_NO_MAC_YET = "0" * _MAC_BYTES
MOST_SELECTIONS = 64
"""Kinds of message for which the way to read them is kept."""


class Heard(msgspec.Struct, frozen=True, gc=False):
    """A message as it was heard: its texts by DE; it never prints them."""

    mti: str
    fields: dict[int, str]
    frame: bytes
    view: View

    def __repr__(self) -> str:
        return f"Heard({self.mti}, fields {sorted(self.fields)})"

    def get(self, number: int) -> str:
        """Return the text of a field, empty where the message does not have it."""
        return self.fields.get(number, "")


class Wire:
    """Frames of one dialect; many actors share one."""

    def __init__(self, dialect: Dialect) -> None:
        """Generate what every message needs; ValueError for a dialect without a MAC."""
        if dialect.mac is None:
            raise ValueError(f"dialect {dialect.name} has no MAC")
        self.dialect = dialect
        self.framing = Framing(dialect.frame)
        self.viewer = viewer_of(dialect)
        self.mac_field = dialect.mac.field
        self._base = dialect.frame.head_size
        self._selections: dict[tuple[int, ...], Callable[[View], Texts]] = {}
        self._said: dict[bytes, Heard] = {}
        self._rule: MacRule = dialect.mac
        self._mab = mab_builder(dialect) if dialect.mac.covers == "elements" else None

    def mac(self, mak: Mak) -> MacAlgorithm:
        """Return the dialect's MAC under a key; ValueError where the key does not fit."""
        return make_mac(self._rule.algorithm, mak, padding=Padding(self._rule.pad))

    def hear(self, frame: bytes) -> Heard:
        """Return what a frame without its length prefix says; DecodeError where it cannot."""
        if self._said and (said := self._said.pop(frame, None)) is not None:
            return said
        view = self.viewer.index(frame, self._base)
        numbers = view.numbers
        select = self._selections.get(numbers)
        if select is None:
            select = self.viewer.select(*numbers)
            if len(self._selections) < MOST_SELECTIONS:
                self._selections[numbers] = select
        texts = zip(numbers, select(view), strict=True)
        return Heard(view.mti, {n: text for n, text in texts if text is not None}, frame, view)

    def overhear(self, frame: bytes) -> Heard:
        """Return what a frame says before it gets to its receiver, who need not read it again."""
        heard = self.hear(frame)
        if len(self._said) >= MOST_OVERHEARD:
            self._said.clear()
        self._said[frame] = heard
        return heard

    def bare(self, whole: bytes) -> bytes:
        """Return a whole frame without its length prefix."""
        return whole[self.framing.prefix_size :]

    def say(
        self, heads: bytes, mti: str, fields: Mapping[int, str], mac: MacAlgorithm | None = None
    ) -> bytes:
        """Return a whole frame, length prefix included, MACed where `mac` is given."""
        if mac is None:
            body = self.viewer.build(mti, fields)
        elif self._mab is not None:
            code = mac.compute(self._mab(mti, fields)).decode("ascii")
            body = self.viewer.build(mti, {**fields, self.mac_field: code})
        else:
            body = self.viewer.build(mti, {**fields, self.mac_field: _NO_MAC_YET})[:-_MAC_BYTES]
            body += mac.compute(body)
        return self.framing.join(heads + body)

    def is_authentic(self, heard: Heard, mac: MacAlgorithm) -> bool:
        """Tell whether a message carries its MAC, and the right one."""
        carried = heard.fields.get(self.mac_field)
        if carried is None:
            return False
        mab = heard.view.mab() if self._mab is None else self._mab(heard.mti, heard.fields)
        return mac.verify(mab, carried.encode("ascii"))
