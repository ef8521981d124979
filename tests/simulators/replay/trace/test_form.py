"""Lines of a trace survive a round trip, and what is none is refused without quoting it."""

from __future__ import annotations

import json

import pytest

from simulators.replay.trace.form import (
    VERSION,
    Frame,
    Header,
    TraceError,
    line_of,
    read_frame,
    read_header,
)
from tests.simulators.replay.days import day, frames


def test_lines_come_back_as_they_were() -> None:
    for frame in frames(list(day(3))):
        assert read_frame(line_of(frame), "here") == frame
    header = Header(made_by="a test", dialects={"terminal": "pos"}, skipped=("one packet",))
    assert read_header(line_of(header), "here") == header


def test_a_line_is_what_jq_reads() -> None:
    told = json.loads(line_of(frames(list(day(1)))[0]))
    assert told["summary"]["mti"] == "0200"
    assert told["to"] == "switch"
    assert bytes.fromhex(told["hex"])


def test_keys_that_nobody_knows_are_passed_over() -> None:
    line = b'{"at_us":1,"connection":"c","side":"issuer","to":"peer","hex":"00","new":{"a":1}}\n'
    assert read_frame(line, "here") == Frame(
        at_us=1, connection="c", side="issuer", to="peer", hex="00"
    )


@pytest.mark.parametrize(
    "line",
    [b"", b"{}", b"[1]", b'{"at_us":"x"}', b'{"at_us":1,"connection":"c","side":"x","to":"peer"}'],
)
def test_what_is_no_line_is_refused(line: bytes) -> None:
    with pytest.raises(TraceError, match="here: no frame of a trace"):
        read_frame(line, "here")
    with pytest.raises(TraceError, match="here: not the header"):
        read_header(line, "here")


def test_bad_hexadecimal_is_refused_and_not_quoted() -> None:
    line = b'{"at_us":1,"connection":"c","side":"issuer","to":"peer","hex":"62199912345678901zz"}'
    with pytest.raises(TraceError) as refused:
        read_frame(line, "t.jsonl:2")
    assert "621999" not in str(refused.value)
    assert str(refused.value).startswith("t.jsonl:2: no frame")


def test_a_later_version_is_refused() -> None:
    line = line_of(Header(jinbao_trace=VERSION + 1, made_by="x", dialects={}))
    with pytest.raises(TraceError, match=f"version {VERSION + 1}"):
        read_header(line, "here")
