"""What tcpdump and dumpcap wrote of a demo (its terminals and the social host) is imported whole.

Test cards and test keys only. The one is pcap of the loopback device, the other pcapng of all
devices, whose link type is Linux's cooked one.
"""

from __future__ import annotations

import io
import random
import struct
from collections import Counter
from pathlib import Path

from messages.dialects.loader import load_joined
from messages.tokens.numbers import Tokens
from simulators.replay.capture.importing import Importer
from simulators.replay.trace.figures import Figures
from simulators.replay.trace.form import Frame
from simulators.replay.trace.making import Maker
from tests.simulators.replay.days import DIALECTS, KEY

_FOLDER = Path(__file__).parents[3] / "golden"
_BOTH = {**DIALECTS, "terminal": load_joined("pos+composite")}


def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


def _imported(data: bytes) -> tuple[list[Frame], Counter[str]]:
    importer = Importer(Maker(_BOTH, Tokens(KEY)), _BOTH)
    return list(importer.of(io.BytesIO(data), "demo")), importer.skipped


def _said(frames: list[Frame]) -> list[tuple[str, str, str, str]]:
    return sorted((f.connection, f.side, f.to, f.hex) for f in frames)


def test_what_tcpdump_wrote_is_read_to_the_last_byte() -> None:
    frames, skipped = _imported(_read("demo-tcpdump.pcap"))
    assert not skipped
    figures = Figures().of(iter(frames))
    assert (figures.frames, figures.unreadable, figures.unasked) == (89, 0, 0)
    kinds = {(mti, code): k for (side, mti, code), k in figures.kinds.items() if side[0] == "t"}
    assert kinds["0800", ""].count == 3
    assert kinds["0200", "010000"].codes["00"] == 8
    # One request was out when the switch was killed; the social services are composite terminals'.
    assert sum(kind.unanswered for kind in kinds.values()) == 1
    assert {"910000", "920000", "930000"} <= {code for _, code in kinds}


def test_what_dumpcap_wrote_at_the_same_time_says_the_same() -> None:
    one, _ = _imported(_read("demo-tcpdump.pcap"))
    other, skipped = _imported(_read("demo-dumpcap.pcapng"))
    assert not skipped
    assert _said(one) == _said(other)


def test_shuffled_and_doubled_packets_of_it_say_the_same() -> None:
    data = _read("demo-tcpdump.pcap")
    packets, at = [], 24
    while at < len(data):
        size = 16 + struct.unpack_from("<I", data, at + 8)[0]
        packets.append(data[at : at + size])
        at += size
    draw = random.Random(11)  # noqa: S311 - a fixed order
    doubled = [*packets, *draw.sample(packets, 60)]
    places = {id(p): n for n, p in enumerate(packets)}
    doubled.sort(key=lambda packet: places[id(packet)] + draw.randrange(6))
    frames, _ = _imported(data[:24] + b"".join(doubled))
    assert Counter(f.hex for f in frames) == Counter(f.hex for f in _imported(data)[0])
