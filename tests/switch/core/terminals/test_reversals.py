"""A terminal's 0400: idempotent, whatever the original did or whether there is one."""

from __future__ import annotations

from typing import Any

import pytest

from messages.view import Viewer
from switch.core.operations import (
    Operation,
    Reverse,
)
from switch.core.transaction import State
from tests.switch.core.stage import FRAMES, POS, Stage, mute, saying, silent

_DAY_MS = 86_400_000


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.sign_on()
    return stage


def _is_proven(stage: Stage) -> bool:
    view = Viewer(POS).index(stage.told[-1], 13)
    return stage.mac.verify(view.mab(), view.raw(64))


def test_an_approval_is_reversed_and_its_room_given_back(stage: Stage) -> None:
    stage.withdraw()
    stage.reverse()
    golden = stage.codec.decode(FRAMES["reversal-response"], 13).fields
    assert stage.code == "00"
    assert stage.last().keys() == golden.keys()
    assert stage.last()[37] == stage.row().record.rrn
    assert _is_proven(stage)
    stage.pass_time(500)
    assert stage.row().state is State.REVERSED
    assert len(stage.reversals()) == 1
    totals = stage.ledger.totals()
    assert (totals.held_fen, totals.committed_fen) == (0, 0)


def test_a_repeated_reversal_gets_the_same_answer_and_moves_nothing(stage: Stage) -> None:
    stage.withdraw()
    for _ in range(3):
        stage.reverse()
        stage.pass_time(500)
    assert stage.codes()[2:] == ["00", "00", "00"]
    assert len(stage.reversals()) == 1


@pytest.mark.parametrize(
    ("told", "reason"), [("98", "4021"), ("A0", "4002"), ("06", "4007"), ("17", "4001")]
)
def test_the_terminals_reason_goes_on_to_the_issuer(stage: Stage, told: str, reason: str) -> None:
    stage.withdraw()
    stage.reverse(f39=told)
    stage.pass_time(500)
    assert stage.reversals()[0][60].startswith(reason)


def test_while_the_original_is_opening_it_is_never_forwarded(stage: Stage) -> None:
    stage.stall()
    stage.withdraw()
    stage.reverse()
    stage.flow()
    stage.pass_time(60_000)
    assert stage.requests() == []
    assert stage.codes()[1:] == ["00"]
    assert stage.row().state is State.REVERSED
    assert stage.engine.is_idle


def test_while_the_original_is_with_the_issuer_it_is_never_approved(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw()
    stage.reverse()
    assert stage.told[-1][13:15].hex() == "0410"
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    stage.issue = silent
    stage.pass_time(2_000)
    assert stage.codes()[1:] == ["00"]
    assert stage.row().state is State.REVERSED
    assert len({fields[11] for fields in stage.reversals()}) == 1


def test_while_the_original_is_closing_it_is_never_approved(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw()
    stage.stall()
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    stage.reverse()
    stage.issue = silent
    stage.flow()
    stage.pass_time(2_000)
    assert [frame[13:15].hex() for frame in stage.told[1:]] == ["0410"]
    assert stage.row().state is State.REVERSED
    assert len({fields[11] for fields in stage.reversals()}) == 1


def test_after_a_98_the_0420_of_the_time_out_stays_the_only_one(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw()
    stage.pass_time(45_000)
    stage.reverse(f39="06")
    assert stage.codes()[1:] == ["98", "00"]
    stage.issue = silent
    stage.pass_time(10_000)
    assert {fields[60][:4] for fields in stage.reversals()} == {"4021"}
    assert len({fields[11] for fields in stage.reversals()}) == 1


def test_a_declined_original_has_nothing_to_reverse(stage: Stage) -> None:
    stage.issue = saying("51")
    stage.withdraw()
    stage.reverse()
    stage.pass_time(5_000)
    assert stage.code == "00"
    assert stage.reversals() == []


def test_an_unknown_original_is_25_and_remembered(stage: Stage) -> None:
    stage.reverse()
    assert stage.code == "25"
    assert _is_proven(stage)
    stage.reverse()
    assert stage.code == "25"
    stage.withdraw()
    assert stage.code == "25"
    assert stage.requests() == []


def test_after_midnight_and_after_a_new_sign_on_it_is_still_found(stage: Stage) -> None:
    stage.withdraw()
    stage.pass_time(_DAY_MS)
    stage.sign_on()
    stage.reverse()
    assert stage.code == "00"
    assert stage.last()[15] == "0618"
    stage.pass_time(500)
    assert stage.row().state is State.REVERSED


def test_a_reversal_is_never_77(stage: Stage) -> None:
    stage.reverse(f60="7000000900060")
    assert stage.code == "25"
    fresh = Stage()
    fresh.reverse()
    assert fresh.code == "A0"
    assert 64 not in fresh.last()
    assert fresh.told[-1][7:13].hex()[5] == "3"


def test_signed_off_the_last_key_still_proves_a_reversal(stage: Stage) -> None:
    stage.withdraw()
    echo = stage.codec.decode(FRAMES["echo"], 13).fields
    stage.terminal_says(stage.build("0820", echo | {11: "000009", 60: "00000002002"}))
    stage.reverse()
    assert stage.code == "00"


def test_a_reversal_with_a_wrong_mac_is_a0_and_changes_nothing(stage: Stage) -> None:
    stage.withdraw()
    frame = FRAMES["reversal"]
    stage.terminal_says(frame[:-8] + b"00000000")
    assert stage.code == "A0"
    assert stage.row().state is State.APPROVED


def test_what_has_no_reversal_is_12_and_goes_on(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw(f3="310000", f4=None, f60="7100000200060")
    stage.reverse()
    assert stage.code == "12"
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    assert stage.codes()[1:] == ["12", "00"]
    stage.reverse(f3="310000", f60="7100000200060")
    assert stage.code == "12"


@pytest.mark.parametrize("missing", ["f2", "f11"])
def test_what_names_no_original_is_a_format_error(stage: Stage, missing: str) -> None:
    changes: dict[str, Any] = {missing: None}
    stage.reverse(**changes)
    assert stage.code == "30"


def test_strangers_are_97_and_03(stage: Stage) -> None:
    stage.reverse(f41="99999999")
    stage.reverse(f42="999653080110009")
    assert stage.codes()[1:] == ["97", "03"]


def test_0410_leaves_only_when_the_reversal_is_durable(stage: Stage) -> None:
    stage.withdraw()
    stage.stall()
    stage.reverse()
    assert len(stage.told) == 2
    stage.flow()
    assert stage.code == "00"


@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_a_reversal_of_unknown_outcome_is_answered_when_it_is_known(
    stage: Stage, fate: str
) -> None:
    stage.withdraw()
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, Reverse) and len(lost) < 2:
            lost.append(operation)
            return fate
        return ""

    stage.lose = lose
    stage.reverse()
    assert len(stage.told) == 2
    stage.pass_time(1_000)
    assert stage.codes()[2:] == ["00"]
    assert len(stage.reversals()) == 1


def test_without_a_free_number_a_reversal_is_96_and_breaks_nothing(stage: Stage) -> None:
    stage.withdraw()
    stans = stage.engine._in_flight._stans
    stans.ask, stans.promised = None, stans.left
    stage.reverse()
    assert stage.code == "96"
    assert stage.row().state is State.APPROVED
