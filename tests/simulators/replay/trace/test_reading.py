"""Traces are read as streams, from files and folders, and refused at the line that is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.trace.form import LONGEST_LINE, Header, Side, TraceError
from simulators.replay.trace.reading import Trace
from simulators.replay.trace.writing import write_trace
from tests.simulators.replay.days import day, frames, written

_SIDES: Final[dict[Side, str]] = {"terminal": "pos", "issuer": "interbank"}


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


def test_a_recording_that_was_killed_is_read_up_to_its_last_line(tmp_path: Path) -> None:
    path = written(tmp_path / "t.jsonl", day(2))
    whole, lines = path.read_bytes(), frames(list(day(2)))
    header = whole.index(b"\n") + 1
    for size in range(header, len(whole)):
        path.write_bytes(whole[:size])
        said: list[str] = []
        assert list(Trace(str(path), said.append)) == lines[: whole[header:size].count(b"\n")]
        is_torn = not whole[:size].endswith(b"\n")
        number = whole[:size].count(b"\n") + 1
        assert said == [f"{path}:{number}: the last line is cut off; read up to it"] * is_torn


def test_a_torn_file_among_others_hides_none_of_them(tmp_path: Path) -> None:
    raws = list(day(4))
    torn = written(tmp_path / "trace-000001.jsonl", raws[:4])
    torn.write_bytes(torn.read_bytes()[:-5])
    for number, content in ((2, b""), (3, b'{"jinbao_trace":1,"made')):
        (tmp_path / f"trace-{number:06d}.jsonl").write_bytes(content)
    written(tmp_path / "trace-000004.jsonl", raws[4:])
    said: list[str] = []
    trace = Trace(str(tmp_path), said.append)
    # Whoever reads it twice hears of it once.
    for _ in range(2):
        assert list(trace) == frames(raws[:3]) + frames(raws[4:])
    assert [text.partition(": ")[2] for text in said] == [
        "cut off before its first frame; passed over",
        "cut off before its first frame; passed over",
        "the last line is cut off; read up to it",
    ]


def test_other_recording_keys_in_one_folder_are_told(tmp_path: Path) -> None:
    written(tmp_path / "a.jsonl", day(1))
    write_trace(str(tmp_path / "b.jsonl"), Header(made_by="x", dialects=dict(_SIDES)), [])
    said: list[str] = []
    assert len(list(Trace(str(tmp_path), said.append))) == 2
    assert said == [f"{tmp_path}/b.jsonl: another recording key: its stand-ins are others"]


@given(data=st.binary(max_size=400))
def test_anything_at_all_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_bytes(data)
    with pytest.raises(TraceError):
        list(Trace(str(path)))
