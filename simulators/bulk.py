"""Many withdrawals as ready frames (simulators): for measurements, where building is not the point.

Each has its own STAN, PIN block and MAC; fields that do not change are built once a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle

import msgspec

from messages.crypto.keys import Mak, Pik
from simulators import requests
from simulators.cards import Card
from simulators.requests import Identity
from simulators.terminal_memory import Job, Kind, Memory
from simulators.wire import Wire

_LAST_STAN = 999_999


class Session(msgspec.Struct, frozen=True):
    """A terminal that has signed on: its identity, open batch and working keys."""

    identity: Identity
    batch: int
    pik: Pik
    mak: Mak


def withdrawals(
    wire: Wire, session: Session, cards: Sequence[Card], amount_fen: int, day: int
) -> Iterator[bytes]:
    """Yield whole frames for ever: the cards in turn, STANs from 1; `day` is YYYYMMDD.

    A STAN comes again after 999999 frames: a batch is over long before.
    """
    memory = Memory(session.batch)
    memory.pik = session.pik
    mac = wire.mac(session.mak)
    heads = wire.framing.build_heads()
    jobs = [Job(kind=Kind.WITHDRAWAL, card=card, amount_fen=amount_fen) for card in cards]
    built = [requests.fields(job, session.identity, memory, day)[1] for job in jobs]
    stan = 0
    for fields in cycle(built):
        stan = stan % _LAST_STAN + 1
        fields[11] = f"{stan:06d}"
        yield wire.say(heads, "0200", fields, mac)
