"""A message as tables: complete, masked, and harmless on a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.cli.messages.reading import Reading, read_frame
from switch.cli.messages.table import message_table, mti_words
from tests.switch.cli.running import run, sample, samples


def _table(frame: str, *, reveal: bool = False) -> str:
    reading = read_frame(bytes.fromhex(frame), "")
    assert isinstance(reading, Reading)
    return message_table(reading, reveal)


def _columns(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def test_the_table_says_what_the_message_is_and_means() -> None:
    table = _table(sample("withdrawal"))
    for text in (
        "0200 financial request 金融请求: Rural withdrawal, request 助农取款请求",
        "dialect pos (2-byte length 0x0115 fits",
        "Destination address 目的地址",
        "IC card payment IC卡金融支付类",
        "621999*********0120",
        "500.00",
        "55.9F26",
        "A1B2C3D4E5F60718",
        "Batch number 批次号",
        "nothing odd 未见异常",
    ):
        assert text in table


def test_a_response_code_is_explained_and_a_reason_of_a_reversal_is_not_taken_for_one() -> None:
    assert "approved" in _table(sample("withdrawal-response")).lower()
    approved = "Response code (reversal: reason) 应答码: "
    reversal = next(line for line in _table(sample("reversal")).splitlines() if " 98 " in line)
    assert approved not in reversal


def test_parts_of_parts_are_shown() -> None:
    table = _table(sample("interbank-withdrawal"))
    assert "    60.3.1" in table
    assert "county and township" in table


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize(("name", "frame"), samples())
def test_no_line_is_wider_than_the_terminal(
    name: str, frame: str, width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert max(map(_columns, _table(frame).splitlines())) <= width, name


def test_there_is_no_colour_and_no_trailing_blank_where_there_is_no_terminal() -> None:
    table = _table(sample("withdrawal"))
    assert "\x1b" not in table
    assert all(line == line.rstrip() for line in table.splitlines())


@given(st.binary(min_size=8, max_size=8))
def test_control_characters_never_reach_the_terminal(content: bytes) -> None:
    text = bytes(byte % 128 for byte in content)
    message = {"dialect": "pos", "mti": "0820", "raw": {"41": text.hex()}}
    frame = run("encode", json.dumps(message)).out.strip()
    table = _table(frame)
    assert all(letter.isprintable() or letter == "\n" for letter in table)
    # JSON escapes all of them but the last, DEL, which does nothing.
    assert all(letter >= " " for letter in run("decode", "--json", frame).out.rstrip("\n"))


def test_findings_are_listed_in_both_languages() -> None:
    frame = run("encode", '{"dialect":"pos","mti":"0820","fields":{"60":"00000002301"}}').out
    table = _table(frame.strip())
    assert "missing: a request of Echo test needs it" in table
    assert "缺少" in table


@pytest.mark.parametrize(
    ("mti", "english"),
    [
        ("0200", "financial request"),
        ("0421", "reversal advice, repeated"),
        ("0510", "settlement response"),
        ("0830", "network management advice response"),
        ("9999", "reserved class reserved function, repeated"),
    ],
)
def test_an_mti_is_put_into_words(mti: str, english: str) -> None:
    assert mti_words(mti).en == english
