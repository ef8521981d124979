"""A ledger as a file (switch/ledger/moving): one JSON array a line, the same for every engine.

The first line names the format; the last has the digest of all between, which does not depend on
their order. Card data stays sealed under the key that sealed it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from switch.core.batches.values import Batch
from switch.core.operations import RefusalKey, Row, Session
from switch.ledger.registry.protocol import Entry
from switch.ledger.rows import FENCED, Block, CapDay, CapKey, Lease, Queued
from switch.ledger.settling.protocol import Kept, Mark

FORMAT: Final = 1
KIND: Final = "jinbao-ledger"
_MODULUS: Final = 1 << 256


class Transaction(msgspec.Struct, frozen=True, array_like=True, tag="transaction"):
    """A transaction, and how its 0420 or 0220 stands."""

    row: Row
    queued: Queued | None


class Day(msgspec.Struct, frozen=True, array_like=True, tag="day"):
    """What a card's day has."""

    key: CapKey
    day: CapDay


class SessionKept(msgspec.Struct, frozen=True, array_like=True, tag="session"):
    """A terminal's session."""

    session: Session


class Numbers(msgspec.Struct, frozen=True, array_like=True, tag="numbers"):
    """The numbers of one name."""

    name: str
    block: Block


class Incarnation(msgspec.Struct, frozen=True, array_like=True, tag="incarnation"):
    """A process that once was; its lease is over wherever it comes to."""

    number: int
    nonce: bytes

    @property
    def lease(self) -> Lease:
        """Its lease, ended."""
        return Lease(self.nonce, FENCED)


class Fence(msgspec.Struct, frozen=True, array_like=True, tag="fence"):
    """An attempt that must never happen, and the attempt that said so."""

    attempt: int
    said_by: int


class BatchKept(msgspec.Struct, frozen=True, array_like=True, tag="batch"):
    """A terminal's batch that was settled."""

    batch: Batch


class RefusalsKept(msgspec.Struct, frozen=True, array_like=True, tag="refusals"):
    """How many requests a process refused that no transaction tells of."""

    key: RefusalKey
    count: int


class ChangeKept(msgspec.Struct, frozen=True, array_like=True, tag="change"):
    """A change of the registry; they come in the order of their numbers."""

    entry: Entry


class ClearingKept(msgspec.Struct, frozen=True, array_like=True, tag="clearing"):
    """What was kept of a day that was cleared."""

    day: int
    body: bytes


class MarkKept(msgspec.Struct, frozen=True, array_like=True, tag="mark"):
    """A transaction that is an exception in clearing."""

    mark: Mark


class CaseKept(msgspec.Struct, frozen=True, array_like=True, tag="case"):
    """A case of settlement, by its number."""

    case: Kept


Settled = ClearingKept | MarkKept | CaseKept
"""What settlement keeps beside the ledger."""
Record = (
    Transaction
    | Day
    | SessionKept
    | Numbers
    | Incarnation
    | Fence
    | BatchKept
    | RefusalsKept
    | ChangeKept
    | Settled
)


class Digest:
    """The digest of records, whatever their order, and how many there were."""

    __slots__ = ("_sum", "count")

    def __init__(self) -> None:
        """Begin with none."""
        self._sum = 0
        self.count = 0

    def add(self, line: bytes) -> None:
        """Add a record as it is written."""
        self._sum += int.from_bytes(hashlib.sha256(line).digest(), "big")
        self.count += 1

    @property
    def text(self) -> str:
        """The digest in hexadecimal."""
        return f"{self._sum % _MODULUS:064x}"


class MovedFileError(ValueError):
    """A file holds no ledger, or not the whole of one."""


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    kind: str
    format: int


class _Foot(msgspec.Struct, forbid_unknown_fields=True):
    records: int
    digest: str


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(Record).decode


def line_of(record: Record) -> bytes:
    """Return a record as its line, without the end of the line."""
    return _encode(record)


def lines(records: Iterable[Record], digest: Digest) -> Iterator[bytes]:
    """Yield the lines of a file; `digest` takes all of the records."""
    yield _encode(_Head(KIND, FORMAT)) + b"\n"
    for record in records:
        line = line_of(record)
        digest.add(line)
        yield line + b"\n"
    yield _encode(_Foot(digest.count, digest.text)) + b"\n"


def records(file: Iterable[bytes], digest: Digest) -> Iterator[Record]:
    """Yield what a file holds. MovedFileError: it is none, or at its end, it is not whole."""
    reading = iter(file)
    try:
        head = msgspec.json.decode(next(reading, b""), type=_Head)
    except msgspec.MsgspecError:
        raise MovedFileError("the file holds no ledger") from None
    if head.kind != KIND or head.format != FORMAT:
        raise MovedFileError(f"it is {head.kind} of format {head.format}, not {KIND} of {FORMAT}")
    for number, line in enumerate(reading, 2):
        text = line.rstrip(b"\n")
        if text.startswith(b"{"):
            _check_foot(text, digest)
            return
        digest.add(text)
        try:
            yield _decode(text)
        except msgspec.MsgspecError as error:
            raise MovedFileError(f"line {number} is damaged: {error}") from None
    raise MovedFileError("the end of the file is missing")


def _check_foot(text: bytes, digest: Digest) -> None:
    try:
        foot = msgspec.json.decode(text, type=_Foot)
    except msgspec.MsgspecError:
        raise MovedFileError("the last line is damaged") from None
    if (foot.records, foot.digest) != (digest.count, digest.text):
        raise MovedFileError("the file is not what was written: its digest is another")
