"""Traces are read as streams, from files and folders, and refused at the line that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.trace.form import LONGEST_LINE, TraceError
from simulators.replay.trace.reading import Trace
from tests.simulators.replay.days import day, frames, written


def test_a_file_gives_header_and_frames(tmp_path: Path) -> None:
    trace = Trace(str(written(tmp_path / "t.jsonl", day(5))))
    assert trace.header.dialects == {"terminal": "pos", "issuer": "interbank"}
    assert list(trace) == frames(list(day(5)))


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    raws = list(day(4))
    written(tmp_path / "trace-000002.jsonl", raws[4:])
    written(tmp_path / "trace-000001.jsonl", raws[:4])
    assert list(Trace(str(tmp_path))) == frames(raws)


def test_nothing_to_read_is_said(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match=r"no \*\.jsonl"):
        Trace(str(tmp_path))
    with pytest.raises(TraceError, match="No such file"):
        Trace(str(tmp_path / "none"))
    (tmp_path / "empty").touch()
    with pytest.raises(TraceError, match="begins with a header"):
        Trace(str(tmp_path / "empty"))


def test_a_gigabyte_line_is_not_read_into_memory(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl", day(1))
    with path.open("r+b") as stream:
        stream.seek(0, 2)
        stream.seek(1 << 30, 1)
        stream.write(b"\n")
    with pytest.raises(TraceError, match=rf":\d: a line of more than {LONGEST_LINE} bytes"):
        list(Trace(str(path)))


def test_a_line_that_is_cut_off_is_said(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl", day(1))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(TraceError, match=":3: the last line is cut off"):
        list(Trace(str(path)))


@given(data=st.binary(max_size=400))
def test_anything_at_all_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(data)
    with pytest.raises(TraceError):
        list(Trace(str(path)))
