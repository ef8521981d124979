"""A message is read as far as it can be; what is wrong with its bytes is a judgement."""

from __future__ import annotations

import pytest

from messages.framing import Framing
from simulators.conformance.hearing.heard import Heard, Unreadable, is_utf8_chinese, read
from simulators.conformance.mutants.places import pos, swap
from tests.simulators.conformance import frames

_HEADS = 11
_FRAMING = Framing(pos().frame)


def _heard(frame: bytes) -> Heard:
    heard = read(pos(), _FRAMING, frame)
    assert isinstance(heard, Heard)
    return heard


def _with(number: int, content: bytes, *, length: bool = False) -> bytes:
    frame = frames.WITHDRAWAL[2:]
    return frame[:_HEADS] + swap(frame[_HEADS:], number, content, length=length)


def _broken(frame: bytes) -> set[tuple[str, str]]:
    heard = read(pos(), _FRAMING, frame, [("50010001", "999653080110001")])
    return {(j.check, j.field) for j in heard.judgements if not j.ok}


@pytest.mark.parametrize(
    "frame",
    [frames.SIGN_ON, frames.WITHDRAWAL, frames.BALANCE, frames.REVERSAL, frames.SETTLEMENT,
     frames.ECHO, frames.PUBLISHED],
)  # fmt: skip
def test_the_worked_frames_are_without_fault(frame: bytes) -> None:
    assert not _broken(frame[2:])


def test_a_message_knows_its_transaction_and_where_things_are() -> None:
    heard = _heard(frames.WITHDRAWAL[2:])
    assert (heard.mti, heard.transaction, heard.kind) == ("0200", *["rural_withdrawal"] * 2)
    assert heard.get("60.2") == "000002"
    assert frames.WITHDRAWAL[heard.at("3") :][:3] == bytes.fromhex("010000")
    assert heard.at("62") == -1


def test_what_is_shown_of_a_card_is_masked() -> None:
    heard = _heard(frames.WITHDRAWAL[2:])
    assert heard.shown("2").count("*") >= 9
    assert heard.shown("35").strip("*") == ""
    assert heard.shown("3") == "010000"
    assert "6219991234567890120" not in repr(heard)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (_with(2, bytes.fromhex("6219991234567890120F")), ("pad", "2")),
        (_with(22, bytes.fromhex("0051")), ("pad", "22")),
        (_with(4, b"\xa0" + bytes(5)), ("characters", "4")),
        (_with(35, b"\x18" + bytes.fromhex("6219991234567890120D4912220000000000"), length=True),
         ("prefix-unit", "35")),
        (_with(42, b"99965308011000"), ("fixed-length", "42")),
        (_with(64, b"73bae89d"), ("mac-text", "64")),
        (_with(55, b"\x00\x05\x9f\x26\x08\xa1\xb2", length=True), ("sub-fields", "55")),
        (frames.WITHDRAWAL[2:] + b"\0", ("trailing", "")),
    ],
)  # fmt: skip
def test_each_fault_of_writing_is_named(frame: bytes, expected: tuple[str, str]) -> None:
    assert {(check, field.partition(".")[0]) for check, field in _broken(frame)} == {expected}


def test_what_cannot_be_read_says_where_it_stops() -> None:
    found = read(pos(), _FRAMING, frames.WITHDRAWAL[2:-12])
    assert isinstance(found, Unreadable)
    assert found.judgements[0].check == "readable"
    assert found.judgements[0].offset > 0


def test_a_request_that_lacks_a_code_is_still_the_nearest_transaction() -> None:
    body = frames.BALANCE[2 + _HEADS :]
    bits = int.from_bytes(body[2:10]) & ~(1 << (64 - 25))
    place = body.index(bytes.fromhex("0510000100")) + 4
    without = body[:2] + bits.to_bytes(8) + body[10:place] + body[place + 1 :]
    heard = _heard(frames.BALANCE[2 : 2 + _HEADS] + without)
    assert heard.transaction == "balance_inquiry"
    assert 25 not in heard.message.fields


def test_utf_8_is_told_from_gbk() -> None:
    assert is_utf8_chinese("张三".encode())
    assert not is_utf8_chinese("张三".encode("gbk"))
    assert not is_utf8_chinese(b"01 ")
