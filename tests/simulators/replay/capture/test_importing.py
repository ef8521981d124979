"""Captures become the trace that was recorded, whatever the network did to the segments."""

from __future__ import annotations

import io
import struct
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from simulators.replay.capture import importing
from simulators.replay.capture.export import Exporter
from simulators.replay.capture.importing import Importer
from simulators.replay.trace.form import Frame, TraceError
from simulators.replay.trace.making import Maker
from tests.simulators.replay.days import DIALECTS, START_US, TOKENS, Raw, bare, day, frames


def _raws() -> list[Raw]:
    issuer = [
        Raw(START_US + 7, "bank", "issuer", "peer", bare("interbank-withdrawal")),
        Raw(START_US + 9, "bank", "issuer", "peer", bare("interbank-reversal")),
    ]
    return sorted([*day(12), *issuer], key=lambda raw: raw.at_us)


def _packets(told: list[Frame]) -> tuple[bytes, list[bytes]]:
    stream = io.BytesIO()
    Exporter(stream).write(told)
    data, found, at = stream.getvalue(), [], 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        found.append(data[at : at + 16 + size])
        at += 16 + size
    return data[:24], found


def _imported(data: bytes) -> tuple[list[Frame], Importer]:
    importer = Importer(Maker(DIALECTS, TOKENS), DIALECTS)
    return list(importer.of(io.BytesIO(data), "c.pcap")), importer


def _said(told: list[Frame]) -> list[tuple[object, ...]]:
    return sorted((f.side, f.to, f.hex, f.note) for f in told)


def _twice_cleaned() -> list[Frame]:
    """Return the frames as a second cleaning leaves them: an import cleans what it reads."""
    make = Maker(DIALECTS, TOKENS)
    sizes = {side: each.frame.length_bytes for side, each in DIALECTS.items()}
    return [
        make.frame(f.at_us, f.connection, f.side, f.to, f.data[sizes[f.side] :])
        for f in frames(_raws())
    ]


@settings(max_examples=20)
@given(st.integers(0, 2**32))
def test_shuffled_and_doubled_packets_give_the_same_trace(seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - no secret
    head, packets = _packets(frames(_raws()))
    mixed = [p for each in packets for p in ([each, each] if chance.random() < 0.2 else [each])]
    for at in range(0, len(mixed) - 5, 4):
        window = mixed[at : at + 5]
        chance.shuffle(window)
        mixed[at : at + 5] = window
    found, importer = _imported(head + b"".join(mixed))
    assert _said(found) == _said(_twice_cleaned())
    assert not importer.skipped


def test_a_capture_that_starts_within_is_resynchronised_and_says_what_it_skipped() -> None:
    head, packets = _packets(frames(list(day(30, terminals=1))))
    first, lost = packets[5], 20
    # 16 bytes before the packet, 14 of Ethernet, 20 of IP, 20 of TCP.
    sequence = struct.unpack(">I", first[54:58])[0] + lost
    inner = first[16:54] + struct.pack(">I", sequence) + first[58:70] + first[70 + lost :]
    inner = inner[:16] + struct.pack(">H", len(inner) - 14) + inner[18:]
    cut = first[:8] + struct.pack("<II", len(inner), len(inner)) + inner
    found, importer = _imported(head + cut + b"".join(packets[6:]))
    assert len(found) == 60 - 3
    assert sum("the capture starts within the connection" in f.note for f in found) == 2
    assert importer.skipped["the capture starts within the connection"] == 2


def test_lost_packets_cost_only_their_own_frames() -> None:
    head, packets = _packets(frames(list(day(30, terminals=1))))
    del packets[20]
    found, importer = _imported(head + b"".join(packets))
    assert len(found) == 59
    assert any("missing in the capture" in frame.note for frame in found)
    assert sum(importer.skipped.values()) >= 1


def test_tls_is_refused_with_the_reason() -> None:
    head, packets = _packets(frames(list(day(1))))
    record = b"\x16\x03\x01\x00\x40"
    sealed = [p[:70] + record + p[75:] if len(p) > 80 else p for p in packets]
    with pytest.raises(TraceError, match=r"TLS cannot be read.*serve --record"):
        _imported(head + b"".join(sealed))


def test_tls_beside_others_is_left_out_and_told() -> None:
    head, packets = _packets(frames(list(day(4, terminals=2))))
    port = struct.pack(">H", 20_000)
    record = b"\x17\x03\x03\x00\x40"
    mixed = [
        p[:70] + record + p[75:] if len(p) > 80 and port in (p[50:52], p[52:54]) else p
        for p in packets
    ]
    found, importer = _imported(head + b"".join(mixed))
    assert len(found) == 4
    assert any("TLS" in what for what in importer.skipped)


def test_the_ends_are_told_apart_without_a_handshake() -> None:
    head, packets = _packets(frames(_raws()))
    data = [p for p in packets if len(p) > 80]
    found, _ = _imported(head + b"".join(data))
    assert [(f.side, f.to) for f in found] == [(f.side, f.to) for f in frames(_raws())]


def test_bytes_of_no_dialect_are_counted() -> None:
    head, packets = _packets(frames(list(day(2))))
    noise = [p[:70] + b"\xee" * (len(p) - 70) if len(p) > 80 else p for p in packets]
    found, importer = _imported(head + b"".join(noise))
    assert found == []
    assert importer.skipped["bytes at the end of a connection that are no frame"] > 0


def test_connections_that_are_over_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "MOST_ENDED", 2)
    told = frames(list(day(12, terminals=1)))
    named = [replace(each, connection=f"c-{at // 2}") for at, each in enumerate(told)]
    head, packets = _packets(named)
    data: list[bytes] = []
    for at in range(12):
        # One after the other, each with an end; of some the end of the switch was lost.
        port = struct.pack(">H", 20_000 + at)
        mine = [p for p in packets if port in (p[50:52], p[52:54])]
        data += mine if at % 3 else mine[:-1]
    found, importer = _imported(head + b"".join(data))
    assert len(found) == 24
    assert 1 <= len(importer._lines) <= 2
    assert not importer.skipped
