"""What is beyond our own reader is left to tshark, whose absence and refusals are told."""

from __future__ import annotations

import struct
import sys
from pathlib import Path

import pytest

from simulators.replay.capture.export import Exporter
from simulators.replay.capture.importing import Importer
from simulators.replay.capture.packets import NO_CAPTURE
from simulators.replay.capture.through import beyond, is_there, through
from simulators.replay.trace.form import TraceError
from tests.simulators.replay.days import DIALECTS, day, maker

_ETHERNET = 14


def _program(folder: Path, body: str) -> str:
    """Return a program that stands in for tshark."""
    path = folder / "stand-in"
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    path.chmod(0o755)
    return str(path)


def _gre(data: bytes) -> bytes:
    """Return a pcap whose packets are in a tunnel of GRE."""
    made, at = bytearray(data[:24]), 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        packet = data[at + 16 : at + 16 + size]
        inner = b"\x00\x00\x08\x00" + packet[_ETHERNET:]
        outer = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(inner), 0, 0, 64, 47, 0, *_ENDS)
        packet = packet[:_ETHERNET] + outer + inner
        made += data[at : at + 8] + struct.pack("<II", len(packet), len(packet)) + packet
        at += 16 + size
    return bytes(made)


_ENDS = (bytes((10, 9, 0, 1)), bytes((10, 9, 0, 2)))


def _split(data: bytes) -> bytes:
    """Return a pcap whose longer packets come as two fragments of IP."""
    made, at = bytearray(data[:24]), 24
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        packet = data[at + 16 : at + 16 + size]
        head, content = packet[: _ETHERNET + 20], packet[_ETHERNET + 20 :]
        pieces = [(0, content)]
        if len(content) > 64:
            pieces = [(0x2000, content[:64]), (64 // 8, content[64:])]
        for flags, piece in pieces:
            ip = bytearray(head)
            struct.pack_into(">H", ip, _ETHERNET + 2, 20 + len(piece))
            struct.pack_into(">HH", ip, _ETHERNET + 4, at % 65_536, flags)
            whole = bytes(ip) + piece
            made += data[at : at + 8] + struct.pack("<II", len(whole), len(whole)) + whole
        at += 16 + size
    return bytes(made)


@pytest.fixture
def capture(tmp_path: Path) -> Path:
    """Write an ordinary capture."""
    path = tmp_path / "day.pcap"
    with path.open("wb") as stream:
        Exporter(stream).write(maker().frame(*raw) for raw in day(6))
    return path


def _own(path: Path) -> list[tuple[str, str]]:
    with path.open("rb") as stream:
        return [(f.to, f.hex) for f in Importer(maker(), DIALECTS).of(stream, "c")]


def _theirs(path: Path) -> list[tuple[str, str]]:
    with through(str(path)) as segments:
        return [(f.to, f.hex) for f in Importer(maker(), DIALECTS).of_segments(segments, "c")]


def test_an_ordinary_capture_needs_nobody_else_and_tshark_reads_the_same(capture: Path) -> None:
    assert beyond(str(capture)) == ""
    assert len(_own(capture)) == 12
    assert _theirs(capture) == _own(capture)


def test_a_tunnel_and_fragments_are_read_by_tshark(capture: Path, tmp_path: Path) -> None:
    tunnel, pieces = tmp_path / "tunnel.pcap", tmp_path / "pieces.pcap"
    tunnel.write_bytes(_gre(capture.read_bytes()))
    pieces.write_bytes(_split(capture.read_bytes()))
    assert beyond(str(tunnel)).startswith("packets in a tunnel (GRE): ")
    assert beyond(str(pieces)).startswith("IP fragments: ")
    assert not _own(tunnel)
    assert _theirs(tunnel) == _theirs(pieces) == _own(capture)


def test_another_format_is_told_apart_and_damage_is_not_handed_on(
    capture: Path, tmp_path: Path
) -> None:
    other = tmp_path / "c.snoop"
    other.write_bytes(b"snoop\0\0\0")
    assert beyond(str(other)) == NO_CAPTURE
    capture.write_bytes(capture.read_bytes()[:-3])
    with pytest.raises(TraceError, match="cut off"):
        beyond(str(capture))
    assert beyond("/dev/null") == ""


def test_lines_of_segments_are_read(tmp_path: Path) -> None:
    line = r"1.5\teth:ip:gre:ipv6:tcp\t1.1.1.1\t2.2.2.2\t::1\t::2\t7\t8\t9\t0x0018\tabcd\n"
    program = _program(tmp_path, f"sys.stdout.write('{line}')")
    with through(__file__, program) as segments:
        (found,) = segments
    assert found == (1_500_000, ("::1", 7), ("::2", 8), 9, 0x18, b"\xab\xcd")
    with (
        pytest.raises(TraceError, match="line 1 of tshark is unknown"),
        through(__file__, _program(tmp_path, "print('x')")) as segments,
    ):
        list(segments)


def test_a_refusal_is_told(tmp_path: Path) -> None:
    program = _program(tmp_path, "sys.exit('first line\\nnot a capture file')")
    with (
        pytest.raises(TraceError, match=r"refused it .not a capture file"),
        through(__file__, program) as segments,
    ):
        list(segments)
    with (
        pytest.raises(TraceError, match="finds no TCP in it"),
        through(__file__, _program(tmp_path, "")) as segments,
    ):
        list(segments)


def test_without_the_program_or_the_file_that_is_said(tmp_path: Path) -> None:
    assert not is_there("no-such-program")
    with pytest.raises(TraceError, match="apt-get install"), through("c", "no-such-program"):
        pass
    with (
        pytest.raises(TraceError, match="no such file"),
        through(str(tmp_path / "none"), sys.executable),
    ):
        pass
