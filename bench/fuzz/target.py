"""What one fuzzed input goes through: framing, codec, view, sub-fields, each in its own words.

The first byte of an input chooses the dialect, the rest is what a peer sent. Only `FrameError`
and `DecodeError` may come out, and the two readers must agree.
"""

from __future__ import annotations

from contextlib import suppress

from messages.codec import Codec
from messages.dialects.loader import load_dialect
from messages.dialects.subfields import divide
from messages.errors import DecodeError
from messages.framing import Deframer
from messages.view import Viewer

DIALECTS = ("composite", "interbank", "iso87-ascii", "pos")
"""In this order for good: the corpus refers to them by number."""


class DisagreementError(Exception):
    """Codec and view read one message differently."""


_READERS = {name: (Codec(load_dialect(name)), Viewer(load_dialect(name))) for name in DIALECTS}


def feed(data: bytes) -> None:
    """Take one input through every reader; any exception is a finding."""
    if not data:
        return
    name = DIALECTS[data[0] % len(DIALECTS)]
    frame_format = load_dialect(name).frame
    deframer = Deframer(frame_format)
    middle = len(data) // 2
    for frame in (*deframer.feed(data[1:middle]), *deframer.feed(data[middle:])):
        _agree(name, frame, frame_format.head_size)
    _agree(name, data[1:], 0)


def _agree(name: str, data: bytes, base: int) -> None:
    if view_whole(name, data, base) != decode_whole(name, data, base):
        raise DisagreementError(data.hex())


def decode_whole(name: str, data: bytes, base: int = 0) -> dict[int, str] | None:
    """Return the codec's fields, None where it refuses; sub-fields are divided on the way."""
    codec = _READERS[name][0]
    try:
        message = codec.decode(data, base)
    except DecodeError:
        return None
    with suppress(DecodeError):
        divide(codec.dialect, message.fields, message.raw, message.mti)
    return message.fields


def view_whole(name: str, data: bytes, base: int = 0) -> dict[int, str] | None:
    """Return the view's fields, None where it refuses."""
    try:
        view = _READERS[name][1].index(data, base)
        return {number: view.text(number) for number in view.numbers}
    except DecodeError:
        return None
