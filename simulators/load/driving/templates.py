"""Requests as templates (simulators/load): what differs is filled in, all else is ready bytes.

A template is made from the request that a terminal would send, and used only if it fills in to
exactly that: a request that cannot be patched so is built as terminals build it.
"""

from __future__ import annotations

from typing import Final

import msgspec

from messages.crypto.keys import Pik
from messages.crypto.pin import encode_pin_block
from messages.fast.building import write_field
from simulators import requests
from simulators.cards import Card
from simulators.requests import Identity
from simulators.terminal_memory import Job, Kind, Memory
from simulators.wire import Wire

QUICK: Final = frozenset({Kind.WITHDRAWAL, Kind.BALANCE})
"""The kinds that are worth a template."""
_STAN: Final = 11
_SAMPLE_PIK: Final = Pik.from_hex("00112233445566778899AABBCCDDEEFF")
_SAMPLES: Final = ((123_456, 765_400, 654_321), (42, 100, 7))
"""(STAN, amount, batch) that a template is made of and proved with; no two look alike."""


class Filler(msgspec.Struct, frozen=True):
    """What a terminal puts into every request: DE 41 and DE 42, and its working keys."""

    identity: Identity
    memory: Memory

    def __repr__(self) -> str:
        return f"Filler({self.identity.id})"


class Hole(msgspec.Struct, frozen=True):
    """A place of the message that differs: where, how long, and what goes there."""

    at: int
    size: int
    what: str


class Template:
    """One kind of request with one card; `fill` gives the message from its MTI on, MAC left out."""

    __slots__ = ("_order", "_pieces", "card", "kind")

    def __init__(self, body: bytes, holes: list[Hole], kind: Kind, card: Card) -> None:
        """Cut a message at its holes."""
        self.kind = kind
        self.card = card
        self._pieces: list[bytes] = []
        self._order: list[str] = []
        at = 0
        for hole in sorted(holes, key=lambda hole: hole.at):
            self._pieces.append(body[at : hole.at])
            self._order.append(hole.what)
            at = hole.at + hole.size
        self._pieces.append(body[at:])

    def __repr__(self) -> str:
        return f"Template({self.kind}, {self.card.shown})"

    def fill(self, values: dict[str, bytes]) -> bytes:
        """Return the message with its holes filled."""
        parts = [self._pieces[0]]
        for what, piece in zip(self._order, self._pieces[1:], strict=True):
            parts.append(values[what])
            parts.append(piece)
        return b"".join(parts)


class Press:
    """Makes messages of one dialect: by template where one fits, else None."""

    def __init__(self, wire: Wire) -> None:
        """Begin without templates."""
        self.wire = wire
        self._templates: dict[tuple[Kind, str], Template | None] = {}
        dialect = wire.dialect
        self._amount_field = dialect.field(4)
        self._amounts: dict[int, bytes] = {}

    def constants(self, who: Filler) -> dict[str, bytes]:
        """Return what a terminal fills in again and again."""
        dialect, identity = self.wire.dialect, who.identity
        return {
            "terminal": write_field(dialect.field(41), identity.id),
            "merchant": write_field(dialect.field(42), identity.merchant),
            "serial": identity.id.encode("ascii"),
            "batch": bytes.fromhex(f"{who.memory.batch:06d}"),
        }

    def message(self, job: Job, who: Filler, constants: dict[str, bytes], day: int) -> bytes | None:
        """Return the message of a job but for its MAC, None where no template makes it."""
        card, memory = job.card, who.memory
        if card is None or memory.pik is None:
            return None
        key = (job.kind, card.pan)
        if key in self._templates:
            template = self._templates[key]
        else:
            template = self._templates[key] = self._made(job, card, who.identity, day)
        if template is None:
            return None
        amount = self._amounts.get(job.amount_fen)
        if amount is None:
            amount = write_field(self._amount_field, f"{job.amount_fen:012d}")
            self._amounts[job.amount_fen] = amount
        stan = bytes.fromhex(f"{memory.stan:06d}")
        constants["stan"] = stan
        constants["number"] = b"\0" + stan
        constants["amount"] = constants["chip_amount"] = amount
        constants["pin"] = encode_pin_block(card.pin, card.pan, memory.pik)
        return template.fill(constants)

    def _made(self, job: Job, card: Card, identity: Identity, day: int) -> Template | None:
        """Return a template that was proved on another request, None where there is none."""
        if self.wire.dialect.mac is None or self.wire.dialect.mac.covers != "message":
            return None
        bodies = [self._plain(job, identity, sample, day) for sample in _SAMPLES]
        holes = self._holes(bodies[0], job.kind, identity)
        if holes is None:
            return None
        template = Template(bodies[0], holes, job.kind, card)
        stan, amount, batch = _SAMPLES[1]
        memory = _memory(stan, batch)
        who = Filler(identity, memory)
        values = self.constants(who)
        stan_bytes = bytes.fromhex(f"{stan:06d}")
        values |= {"stan": stan_bytes, "number": b"\0" + stan_bytes}
        values["amount"] = values["chip_amount"] = write_field(self._amount_field, f"{amount:012d}")
        if memory.pik is not None:
            values["pin"] = encode_pin_block(card.pin, card.pan, memory.pik)
        return template if template.fill(values) == bodies[1] else None

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
            Hole(*_extent(view.span(41)), "terminal"),
            Hole(*_extent(view.span(42)), "merchant"),
            Hole(*_extent(view.span(52)), "pin"),
        ]
        places: list[tuple[int, bytes, str]] = [(60, bytes.fromhex(f"{batch:06d}"), "batch")]
        if kind is Kind.WITHDRAWAL:
            holes.append(Hole(*_extent(view.span(4)), "amount"))
            places += [
                (55, b"\x9f\x02\x06" + bytes.fromhex(f"{amount:012d}"), "chip_amount"),
                (55, b"\x9f\x1e\x08" + identity.id.encode("ascii"), "serial"),
                (55, b"\x9f\x41\x04" + bytes.fromhex(f"{stan:08d}"), "number"),
            ]
        for number, wanted, what in places:
            start, end = view.span(number)
            at = body.find(wanted, start, end)
            if at < 0:
                return None
            skipped = 0 if what == "batch" else 3
            holes.append(Hole(at + skipped, len(wanted) - skipped, what))
        return holes


def _extent(span: tuple[int, int]) -> tuple[int, int]:
    return span[0], span[1] - span[0]


def _memory(stan: int, batch: int) -> Memory:
    memory = Memory(batch, stan)
    memory.pik = _SAMPLE_PIK
    return memory
