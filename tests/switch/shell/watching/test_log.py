"""Log lines: JSON, stamped, few enough, and without a digit of a card that was not masked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.values import Pan, is_luhn_valid
from switch.core.events import TerminalFrameReceived
from switch.shell.watching.log import Log, mask_digits, places, shown

_PAN = "6219991234567890120"
_SECONDS = 1_403_055_000.5


class _Stamp:
    offset_ms = 0


def _log(limit: int = 100, offset_ms: int = 0) -> tuple[Log, list[bytes], list[float]]:
    lines: list[bytes] = []
    now = [_SECONDS]
    stamp = _Stamp()
    stamp.offset_ms = offset_ms
    return Log(lines.append, stamp, limit, lambda: now[0]), lines, now


def _one(lines: list[bytes]) -> Mapping[str, object]:
    (line,) = lines
    assert line.endswith(b"\n")
    entry: Mapping[str, object] = orjson.loads(line)
    return entry


def test_a_report_is_one_json_line_with_its_time_in_shanghai() -> None:
    log, lines, _ = _log()
    log.report("late_answer", {"stan": "000002", "waited_ms": 45_001})
    assert _one(lines) == {
        "at": "2014-06-18T09:30:00.500+08:00",
        "event": "late_answer",
        "level": "info",
        "stan": "000002",
        "waited_ms": 45_001,
    }


def test_a_business_date_is_marked_in_every_line() -> None:
    log, lines, _ = _log(offset_ms=86_400_000)
    log.alert("something", {})
    entry = _one(lines)
    assert entry["clock"] == "business"
    assert entry["at"] == "2014-06-19T09:30:00.500+08:00"
    assert entry["real_at"] == "2014-06-18T09:30:00.500+08:00"
    assert entry["level"] == "warning"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        (_PAN, "621999*********0120"),
        (f"card {_PAN}!", "card 621999*********0120!"),
        ("6219991234567890121", "6219991234567890121"),
        ("140305500050", "140305500050"),
        (f"19{_PAN}0", "*" * 22),
        (f"{_PAN}=4912220000000000", "621999*********0120=4912220000000000"),
        ("4012888888881881 and 4111111111111111", "401288******1881 and 411111******1111"),
    ],
)
def test_runs_of_digits_that_could_be_a_pan_are_masked(text: str, masked: str) -> None:
    assert mask_digits(text) == masked


@given(
    st.text(alphabet="0123456789", min_size=12, max_size=18),
    st.recursive(
        st.just("PAN"),
        lambda inner: (
            st.lists(inner, min_size=1, max_size=3)
            | st.dictionaries(st.just("key"), inner, min_size=1)
        ),
        max_leaves=5,
    ),
)
def test_no_pan_passes_wherever_it_stands(start: str, shape: object) -> None:
    pan = next(p for p in (f"{start}{digit}" for digit in range(10)) if is_luhn_valid(p))

    def filled(value: object) -> object:
        if isinstance(value, list):
            return [filled(each) for each in value]
        if isinstance(value, dict):
            return {pan: [filled(each) for each in value.values()]}
        return pan

    log, lines, _ = _log()
    log.report("leak", {"fact": filled(shape), "number": int(pan)})
    assert pan.encode() not in lines[0]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Pan(_PAN), "621999*********0120"),
        (b"\x12", "<bytes>"),
        (TerminalFrameReceived(1, b"\x60"), "<TerminalFrameReceived>"),
        ({1: (None, True, 2.5)}, {"1": [None, True, 2.5]}),
        (2**70, "*" * 22),
        ("\ud800", "?"),
        ({_PAN: 1}, {"621999*********0120": 1}),
    ],
)
def test_what_is_no_plain_value_is_told_by_its_type(value: object, told: object) -> None:
    assert shown(value) == told


def test_facts_that_nest_too_deeply_are_not_shown() -> None:
    deep: object = _PAN
    for _ in range(20):
        deep = [deep]
    text = orjson.dumps(shown(deep))
    assert b"<list>" in text
    assert b"6219" not in text


def test_a_fact_never_replaces_what_the_line_says_itself() -> None:
    log, lines, _ = _log()
    log.report("real", {"event": "false", "level": "none", "at": 0})
    entry = _one(lines)
    assert (entry["event"], entry["level"], entry["event_"]) == ("real", "info", "false")


def test_lines_over_the_limit_of_a_second_are_counted_and_left_out() -> None:
    log, lines, now = _log(limit=3)
    for number in range(10):
        log.report("flood", {"number": number})
    assert len(lines) == 3
    assert log.counters.log_lines_left_out == 7
    now[0] += 1
    log.report("after", {})
    told = [orjson.loads(line) for line in lines[3:]]
    assert [(each["event"], each.get("count")) for each in told] == [
        ("log_lines_left_out", 7),
        ("after", None),
    ]


def test_the_reason_of_a_stop_is_written_whatever_the_limit_says() -> None:
    log, lines, _ = _log(limit=1)
    log.report("one", {})
    log.stopped("internal_error", None, {"reason": "x"})
    assert orjson.loads(lines[-1])["event"] == "internal_error"


def test_a_traceback_has_places_and_neither_text_nor_values() -> None:
    def fails(pan: str) -> None:
        raise KeyError(pan)

    with pytest.raises(KeyError) as raised:
        fails(_PAN)
    found = places(raised.value)
    log, lines, _ = _log()
    log.stopped("internal_error", raised.value, {"reason": "KeyError"})
    assert len(found) == 2
    assert found[-1].endswith(" fails")
    assert "watching/test_log.py:" in found[-1]
    assert b"621999" not in lines[0]


def test_a_line_that_cannot_be_written_is_lost_and_nothing_else() -> None:
    with Path(os.devnull).open("rb") as unwritable:
        log = Log(unwritable.write, _Stamp(), 10)
        log.report("lost", {})


def test_a_message_struct_in_the_facts_does_not_leak() -> None:
    class _Card(msgspec.Struct):
        pan: str

    log, lines, _ = _log()
    log.report("leak", {"card": _Card(_PAN), "cards": [_Card(_PAN)]})
    assert b"1234567890" not in lines[0]
