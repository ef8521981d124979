"""A trace as a capture (simulators/replay): pcap with Ethernet, IPv4 and TCP made up around it.

Each connection gets addresses and ports of its own, a handshake and an end, so that any analyser
follows it; the switch listens on the port that its side is given.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import BinaryIO, Final

from simulators.replay.trace.form import Frame, Side

PORTS: Final[dict[Side, int]] = {"terminal": 8583, "issuer": 7001}
SEGMENT: Final = 1_400
"""Bytes that one segment holds at most."""
_FIN_ACK, _SYN, _SYN_ACK, _ACK, _PUSH = 0x11, 0x02, 0x12, 0x10, 0x18
_US: Final = 1_000_000
_FIRST_PORT: Final = 20_000
_PORTS_EACH: Final = 40_000


class _Way:
    """One end of a connection: its address, and how many bytes it has sent."""

    __slots__ = ("address", "port", "sequence")

    def __init__(self, address: bytes, port: int) -> None:
        self.address = address
        self.port = port
        self.sequence = 1_000


class Exporter:
    """Writes packets to a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        """Write the file's header."""
        self._stream = stream
        self._ends: dict[tuple[Side, str], tuple[_Way, _Way]] = {}
        self._last_us = 0
        stream.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 18, 1))

    def write(self, frames: Iterable[Frame]) -> int:
        """Write all frames and end the connections; return how many frames there were."""
        count = 0
        for frame in frames:
            count += 1
            self._last_us = frame.at_us
            switch, peer = self._connection(frame)
            one, other = (peer, switch) if frame.to == "switch" else (switch, peer)
            data = frame.data
            for at in range(0, len(data), SEGMENT):
                self._packet(frame.at_us, one, other, _PUSH, data[at : at + SEGMENT])
        for switch, peer in self._ends.values():
            self._packet(self._last_us, peer, switch, _FIN_ACK)
            self._packet(self._last_us, switch, peer, _FIN_ACK)
        return count

    def _connection(self, frame: Frame) -> tuple[_Way, _Way]:
        key = (frame.side, frame.connection)
        ends = self._ends.get(key)
        if ends is not None:
            return ends
        number = len(self._ends)
        is_terminal = frame.side == "terminal"
        port, host = _FIRST_PORT + number % _PORTS_EACH, number // _PORTS_EACH
        # Terminals differ by port, and issuers, which all listen on one, by address.
        place = (1, host & 255, 2) if is_terminal else (2, number >> 8 & 255, number & 255)
        switch_at, peer_at = bytes((10, 0, 0, 1)), bytes((10, *place))
        switch = _Way(switch_at, PORTS["terminal"] if is_terminal else port)
        peer = _Way(peer_at, port if is_terminal else PORTS["issuer"])
        client, server = (peer, switch) if is_terminal else (switch, peer)
        self._packet(frame.at_us, client, server, _SYN)
        self._packet(frame.at_us, server, client, _SYN_ACK)
        self._packet(frame.at_us, client, server, _ACK)
        self._ends[key] = switch, peer
        return switch, peer

    def _packet(self, at_us: int, one: _Way, other: _Way, flags: int, data: bytes = b"") -> None:
        tcp = struct.pack(
            ">HHIIBBHHH", one.port, other.port, one.sequence % (1 << 32),
            (other.sequence if flags != _SYN else 0) % (1 << 32), 0x50, flags, 65_535, 0, 0,
        )  # fmt: skip
        one.sequence += len(data) + (flags & 0x03 != 0)
        pseudo = one.address + other.address + struct.pack(">BBH", 0, 6, len(tcp) + len(data))
        tcp = tcp[:16] + _checksum(pseudo + tcp + data) + tcp[18:]
        head = struct.pack(
            ">BBHHHBBH4s4s", 0x45, 0, 40 + len(data), 0, 0x4000, 64, 6, 0, one.address,
            other.address,
        )  # fmt: skip
        head = head[:10] + _checksum(head) + head[12:]
        packet = b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + head + tcp + data
        size = len(packet)
        stamp = struct.pack("<IIII", at_us // _US & 0xFFFFFFFF, at_us % _US, size, size)
        self._stream.write(stamp + packet)


def _checksum(data: bytes) -> bytes:
    """Return the Internet checksum: the sum of 16-bit words in ones' complement."""
    padded = data + b"\0" if len(data) % 2 else data
    total: int = sum(struct.unpack(f">{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")
