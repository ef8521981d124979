"""Requests as templates (simulators/load): what differs is filled in, all else is ready bytes.

A template is made from the request that a terminal would send, and used only if it fills in to
exactly that: a request that cannot be patched so is built as terminals build it. An answer is read
by its shape: what tells it (MTI, bitmap, lengths) is compared, what it says is cut out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, Final

import msgspec

from messages.crypto.keys import Pik
from messages.crypto.pin import clear_pin_block
from messages.errors import DecodeError
from messages.fast.building import write_field
from messages.view import View
from simulators import requests
from simulators.cards import Card
from simulators.requests import Identity
from simulators.terminal_memory import Job, Kind, Memory
from simulators.wire import Wire

QUICK: Final = frozenset(
    kind.value for kind in (Kind.WITHDRAWAL, Kind.BALANCE, Kind.SALE, Kind.PAYMENT)
)
"""The kinds that are worth a template."""
_STAN: Final = 11
_ANSWER: Final = "0210"
_NOTHING: Final = slice(0, 0)
_MOST: Final = 1_024
"""Sizes of answers that are remembered, the last shape of each."""
_CODE, _TERMINAL, _MERCHANT = 39, 41, 42
_AMOUNT, _RRN = 4, 37
_MAC: Final = 8
_PIN_BLOCK: Final = 8
_ALWAYS: Final = ("stan", "both", "batch", "pin")
_WITH_AMOUNT: Final = ("amount", "chip_amount", "serial", "number")
"""What differs between requests of one kind and card, in the order in which it is filled in."""
_SAMPLE_PIK: Final = Pik.from_hex("00112233445566778899AABBCCDDEEFF")
_SAMPLES: Final = ((123_456, 765_400, 654_321), (42, 100, 7))
"""(STAN, amount, batch) that a template is made of and proved with; no two look alike."""


class Mine(msgspec.Struct, frozen=True):
    """What a terminal puts into every request: its numbers and its batch, as they are sent."""

    terminal: bytes
    merchant: bytes
    serial: bytes
    batch: bytes
    both: bytes
    """DE 41 and DE 42, which stand together."""

    def __repr__(self) -> str:
        return f"Mine({self.serial.decode()})"


class Hole(msgspec.Struct, frozen=True):
    """A place of the message that differs: where, how long, and what goes there."""

    at: int
    size: int
    what: str


class Layout:
    """Where the requests that look alike differ; all their templates share it.

    A thousand cards are drawn at random, so what each has of its own is not in the cache.
    """

    __slots__ = ("amounts", "covered", "places")

    def __init__(self, start: int, holes: Sequence[Hole]) -> None:
        """Take where the message begins in the frame, and its holes."""
        places = {each.what: slice(each.at, each.at + each.size) for each in holes}
        self.places = tuple(places[what] for what in _ALWAYS)
        self.amounts = tuple(places[what] for what in _WITH_AMOUNT if what in places)
        self.covered = slice(start, -_MAC)
        """What the MAC covers."""


class Template:
    """One kind of request with one card: a whole frame; `fill` gives a copy, its MAC left out."""

    __slots__ = ("_base", "card", "clear_pin", "kind", "layout")

    def __init__(self, frame: bytes, layout: Layout, of: tuple[Kind, Card]) -> None:
        """Take a frame, and where it differs."""
        self.kind, self.card = of
        self.layout = layout
        self.clear_pin = clear_pin_block(self.card.pin, self.card.pan, _PIN_BLOCK)
        self._base = frame

    def __repr__(self) -> str:
        return f"Template({self.kind}, {self.card.shown})"

    def fill(self, mine: Mine, stan: bytes, amount: bytes, pin: bytes) -> bytearray:
        """Return a frame with its holes filled, as they stand in a message."""
        frame = bytearray(self._base)
        layout = self.layout
        first, second, third, fourth = layout.places
        frame[first], frame[second], frame[third], frame[fourth] = stan, mine.both, mine.batch, pin
        if layout.amounts:
            first, second, third, fourth = layout.amounts
            frame[first] = frame[second] = amount
            frame[third], frame[fourth] = mine.serial, stan
        return frame


class Press:
    """Makes messages of one dialect: by template where one fits, else None."""

    def __init__(self, wire: Wire) -> None:
        """Begin without templates."""
        self.wire = wire
        self.templates: dict[str, dict[int, Template | None]] = {kind: {} for kind in QUICK}
        """By kind and the card's place among the scenario's; None where none fits."""
        dialect = wire.dialect
        self._amount_field = dialect.field(4)
        self.amounts: dict[int, bytes] = {}
        """DE 4 as it is sent, of what was sent before."""
        self._layouts: dict[tuple[Hole, ...], Layout] = {}
        self._heads = wire.framing.build_heads()
        self._size = wire.framing.prefix_size + len(self._heads)

    def mine(self, identity: Identity, memory: Memory) -> Mine:
        """Return what a terminal fills in again and again, until its next sign-on."""
        dialect = self.wire.dialect
        terminal = write_field(dialect.field(41), identity.id)
        merchant = write_field(dialect.field(42), identity.merchant)
        return Mine(
            terminal,
            merchant,
            identity.id.encode("ascii"),
            bytes.fromhex(f"{memory.batch:06d}"),
            terminal + merchant,
        )

    def amount(self, fen: int) -> bytes:
        """Return DE 4 of an amount as it is sent."""
        amount = self.amounts.get(fen)
        if amount is None:
            amount = self.amounts[fen] = write_field(self._amount_field, f"{fen:012d}")
        return amount

    def make(self, job: Job, number: int, identity: Identity, day: int) -> Template | None:
        """Make a template of a job's kind and card, proved on another request; None for none."""
        template = self._made(job, identity, day)
        self.templates.setdefault(job.kind.value, {})[number] = template
        return template

    def _made(self, job: Job, identity: Identity, day: int) -> Template | None:
        card, mac = job.card, self.wire.dialect.mac
        if card is None or card.signs or mac is None or mac.covers != "message":
            return None
        bodies = [self._plain(job, identity, sample, day) for sample in _SAMPLES]
        holes = self._holes(bodies[0], job.kind, identity)
        if holes is None:
            return None
        frames = [self.wire.framing.join(self._heads + body + bytes(_MAC)) for body in bodies]
        layout = self._layouts.get(tuple(holes))
        if layout is None:
            layout = self._layouts[tuple(holes)] = Layout(self._size, holes)
        template = Template(frames[0], layout, (job.kind, card))
        stan, amount, batch = _SAMPLES[1]
        filled = template.fill(
            self.mine(identity, _memory(stan, batch)),
            bytes.fromhex(f"{stan:06d}"),
            self.amount(amount),
            _SAMPLE_PIK.cipher.encrypt(template.clear_pin),
        )
        return template if filled == frames[1] else None

    def _plain(self, job: Job, who: Identity, sample: tuple[int, int, int], day: int) -> bytes:
        stan, amount, batch = sample
        job = msgspec.structs.replace(job, amount_fen=amount)
        mti, fields = requests.fields(job, who, _memory(stan, batch), day)
        no_mac = {**fields, self.wire.mac_field: "0" * 8}
        return self.wire.viewer.build(mti, no_mac)[:-8]

    def _holes(self, body: bytes, kind: Kind, identity: Identity) -> list[Hole] | None:
        stan, amount, batch = _SAMPLES[0]
        view = self.wire.viewer.index(body + b"0" * 8)
        holes = [
            Hole(*_extent(view.span(_STAN)), "stan"),
            Hole(view.span(41)[0], view.span(42)[1] - view.span(41)[0], "both"),
            Hole(*_extent(view.span(52)), "pin"),
        ]
        places: list[tuple[int, bytes, str]] = [(60, bytes.fromhex(f"{batch:06d}"), "batch")]
        if kind is not Kind.BALANCE:
            holes.append(Hole(*_extent(view.span(4)), "amount"))
            places += [
                (55, b"\x9f\x02\x06" + bytes.fromhex(f"{amount:012d}"), "chip_amount"),
                (55, b"\x9f\x1e\x08" + identity.id.encode("ascii"), "serial"),
                (55, b"\x9f\x41\x04\0" + bytes.fromhex(f"{stan:06d}"), "number"),
            ]
        for number, wanted, what in places:
            start, end = view.span(number)
            at = body.find(wanted, start, end)
            if at < 0:
                return None
            skipped = {"batch": 0, "number": 4}.get(what, 3)
            holes.append(Hole(at + skipped, len(wanted) - skipped, what))
        return [Hole(self._size + hole.at, hole.size, hole.what) for hole in holes]


def _extent(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], span[1] - span[0]


def _memory(stan: int, batch: int) -> Memory:
    memory = Memory(batch, stan)
    memory.pik = _SAMPLE_PIK
    return memory


class Shape(msgspec.Struct, frozen=True):
    """Where an answer of one size has what; `numbers` cuts out DE 11, 41, 42 and 4."""

    headers: Callable[[bytes], Any]
    expected: Any
    numbers: Callable[[bytes], tuple[bytes, ...]]
    code: slice
    rrn: slice
    has_amount: bool
    has_mac: bool


class Shapes:
    """The shapes of one host's answers in one dialect."""

    def __init__(self, wire: Wire) -> None:
        """Begin without any."""
        self.start = wire.dialect.frame.head_size
        self._wire = wire
        self._known: dict[int, Shape] = {}

    def of(self, frame: bytes) -> Shape | None:
        """Return an answer's shape; None for what is no 0210 with codes and numbers."""
        shape = self._known.get(len(frame))
        if shape is None or shape.headers(frame) != shape.expected:
            shape = self._learn(frame)
        return shape

    def _learn(self, frame: bytes) -> Shape | None:
        viewer, mac_field = self._wire.viewer, self._wire.mac_field
        try:
            view = viewer.index(frame, self.start)
            viewer.select(*view.numbers)(view)
        except DecodeError:
            return None
        numbers = set(view.numbers)
        if view.mti != _ANSWER or not {_STAN, _CODE, _TERMINAL, _MERCHANT} <= numbers:
            return None
        has_mac = mac_field in numbers
        if has_mac and view.span(mac_field) != (len(frame) - _MAC, len(frame)):
            return None
        headers = itemgetter(*self._headers(view), _NOTHING)
        wanted = (_STAN, _TERMINAL, _MERCHANT, _AMOUNT)
        shape = Shape(
            headers,
            headers(frame),
            itemgetter(*(_slice(view, n) if n in numbers else _NOTHING for n in wanted)),
            _slice(view, _CODE),
            _slice(view, _RRN) if _RRN in numbers else _NOTHING,
            _AMOUNT in numbers,
            has_mac,
        )
        if len(self._known) < _MOST or len(frame) in self._known:
            self._known[len(frame)] = shape
        return shape

    def _headers(self, view: View) -> list[slice]:
        """Return where the head with MTI and bitmap ends, and every length prefix."""
        dialect = self._wire.dialect
        first = min(view.start_of(number) for number in view.numbers)
        prefixes = (
            slice(view.start_of(number), view.span(number)[0])
            for number in view.numbers
            if not dialect.field(number).is_fixed
        )
        return [slice(0, first), *prefixes]


def _slice(view: View, number: int) -> slice:
    return slice(*view.span(number))
