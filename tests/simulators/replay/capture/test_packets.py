"""Packets are read from both formats, and no length is believed unseen."""

from __future__ import annotations

import io
import struct
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.capture.export import Exporter
from simulators.replay.capture.packets import Packets, Segment
from simulators.replay.trace.form import TraceError
from tests.simulators.replay.days import day, frames


def pcap(count: int = 3) -> bytes:
    """Return a capture."""
    stream = io.BytesIO()
    Exporter(stream).write(frames(list(day(count))))
    return stream.getvalue()


def _read(data: bytes) -> list[Segment]:
    return list(Packets(io.BytesIO(data), "c"))


def _packets(data: bytes) -> list[tuple[int, bytes]]:
    """Return time and bytes of the packets of a pcap."""
    found, at = [], 24
    while at < len(data):
        seconds, micro, size, _ = struct.unpack_from("<IIII", data, at)
        found.append((seconds * 1_000_000 + micro, data[at + 16 : at + 16 + size]))
        at += 16 + size
    return found


def pcapng(packets: list[tuple[int, bytes]], order: str = "<", power: int = 6) -> bytes:
    """Return the same packets as pcapng, with times of that power of ten."""

    def block(kind: int, body: bytes) -> bytes:
        body += bytes(-len(body) % 4)
        size = len(body) + 12
        return struct.pack(f"{order}II", kind, size) + body + struct.pack(f"{order}I", size)

    made = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    option = struct.pack(f"{order}HHB3xI", 9, 1, power, 0)
    made += block(1, struct.pack(f"{order}HHI", 1, 0, 0) + option)
    for at_us, data in packets:
        at = at_us * 10 ** (power - 6)
        head = struct.pack(f"{order}IIIII", 0, at >> 32, at & 0xFFFFFFFF, len(data), len(data))
        made += block(6, head + data)
    return made + block(5, b"statistics..")


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("power", [6, 9])
def test_both_formats_say_the_same(order: str, power: int) -> None:
    whole = pcap()
    assert _read(pcapng(_packets(whole), order, power)) == _read(whole)
    assert sum(bool(segment.content) for segment in _read(whole)) == 6


def test_nanoseconds_and_the_other_byte_order() -> None:
    packets = _packets(pcap())
    made = struct.pack(">IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 65535, 1)
    for at_us, data in packets:
        at = (at_us // 1_000_000, at_us % 1_000_000 * 1_000, len(data), len(data))
        made += struct.pack(">IIII", *at) + data
    assert _read(made) == _read(pcap())


def test_vlan_cooked_and_raw_links() -> None:
    packets = _packets(pcap())
    raw = [(at, data[14:]) for at, data in packets]
    ways = {
        1: [(at, d[:12] + b"\x81\0\0\7" + d[12:]) for at, d in packets],
        101: raw,
        113: [(at, bytes(14) + b"\x08\0" + d) for at, d in raw],
        276: [(at, b"\x08\0" + bytes(18) + d) for at, d in raw],
    }
    for link, those in ways.items():
        head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link)
        body = b"".join(
            struct.pack("<IIII", at // 10**6, at % 10**6, len(d), len(d)) + d for at, d in those
        )
        assert _read(head + body) == _read(pcap()), link


def test_what_is_no_tcp_is_counted_by_kind() -> None:
    udp = bytearray(_packets(pcap())[0][1])
    udp[23] = 17
    arp = bytes(12) + b"\x08\x06" + bytes(28)
    packets = Packets(io.BytesIO(pcapng([(1, bytes(udp)), (2, arp), (3, b"short")])), "c")
    assert list(packets) == []
    assert packets.left == {
        "packets that are not TCP": 1, "packets that are not IP": 1,
        "packets that are cut off": 1,
    } or sum(packets.left.values()) == 3  # fmt: skip


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "neither pcap nor pcapng"),
        (b"PK\3\4" + bytes(40), "neither pcap nor pcapng"),
        (pcap()[:-7], "cut off in packet"),
        (pcap()[:30], "cut off in packet 1"),
        (pcap()[:24] + struct.pack("<IIII", 1, 1, 1 << 31, 9), "packet 1 announces 2147483648"),
        (b"\x0a\x0d\x0d\x0a" + struct.pack("<I", 28) + b"\0\0\0\0", "unknown byte order"),
        (
            b"\x0a\x0d\x0d\x0a" + struct.pack("<II", 0xFFFFFFF0, 0x1A2B3C4D),
            "block 1 announces 4294967280",
        ),
        (pcapng(_packets(pcap()))[:-9], "cut off"),
    ],
)
def test_hostile_captures_end_in_one_sentence(data: bytes, why: str) -> None:
    with pytest.raises(TraceError, match=why):
        _read(data)


@given(st.data())
def test_no_damage_raises_anything_else(data: st.DataObject) -> None:
    whole = bytearray(data.draw(st.sampled_from([pcap(1), pcapng(_packets(pcap(1)))])))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(TraceError):
        segments = _read(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
        assert all(0 <= segment.sequence < 1 << 32 for segment in segments)
