"""The dearest 64 KiB that we could think of, in milliseconds and mebibytes.

A frame of that size is over every dialect's limit, so the readers are called directly, as the
command line does with a file that somebody made up.
"""

from __future__ import annotations

import random
import time
import tracemalloc
from collections.abc import Callable, Iterator

import msgspec

from bench.fuzz.target import decode_whole, view_whole
from messages.dialects.loader import load_dialect
from messages.framing import Deframer

SIZE = 65_536


class Worst(msgspec.Struct, frozen=True):
    """The slowest input of a dialect: its kind, its time, the most memory it took."""

    kind: str
    milliseconds: float
    mebibytes: float


def inputs() -> Iterator[tuple[str, bytes]]:
    """Yield (kind, bytes) of inputs that stress one part each."""
    yield "zeros", bytes(SIZE)
    yield "ones", b"\xff" * SIZE
    yield "digits", b"0" * SIZE
    yield "noise", random.Random("jinbao/worst").randbytes(SIZE)
    yield "nested-tags", bytes.fromhex("02000000000000000200") + b"\x71\x82" * (SIZE // 2)
    yield "all-bits", bytes.fromhex("02007FFFFFFFFFFFFFFF") + bytes(SIZE)
    yield "all-bits-text", b"0200" + b"F" * 32 + b"0" * SIZE
    yield "keep-alives", bytes(2) * (SIZE // 2)
    yield "small-frames", (b"\x00\x10" + b"\x60" * 16) * (SIZE // 18)


def measure(name: str) -> Worst:
    """Return the slowest of every reader on every input, each timed alone after a warm-up."""
    return max(
        (
            _one(f"{kind}/{reader.__name__}", reader, name, data)
            for kind, data in inputs()
            for reader in (framing, codec, view)
        ),
        key=lambda one: one.milliseconds,
    )


def framing(name: str, data: bytes) -> None:
    """Cut a stream into frames."""
    Deframer(load_dialect(name).frame).feed(data)


def codec(name: str, data: bytes) -> None:
    """Decode one whole message and divide its fields."""
    decode_whole(name, data)


def view(name: str, data: bytes) -> None:
    """Index one message and read every field."""
    view_whole(name, data)


def _one(kind: str, reader: Callable[[str, bytes], None], name: str, data: bytes) -> Worst:
    whole = data[:SIZE]
    reader(name, whole)
    start = time.perf_counter()
    reader(name, whole)
    elapsed = time.perf_counter() - start
    tracemalloc.start()
    reader(name, whole)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Worst(kind, elapsed * 1e3, peak / 2**20)
