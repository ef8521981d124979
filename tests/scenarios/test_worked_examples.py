"""The frames of the worked examples, byte for byte, over a plain socket against a fresh switch."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from messages.crypto.keys import Tmk, unwrap_field_62
from simulators.wire import Heard
from switch.core.transaction import State
from tests.scenarios.town import FRAMES, LINK_WIRE, MAK, PIK, WIRE, Bank, Caller, call, play, town

_AT = "2014-06-18T09:30"
_ORDER = ("sign-on", "withdrawal", "balance", "reversal", "echo")
_MAC = WIRE.mac(MAK)
_TPDU = slice(0, 5)
_CHOSEN = (7, 11, 12, 37)
"""What the switch chooses itself: its moment and its numbers."""
_MORE = frozenset({15, 38, 55})
"""What the worked examples leave out: the clearing date that a centre sets (the switch is one),
the chip, and in the reversal of an approval its number."""


def _check(sent: bytes, answer: Heard) -> None:
    """Check what every answer has: type, addresses, echoes, and a MAC where the request had one."""
    asked = WIRE.hear(WIRE.bare(sent))
    assert answer.mti == f"{asked.mti[:2]}{int(asked.mti[2]) + 1}0"
    assert answer.frame[_TPDU].hex() == "6000000005"
    for number in (11, 41, 42):
        assert answer.fields.get(number) == asked.fields.get(number)
    assert WIRE.is_authentic(answer, _MAC) == (64 in asked.fields)


async def _whole(caller: Caller, frames: list[bytes]) -> list[Heard]:
    return [await caller.ask(frame) for frame in frames]


async def _byte_by_byte(caller: Caller, frames: list[bytes]) -> list[Heard]:
    answers = []
    for frame in frames:
        for number in frame:
            caller.write(bytes([number]))
            await caller.flush()
            await asyncio.sleep(0)
        answers.append(await caller.hear())
    return answers


async def _glued(caller: Caller, frames: list[bytes]) -> list[Heard]:
    """Send all but the reversal in one piece; a terminal reverses what it has waited for."""
    sign_on, withdrawal, balance, reversal, echo = frames
    answers = [await caller.ask(sign_on)]
    caller.write(withdrawal + balance + echo)
    found = {answer.mti + answer.get(11): answer for answer in [await caller.hear() for _ in "123"]}
    answers += [found["0210000002"], found["0210000003"]]
    caller.write(reversal + echo)
    first, second = await caller.hear(), await caller.hear()
    answers += sorted((first, second), key=lambda answer: answer.mti)
    return answers


@pytest.mark.parametrize("way", [_whole, _byte_by_byte, _glued])
def test_the_frames_of_a_day_are_answered_in_their_order(tmp_path: Path, way: object) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", _AT) as here:
            frames = [FRAMES[name] for name in _ORDER]
            caller = await call(here)
            assert callable(way)
            answers: list[Heard] = await way(caller, frames)
            caller.close()
            rows = await here.rows(lambda rows: any(r.state is State.REVERSED for r in rows))
        for frame, answer in zip(frames, answers, strict=True):
            _check(frame, answer)
        sign_on, withdrawal, balance, reversal, echo = answers
        assert [each.get(39) for each in answers] == ["00"] * 5
        keys = unwrap_field_62(
            Tmk.from_hex("0123456789ABCDEFFEDCBA9876543210"), bytes.fromhex(sign_on.get(62))
        )
        assert (keys.pik, keys.mak) == (PIK, MAK)
        assert sign_on.get(60)[2:8] == "000002"
        assert withdrawal.get(54)[-12:] == "000000950000"
        assert withdrawal.get(38)
        assert balance.get(54)
        assert reversal.get(37) == withdrawal.get(37)
        assert echo.mti == "0830"
        assert {row.key.stan: row.state for row in rows}["000002"] is State.REVERSED
        _check_the_bank(here.bank)

    play(scenario())


def _check_the_bank(bank: Bank) -> None:
    """Check that the issuer side builds the worked examples for the same values."""
    for sign_on in bank.heard("0820"):
        _same("interbank-sign-on", sign_on, without=())
    withdrawal, inquiry = sorted(bank.heard("0200"), key=lambda heard: heard.get(3))
    assert inquiry.get(3) == "300000"
    _same("interbank-withdrawal", withdrawal, without=(60,))
    assert withdrawal.get(15) == withdrawal.get(13)
    (reversal,) = bank.heard("0420")
    _same("interbank-reversal", reversal, without=(60,))
    assert reversal.get(90)[:20] == "0200" + withdrawal.get(11) + withdrawal.get(7)
    assert reversal.get(37) == withdrawal.get(37)
    assert not any(host.refused_macs for host in bank.hosts)
    assert bank.accounts.closing_fen == bank.accounts.opening_fen


def _same(name: str, heard: Heard, without: tuple[int, ...]) -> None:
    """Compare a message with its worked example.

    Left out are numbers and moments that the switch chooses, with the MAC and DE 90 over them, and
    `without`: DE 60 tells more of the terminal than the worked examples, or another reason.
    """
    expected = LINK_WIRE.hear(LINK_WIRE.bare(FRAMES[name]))
    left_out = {*_CHOSEN, *_MORE, *without, 90, 128}
    assert heard.mti == expected.mti
    assert heard.fields.keys() - _MORE == expected.fields.keys()
    kept = {n: text for n, text in heard.fields.items() if n not in left_out}
    assert kept == {n: text for n, text in expected.fields.items() if n not in left_out}
    # The header and DE 60's reason are the same; what differs is lengths alone.
    assert heard.frame[6:46] == expected.frame[6:46]


def test_a_settlement_is_answered_with_its_result_in_both_halves(tmp_path: Path) -> None:
    """The worked batch holds one withdrawal of 500.00; DE 32 is the switch's own acquirer."""

    async def scenario() -> None:
        async with town(tmp_path / "city", _AT) as here:
            caller = await call(here)
            await caller.ask(FRAMES["sign-on"])
            await caller.ask(FRAMES["withdrawal"])
            answer = await caller.ask(FRAMES["settlement"])
            caller.close()
            expected = WIRE.hear(WIRE.bare(FRAMES["settlement-response"]))
            assert answer.mti == expected.mti
            assert answer.fields.keys() == expected.fields.keys()
            chosen = {12, 13, 15, 37}
            kept = {n: text for n, text in answer.fields.items() if n not in chosen}
            assert kept == {n: text for n, text in expected.fields.items() if n not in chosen}

    play(scenario())
