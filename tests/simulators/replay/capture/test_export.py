"""Exported captures have right checksums, handshakes and ends, and hold all frames."""

from __future__ import annotations

import io
import struct

from simulators.replay.capture.export import Exporter
from simulators.replay.capture.packets import Packets
from tests.simulators.replay.days import bare, day, frames, maker


def _sum(data: bytes) -> int:
    data += bytes(len(data) % 2)
    total: int = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total


def test_every_packet_passes_its_checksums_and_carries_on_the_numbers() -> None:
    told = frames(list(day(9)))
    stream = io.BytesIO()
    assert Exporter(stream).write(told) == 18
    data, at = stream.getvalue(), 24
    count = 0
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        ip = data[at + 30 : at + 16 + size]
        assert _sum(ip[:20]) == 0xFFFF
        tcp = ip[20:]
        assert _sum(ip[12:20] + struct.pack(">BBH", 0, 6, len(tcp)) + tcp) == 0xFFFF
        at += 16 + size
        count += 1
    assert count == 18 + 3 * 5


def test_streams_hold_the_frames_in_order() -> None:
    told = frames(list(day(9)))
    stream = io.BytesIO()
    Exporter(stream).write(told)
    stream.seek(0)
    segments = list(Packets(stream, "c"))
    sent = b"".join(segment.content for segment in segments)
    assert sent == b"".join(frame.data for frame in told)
    assert {segment.target[1] for segment in segments if segment.flags == 2} == {8583}


def test_a_frame_longer_than_a_segment_is_cut() -> None:
    frame = maker().frame(1, "c", "terminal", "switch", bare("withdrawal") + bytes(1_500))
    stream = io.BytesIO()
    Exporter(stream).write([frame])
    stream.seek(0)
    sizes = [len(segment.content) for segment in Packets(stream, "c") if segment.content]
    assert sizes == [1_400, len(frame.data) - 1_400]
