"""What can go wrong between bytes and meaning, in three forms.

`FrameError`: the bytes cannot be framed. `DecodeError`: a frame cannot be read.
`EncodeError`: a message cannot be built. None of them ever holds the raw message or
the content of a field: a reason speaks of lengths, counts and kinds of characters only.
"""

from __future__ import annotations

from collections.abc import Mapping


class FrameError(ValueError):
    """The bytes of a connection cannot be cut into frames.

    `offset` counts bytes from the start of the frame (its length prefix included);
    `expected` and `found` are short texts; `hint` names a dialect that would have fitted.
    """

    def __init__(
        self, reason: str, *, offset: int, expected: str = "", found: str = "", hint: str = ""
    ) -> None:
        """Keep the parts for whoever reports them."""
        self.reason = reason
        self.offset = offset
        self.expected = expected
        self.found = found
        self.hint = hint
        super().__init__(self.text())

    def text(self) -> str:
        """Return the refusal as one sentence: reason, place, what was expected, what came."""
        parts = [f"{self.reason} at byte {self.offset}"]
        if self.expected:
            parts.append(f"expected {self.expected}")
        if self.found:
            parts.append(f"found {self.found}")
        if self.hint:
            parts.append(self.hint)
        return "; ".join(parts)


class DecodeError(ValueError):
    """A framed message cannot be decoded.

    `field` is a path: `mti`, `bitmap`, `35`, `60.2`, `55.9F26`. `offset` counts bytes from the
    start of the input (frame or body, as given). `decoded` keeps the fields read before the
    failure (field path -> text, unmasked: mask it before it leaves the process).
    """

    def __init__(
        self, field: str, offset: int, reason: str, decoded: Mapping[str, str] | None = None
    ) -> None:
        """Keep the place and the reason; the text never includes `decoded`."""
        self.field = field
        self.offset = offset
        self.reason = reason
        self.decoded: Mapping[str, str] = {} if decoded is None else decoded
        super().__init__(f"{_name(field)} at byte {offset}: {reason}")


class EncodeError(ValueError):
    """A message cannot be built from the values given; `field` is a path as in `DecodeError`."""

    def __init__(self, field: str, reason: str) -> None:
        """Keep the place and the reason; a reason never quotes the value."""
        self.field = field
        self.reason = reason
        super().__init__(f"{_name(field)}: {reason}")


def _name(field: str) -> str:
    return f"F{field}" if field[:1].isdigit() else field
