"""Files are whole or not there, and recordings keep to their sizes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from msgspec.structs import replace

from simulators.replay.trace.form import Frame, Header, TraceError
from simulators.replay.trace.reading import Trace
from simulators.replay.trace.writing import Rotation, whole_file, write_trace
from tests.simulators.replay.days import day, frames

_HEADER = Header(made_by="a test", dialects={"terminal": "pos"})


def test_an_error_leaves_nothing_behind(tmp_path: Path) -> None:
    def failing() -> Iterator[Frame]:
        yield from frames(list(day(3)))
        raise TraceError("the source ended badly")

    with pytest.raises(TraceError, match="ended badly"):
        write_trace(str(tmp_path / "t.jsonl"), _HEADER, failing())
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_where_the_new_one_fails(tmp_path: Path) -> None:
    path = tmp_path / "t"
    path.write_text("old")

    with pytest.raises(TraceError):
        write_trace(str(path), _HEADER, Trace(str(tmp_path / "none")))
    assert path.read_text() == "old"


def test_a_place_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="No such file"):
        write_trace(str(tmp_path / "no" / "t.jsonl"), _HEADER, [])


def test_remarks_that_come_last_are_in_the_header(tmp_path: Path) -> None:
    path = str(tmp_path / "t.jsonl")
    told = frames(list(day(2)))
    last = replace(_HEADER, skipped=("so much",))
    assert write_trace(path, _HEADER, told, lambda: last) == len(told)
    assert Trace(path).header.skipped == ("so much",)
    assert list(Trace(path)) == told
    flood = replace(_HEADER, skipped=tuple("x" * 500 for _ in range(20)))
    write_trace(path, _HEADER, told, lambda: flood)
    assert 0 < len(Trace(path).header.skipped) < 20
    assert list(Trace(path)) == told


def test_recordings_begin_new_files_and_drop_the_oldest(tmp_path: Path) -> None:
    rotation = Rotation(tmp_path, _HEADER, file_bytes=1_000, total_bytes=4_000)
    for _ in range(40):
        rotation.write([b'{"line":1}'.ljust(199) + b"\n"])
    rotation.close()
    paths = sorted(tmp_path.iterdir())
    assert len(paths) >= 2
    assert sum(path.stat().st_size for path in paths) <= 4_000 + 1_200
    assert paths[0].name != "trace-000001.jsonl"
    again = Rotation(tmp_path, _HEADER, file_bytes=1_000, total_bytes=4_000)
    again.write([b"{}\n"])
    again.close()
    assert max(tmp_path.iterdir()).name > paths[-1].name
    assert paths[-1].stat().st_mode & 0o077 == 0


def test_what_is_no_file_is_written_to_and_a_link_stays_one(tmp_path: Path) -> None:
    with whole_file("/dev/null") as stream:
        stream.write(b"x")
    assert not Path("/dev/null").is_file()
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as reader:
        read = reader.submit(pipe.read_bytes)
        with whole_file(str(pipe)) as stream:
            stream.write(b"through")
        assert read.result(timeout=30) == b"through"
    assert pipe.is_fifo()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "file")
    with whole_file(str(link)) as stream:
        stream.write(b"behind")
    assert link.is_symlink()
    assert (tmp_path / "file").read_bytes() == b"behind"
    with pytest.raises(TraceError, match="directory"), whole_file(str(tmp_path)):
        pass


def test_a_signal_leaves_nothing_half_written(tmp_path: Path) -> None:
    def written() -> None:
        with whole_file(str(tmp_path / "t")) as stream:
            stream.write(b"x")
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit) as ended:
        written()
    assert ended.value.code == 128 + signal.SIGTERM
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert list(tmp_path.iterdir()) == []
