"""What a person hands to a verb (switch/cli): hexadecimal text, a file, a pipe.

Text holds one frame a line in hexadecimal digits; anything else is taken as the bytes themselves.
"""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Final

from switch.cli.outcome import stop

_HEX: Final = re.compile(r"\s*(?:0[xX])?[0-9A-Fa-f\s:]+\Z")
_SEPARATORS: Final = re.compile(r"[\s:]+")
_NOT_HEX: Final = re.compile(r"[^0-9A-Fa-f]")
_LINE_LIMIT: Final = 4 << 20
"""Bytes of a line of text; a frame is at most 9999 bytes."""
_LONGEST_NAME: Final = 200
_NUMBER: Final = re.compile(r"[0-9A-Fa-f]{12}")
"""What may be the number of a card, or part of a frame."""
_NO_SUCH_FILE: Final = frozenset({errno.ENOENT, errno.ENAMETOOLONG})
"""A mistyped frame is often too long for a name; all there is to say is that it is no file."""
_CONTROLS: Final = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")


class InputError(ValueError):
    """A line that is not hexadecimal: `offset` counts characters, `reason` never quotes them."""

    def __init__(self, offset: int, reason: str) -> None:
        """Keep the place and the reason."""
        self.offset = offset
        self.reason = reason
        super().__init__(f"{reason} at character {offset}")


def bytes_of(text: str) -> bytes:
    """Return the bytes of hexadecimal digits (spaces, colons and 0x allowed); InputError."""
    digits = _SEPARATORS.sub("", text.strip())
    digits = digits[2:] if digits[:2] in {"0x", "0X"} else digits
    if stranger := _NOT_HEX.search(digits):
        raise InputError(stranger.start(), "not a hexadecimal digit")
    if len(digits) % 2:
        raise InputError(len(digits), "an odd number of hexadecimal digits")
    return bytes.fromhex(digits)


def looks_like_hex(text: str) -> bool:
    """Tell whether an argument is meant as hexadecimal text and not as a file."""
    return _HEX.match(text) is not None


def inputs(argument: str) -> Iterator[str | bytes]:
    """Yield each input that an argument stands for: a line of text, or the bytes of a binary file.

    HEX, an existing file, or `-` for standard input; anything else ends the verb with status 2.
    """
    if looks_like_hex(argument):
        yield argument
    else:
        yield from _opened(argument, "neither hexadecimal text nor a file")


def text_lines(argument: str) -> Iterator[str]:
    """Yield the lines of JSON: the argument itself, or those of a file or standard input (`-`)."""
    if argument.lstrip().startswith("{"):
        yield argument
        return
    for item in _opened(argument, "neither JSON nor a file"):
        if isinstance(item, bytes):
            stop("the input is not text")
        yield item


def _opened(argument: str, otherwise: str) -> Iterator[str | bytes]:
    if argument == "-":
        yield from _lines(sys.stdin.buffer)
        return
    try:
        with Path(argument).open("rb") as stream:
            yield from _lines(stream)
    except (OSError, ValueError) as error:
        if isinstance(error, OSError) and error.errno in _NO_SUCH_FILE:
            stop(f"{otherwise}: {_shown(argument)}")
        stop(f"cannot read {_shown(argument)}: {_why(error)}")


def _lines(stream: BinaryIO) -> Iterator[str | bytes]:
    first = stream.readline(_LINE_LIMIT)
    if not _is_text(first):
        yield first + stream.read()
        return
    yield from _told(_rest(first, stream))


def _rest(first: bytes, stream: BinaryIO) -> Iterator[bytes]:
    line = first
    while line:
        yield line
        line = stream.readline(_LINE_LIMIT)


def _told(lines: Iterable[bytes]) -> Iterator[str]:
    for line in lines:
        text = line.decode("utf-8", "replace").strip("\ufeff \t\r\n\v\f")
        if text and not text.startswith("#"):
            yield text


def _is_text(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return _CONTROLS.search(line) is None


def _shown(argument: str) -> str:
    """Return an argument as it may be repeated: what could be a mistyped frame is not quoted."""
    quotable = len(argument) <= _LONGEST_NAME and not _NUMBER.search(argument)
    return argument if quotable and argument.isprintable() else "the argument"


def _why(error: OSError | ValueError) -> str:
    reason = error.strerror if isinstance(error, OSError) else None
    return reason or type(error).__name__
