"""Captures read as TCP segments (simulators/replay): pcap and pcapng, without a library.

Every length is checked before it is believed. What is no TCP over IP is counted by kind and left.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable, Iterator
from typing import IO, Final, NamedTuple

from simulators.replay.trace.form import TraceError

LONGEST_PACKET: Final = 1 << 18
"""Bytes of a packet: what capture programs keep at most."""
_LONGEST_BLOCK: Final = 1 << 24
_PCAP: Final = {
    b"\xd4\xc3\xb2\xa1": ("<", 1),
    b"\xa1\xb2\xc3\xd4": (">", 1),
    b"\x4d\x3c\xb2\xa1": ("<", 1000),
    b"\xa1\xb2\x3c\x4d": (">", 1000),
}
"""First bytes -> byte order, and parts of a microsecond that a packet's time counts."""
_PCAPNG: Final = b"\x0a\x0d\x0d\x0a"
_ORDERS: Final = {b"\x4d\x3c\x2b\x1a": "<", b"\x1a\x2b\x3c\x4d": ">"}
_INTERFACE: Final = 1
_ENHANCED: Final = 6
_SIMPLE: Final = 3
_RESOLUTION: Final = 9
_US: Final = 1_000_000
_FRAGMENT_HEADER: Final = 44
"""The IPv6 extension header of a fragment."""
_IPV4: Final = 0x0800
_IPV6: Final = 0x86DD
_VLANS: Final = (0x8100, 0x88A8, 0x9100)
_TCP: Final = 6
_UDP: Final = 17
_VXLAN: Final = 4789
_TUNNELS: Final = {4: "IP in IP", 41: "IPv6 in IP", 47: "GRE"}
_WRAPPED: Final = {0x8847: "MPLS", 0x8848: "MPLS", 0x8864: "PPPoE"}
_FRAGMENTS: Final = "IP fragments"
_IN_TUNNEL: Final = "packets in a tunnel"
_OF_LINK: Final = "packets of link type"
NO_CAPTURE: Final = "neither pcap nor pcapng"
_MORE_HEADERS: Final = (0, 43, 60)
"""IPv6 extension headers that may stand before TCP: hop by hop, routing, destination."""


class Segment(NamedTuple):
    """One TCP segment: addresses as text, its number in the stream, flags and content."""

    at_us: int
    source: tuple[str, int]
    target: tuple[str, int]
    sequence: int
    flags: int
    content: bytes


class _Packet(NamedTuple):
    at_us: int
    link: int
    data: bytes


class Packets:
    """A capture that is open; `left` counts what was no TCP, by kind."""

    @property
    def beyond(self) -> Counter[str]:
        """What was left out and may hold TCP all the same, for a reader who knows more."""
        known = (_FRAGMENTS, _IN_TUNNEL, _OF_LINK)
        return Counter({kind: n for kind, n in self.left.items() if kind.startswith(known)})

    def __init__(self, stream: IO[bytes], name: str) -> None:
        """Look at the first bytes; TraceError where they begin no capture."""
        self.left: Counter[str] = Counter()
        self._stream = stream
        self._name = name
        magic = stream.read(4)
        if magic == _PCAPNG:
            self._packets = self._pcapng()
        elif magic in _PCAP:
            self._packets = self._pcap(*_PCAP[magic])
        else:
            raise TraceError(f"{name}: {NO_CAPTURE}")

    def __iter__(self) -> Iterator[Segment]:
        """Yield the segments in the order of the capture."""
        for packet in self._packets:
            segment = self._segment(packet)
            if isinstance(segment, str):
                self.left[segment] += 1
            else:
                yield segment

    # ------------------------------------------------------------------------ the two formats

    def _read(self, count: int, number: int) -> bytes:
        data = self._stream.read(count)
        if len(data) < count:
            raise TraceError(f"{self._name}: cut off in packet {number}")
        return data

    def _pcap(self, order: str, parts: int) -> Iterator[_Packet]:
        header = self._read(20, 0)
        link = struct.unpack(f"{order}I", header[16:])[0] & 0xFFFF
        take = struct.Struct(f"{order}IIII").unpack
        number = 0
        while head := self._stream.read(16):
            number += 1
            if len(head) < 16:  # noqa: PLR2004 - the size of the head
                raise TraceError(f"{self._name}: cut off in packet {number}")
            seconds, fraction, size, _ = take(head)
            if size > LONGEST_PACKET:
                raise TraceError(f"{self._name}: packet {number} announces {size} bytes")
            yield _Packet(seconds * _US + fraction // parts, link, self._read(size, number))

    def _pcapng(self) -> Iterator[_Packet]:
        order, number, kind = "", 0, _PCAPNG
        interfaces: list[tuple[int, int]] = []
        while kind:
            number += 1
            if kind == _PCAPNG:
                order, block = self._section(number)
                interfaces = []
            else:
                size = struct.unpack(f"{order}I", self._read(4, number))[0]
                block = self._block(size, 8, number)
                what = struct.unpack(f"{order}I", kind)[0]
                if what == _INTERFACE:
                    interfaces.append(_interface(order, block))
                elif what == _ENHANCED:
                    yield self._enhanced(order, block, interfaces, number)
                elif what == _SIMPLE:
                    self.left["packets without a time"] += 1
            kind = self._stream.read(4)
            if 0 < len(kind) < 4:  # noqa: PLR2004 - a block's type
                raise TraceError(f"{self._name}: cut off in block {number + 1}")

    def _section(self, number: int) -> tuple[str, bytes]:
        head = self._read(8, number)
        order = _ORDERS.get(head[4:])
        if order is None:
            raise TraceError(f"{self._name}: a pcapng section of unknown byte order")
        return order, self._block(struct.unpack(f"{order}I", head[:4])[0], 12, number)

    def _block(self, size: int, read: int, number: int) -> bytes:
        if size < read + 4 or size % 4 or size > _LONGEST_BLOCK:
            raise TraceError(f"{self._name}: block {number} announces {size} bytes")
        return self._read(size - read, number)[:-4]

    def _enhanced(
        self, order: str, block: bytes, interfaces: list[tuple[int, int]], number: int
    ) -> _Packet:
        if len(block) < 20:  # noqa: PLR2004 - the fixed part
            raise TraceError(f"{self._name}: block {number} is too short for a packet")
        which, high, low, size, _ = struct.unpack(f"{order}IIIII", block[:20])
        if which >= len(interfaces) or size > len(block) - 20:
            raise TraceError(f"{self._name}: block {number} contradicts itself")
        link, resolution = interfaces[which]
        at_us = (high << 32 | low) * _US // resolution
        return _Packet(at_us, link, block[20 : 20 + size])

    # ---------------------------------------------------------------------- within a packet

    def _segment(self, packet: _Packet) -> Segment | str:
        """Return the segment, or the kind of packet that holds none."""
        reach = _LINKS.get(packet.link)
        if reach is None:
            return f"{_OF_LINK} {packet.link}"
        try:
            at = reach(packet.data)
            if at < 0:
                return _outside(packet.data)
            version = packet.data[at] >> 4
            if version == 4:  # noqa: PLR2004 - IPv4
                return _over_ipv4(packet, at)
            if version == 6:  # noqa: PLR2004 - IPv6
                return _over_ipv6(packet, at)
        except (IndexError, struct.error):
            return "packets that are cut off"
        return "packets that are not IP"


def _interface(order: str, block: bytes) -> tuple[int, int]:
    """Return link type and parts of a second of an interface."""
    if len(block) < 8:  # noqa: PLR2004 - the fixed part
        return -1, _US
    link, at, resolution = struct.unpack(f"{order}H", block[:2])[0], 8, _US
    while at + 4 <= len(block):
        code, size = struct.unpack(f"{order}HH", block[at : at + 4])
        if code == _RESOLUTION and size >= 1 and at + 4 < len(block):
            value = block[at + 4]
            resolution = 2 ** (value & 0x7F) if value & 0x80 else 10 ** min(value, 18)
        at += 4 + (size + 3) // 4 * 4
    return link, resolution


def _over_ipv4(packet: _Packet, at: int) -> Segment | str:
    data = packet.data
    head = (data[at] & 0x0F) * 4
    total, fragment = struct.unpack_from(">H2xH", data, at + 2)
    if data[at + 9] != _TCP:
        return _no_tcp(data, at + head, data[at + 9])
    if fragment & 0x3FFF:
        return _FRAGMENTS
    # A total of 0 is what a card that cuts segments itself leaves behind.
    end = at + total if total else len(data)
    source = ".".join(map(str, data[at + 12 : at + 16]))
    target = ".".join(map(str, data[at + 16 : at + 20]))
    return _tcp(packet, at + head, end, source, target)


def _over_ipv6(packet: _Packet, at: int) -> Segment | str:
    data = packet.data
    size, kind = struct.unpack_from(">HB", data, at + 4)
    end = at + 40 + size if size else len(data)
    source, target = data[at + 8 : at + 24].hex(":", 2), data[at + 24 : at + 40].hex(":", 2)
    at += 40
    while kind in _MORE_HEADERS:
        kind, at = data[at], at + 8 * (data[at + 1] + 1)
    if kind == _FRAGMENT_HEADER:
        return _FRAGMENTS
    if kind != _TCP:
        return _no_tcp(data, at, kind)
    return _tcp(packet, at, end, source, target)


def _no_tcp(data: bytes, at: int, kind: int) -> str:
    """Return what a packet is that holds no TCP, or holds it further inside."""
    tunnel = _TUNNELS.get(kind)
    if tunnel is None and kind == _UDP and data[at + 2 : at + 4] == _VXLAN.to_bytes(2, "big"):
        tunnel = "VXLAN"
    return "packets that are not TCP" if tunnel is None else f"{_IN_TUNNEL} ({tunnel})"


def _outside(data: bytes) -> str:
    """Return what an Ethernet frame is that holds no IP, or holds it further inside."""
    tunnel = _WRAPPED.get(int.from_bytes(data[12:14], "big"))
    return "packets that are not IP" if tunnel is None else f"{_IN_TUNNEL} ({tunnel})"


def _tcp(packet: _Packet, at: int, end: int, source: str, target: str) -> Segment | str:
    data = packet.data
    from_port, to_port, sequence, _, offset, flags = struct.unpack_from(">HHIIBB", data, at)
    start = at + (offset >> 4) * 4
    content = data[start : min(end, len(data))]
    return Segment(packet.at_us, (source, from_port), (target, to_port), sequence, flags, content)


def _ethernet(data: bytes) -> int:
    at, kind = 14, int.from_bytes(data[12:14], "big")
    while kind in _VLANS:
        kind = int.from_bytes(data[at + 2 : at + 4], "big")
        at += 4
    return at if kind in {_IPV4, _IPV6} else -1


_LINKS: Final[dict[int, Callable[[bytes], int]]] = {
    0: lambda _: 4,  # loopback of BSD
    1: _ethernet,
    12: lambda _: 0,  # raw IP
    14: lambda _: 0,
    101: lambda _: 0,
    108: lambda _: 4,
    113: lambda _: 16,  # Linux cooked
    228: lambda _: 0,
    229: lambda _: 0,
    276: lambda _: 20,  # Linux cooked, version 2
}
"""Link type -> where the IP header of a packet starts, negative where there is none."""
