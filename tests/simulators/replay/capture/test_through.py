"""Other formats are left to tshark, whose absence and refusals are told in one sentence."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from simulators.replay.capture.through import converted
from simulators.replay.trace.form import TraceError


def _program(folder: Path, body: str) -> str:
    """Return a program that stands in for tshark."""
    path = folder / "stand-in"
    path.write_text(f"#!{sys.executable}\nimport sys\n{body}\n")
    path.chmod(0o755)
    return str(path)


def test_what_the_program_writes_is_read(tmp_path: Path) -> None:
    capture = tmp_path / "c.snoop"
    capture.write_bytes(b"snoop")
    body = "sys.stdout.buffer.write(open(sys.argv[2], 'rb').read()[::-1])"
    with converted(str(capture), _program(tmp_path, body)) as stream:
        assert stream.read() == b"poons"


def test_a_refusal_is_told(tmp_path: Path) -> None:
    capture = tmp_path / "c"
    capture.touch()
    program = _program(tmp_path, "sys.exit('first line\\nnot a capture file')")
    with (
        pytest.raises(TraceError, match=r"refused it .not a capture file"),
        converted(str(capture), program) as stream,
    ):
        stream.read()


def test_without_the_program_or_the_file_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="not installed"), converted("c", "no-such-program"):
        pass
    with (
        pytest.raises(TraceError, match="no such file"),
        converted(str(tmp_path / "none"), sys.executable),
    ):
        pass
