"""An independent reader: tshark's own ISO 8583 dissector agrees with our bytes."""

from __future__ import annotations

import shutil
import struct
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from messages.codec import Codec
from messages.dialects.loader import load_dialect

PORT = 8583
FIELDS = {
    2: "6219991234567890120",
    3: "010000",
    4: "000000050000",
    7: "0618093508",
    11: "000002",
    12: "093508",
    13: "0618",
    22: "051",
    25: "00",
    32: "99900000",
    37: "061809350002",
    41: "50010001",
    42: "999653080110001",
    49: "156",
    52: "04F16B5C9021D1EA",
    60: "70000002000",
    102: "6219991234567890120",
}


def capture(payload: bytes) -> bytes:
    """Return a pcap file with one TCP segment to `PORT` (link type 101: raw IP)."""
    tcp = struct.pack("!HHIIBBHHH", 40000, PORT, 1, 1, 5 << 4, 0x18, 8192, 0, 0)
    total = 20 + len(tcp) + len(payload)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, total, 1, 0, 64, 6, 0, b"\x7f\0\0\1", b"\x7f\0\0\2")
    packet = ip + tcp + payload
    head = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    return head + struct.pack("<IIII", 0, 0, len(packet), len(packet)) + packet


def dissect(file: Path) -> dict[str, str]:
    """Return what tshark shows of MTI and data elements: its name for each -> text."""
    output = subprocess.run(
        [
            "tshark",
            "-r",
            str(file),
            "-d",
            f"tcp.port=={PORT},iso8583",
            "-o",
            "iso8583.len_endian:Big endian",
            "-o",
            "iso8583.charset:Digits represented as ASCII Characters",
            "-o",
            "iso8583.binencode:Bin data represented as Hex Ascii characters",
            "-T",
            "pdml",
        ],
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout
    root = ET.fromstring(output)  # noqa: S314 - made by the program just run
    return {
        name.removeprefix("iso8583."): field.get("show", "")
        for field in root.iter("field")
        if (name := field.get("name", "")).startswith(("iso8583.bit", "iso8583.mti"))
    }


@pytest.mark.skipif(shutil.which("tshark") is None, reason="tshark (Debian package) is not here")
def test_tshark_reads_the_same_fields(tmp_path: Path) -> None:
    body = Codec(load_dialect("iso87-ascii")).encode("0200", FIELDS)
    file = tmp_path / "one.pcap"
    file.write_bytes(capture(struct.pack("!H", len(body)) + body))
    assert dissect(file) == {"mti": "0200"} | {f"bit{n}": text for n, text in FIELDS.items()}
