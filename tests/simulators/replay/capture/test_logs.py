"""Logs become traces by the pattern of their lines."""

from __future__ import annotations

import io
import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.capture.logs import LogImporter
from simulators.replay.trace.form import LONGEST_LINE, Frame, TraceError
from tests.simulators.replay.days import DIALECTS, START_US, maker
from tests.switch.cli.running import sample


def _read(text: bytes, pattern: str = "") -> tuple[list[Frame], LogImporter]:
    importer = LogImporter(maker(), DIALECTS, pattern)
    return list(importer.of(io.BytesIO(text), "h.log")), importer


def test_the_usual_line_has_time_connection_direction_and_digits() -> None:
    asked, told = sample("withdrawal"), sample("withdrawal-response")
    text = (
        "starting up\n"
        f"2014-06-18 10:00:00.000123 t-1 RX 277 bytes {asked}\n"
        f"2014-06-18T02:00:00.030Z t-1 TX {told[4:].lower()}\n"
    )
    found, importer = _read(text.encode())
    assert [frame.at_us for frame in found] == [START_US + 123, START_US + 30_000]
    assert [frame.to for frame in found] == ["switch", "peer"]
    assert found[0].connection == "t-1"
    assert found[1].data[:2] == bytes.fromhex(told[:4])
    assert importer.skipped == {"lines that do not have the pattern": 1}


def test_a_pattern_of_ones_own() -> None:
    text = f"[{sample('interbank-withdrawal')}]\n[{sample('balance')}]\n".encode()
    found, _ = _read(text, r"\[(?P<hex>\w+)\]")
    assert [(frame.side, frame.to) for frame in found] == [
        ("issuer", "peer"), ("terminal", "switch"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "why"), [("(", "no regular expression"), ("x", "no group called hex")]
)
def test_a_pattern_that_is_none_is_said(pattern: str, why: str) -> None:
    with pytest.raises(TraceError, match=why):
        LogImporter(maker(), DIALECTS, pattern)


def test_absurd_lines_and_logs_without_a_frame_are_refused() -> None:
    with pytest.raises(TraceError, match=f"h.log:1: a line of more than {LONGEST_LINE}"):
        _read(b"A" * (LONGEST_LINE + 5))
    with pytest.raises(TraceError, match="no line of 2"):
        _read(b"one\ntwo\n")


def test_digits_that_are_no_frame_are_counted() -> None:
    text = f"{sample('balance')}\nFFFFFFFF\nABC\n".encode()
    found, importer = _read(text, r"^(?P<hex>[0-9A-F]+)$")
    assert len(found) == 1
    assert sum(importer.skipped.values()) == 2


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(TraceError):
        found, _ = _read(data, r"(?P<hex>[0-9A-F]{2,})")
        assert found


@pytest.mark.parametrize(
    "line",
    [
        "2014-06-18 10:00:00" + " " * 100_000,
        "2014-06-18 10:00:00 t >" + " " * 100_000 + "x",
        "2014-06-18 10:00:00 t > " + "AAAAAAAA " * 10_000 + "x",
        "2014-06-18 10:00:00 " * 5_000,
        "2014-06-18 10:00:00 t > " + "A" * 100_000 + "x",
    ],
)
def test_no_line_is_gone_through_again_and_again(line: str) -> None:
    before = time.process_time()
    importer = LogImporter(maker(), DIALECTS)
    with pytest.raises(TraceError, match="no line of 1"):
        list(importer.of(io.BytesIO(line.encode()), "l"))
    # Where what was taken is taken back, one such line takes minutes.
    assert time.process_time() - before < 5
