"""What the switch refuses by itself is counted once, told in time, and lost only with a crash."""

from __future__ import annotations

import pytest

from messages.codec import Codec
from switch.core.events import DrainBegun, TerminalConnected
from switch.core.operations import CountRefusals, Operation
from switch.core.terminals.refusals import DAYS_KEPT, MOST_AT_ONCE, TOLD_EVERY_MS
from switch.ledger.protocol import Refusals
from tests.switch.core.stage import POS, Stage, saying

DAY = 20140618
POINT, BANK = "999653080110001", "99910000"
_TOO_LITTLE, _TOO_MUCH = "000000000500", "000000110000"
_DAY_MS = 86_400_000


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.sign_on()
    return stage


def _counted(stage: Stage) -> list[Refusals]:
    return list(stage.ledger.refusals(20140101, 20991231))


def test_a_refusal_is_with_the_ledger_within_a_second_by_point_bank_and_reason(
    stage: Stage,
) -> None:
    stage.withdraw("000002", f4=_TOO_LITTLE)
    stage.withdraw("000003", f4=_TOO_LITTLE)
    stage.withdraw("000004", f4=_TOO_MUCH)
    assert stage.codes()[-3:] == ["13", "13", "61"]
    stage.pass_time(TOLD_EVERY_MS - 1)
    assert _counted(stage) == []
    stage.pass_time(1)
    assert _counted(stage) == [
        Refusals(DAY, POINT, BANK, "13", "amount_invalid", 2),
        Refusals(DAY, POINT, BANK, "61", "daily_cap_exceeded", 1),
    ]
    stage.withdraw("000005", f4=_TOO_LITTLE)
    stage.pass_time(TOLD_EVERY_MS)
    assert [each.count for each in _counted(stage)] == [3, 1]


def test_what_a_row_tells_of_is_not_counted_besides() -> None:
    stage = Stage(saying("51"))
    stage.sign_on()
    stage.withdraw()
    assert stage.code == "51"
    stage.pass_time(2 * TOLD_EVERY_MS)
    assert (stage.row().reason, _counted(stage)) == ("51", [])


def test_a_copy_of_a_refused_request_counts_once_and_a_repeat_of_an_approved_one_as_94(
    stage: Stage,
) -> None:
    for _ in range(3):
        stage.withdraw("000002", f4=_TOO_MUCH)
    stage.withdraw("000003")
    stage.withdraw("000003")
    assert stage.codes()[-5:] == ["61", "61", "61", "00", "94"]
    stage.pass_time(TOLD_EVERY_MS)
    assert [(each.code, each.count) for each in _counted(stage)] == [("61", 1), ("94", 1)]


def test_nobody_unproven_is_counted_to_a_bank_and_a_stranger_to_no_point(stage: Stage) -> None:
    stage.withdraw("000002", f41="59999999")
    forged = bytearray(stage.withdrawal("000003"))
    forged[-1] ^= 1
    stage.terminal_says(bytes(forged))
    stage.pass_time(TOLD_EVERY_MS)
    assert [(each.merchant, each.issuer, each.reason) for each in _counted(stage)] == [
        ("", "", "terminal_unknown"),
        (POINT, "", "mac_wrong"),
    ]


def test_what_waited_for_the_ledger_for_too_long_is_counted_as_it_was_told(stage: Stage) -> None:
    stage.happen(TerminalConnected(2))
    stage.stall()
    stage.terminal_says(stage.withdrawal(), connection=2)
    stage.pass_time(55_000)
    stage.flow()
    stage.pass_time(TOLD_EVERY_MS)
    assert [(each.code, each.count) for each in _counted(stage)] == [("91", 1)]


@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_counts_of_unknown_fate_are_told_again_and_never_added_twice(
    stage: Stage, fate: str
) -> None:
    left = [fate] * 3

    def lose(operation: Operation) -> str:
        return left.pop() if isinstance(operation, CountRefusals) and left else ""

    stage.lose = lose
    stage.withdraw("000002", f4=_TOO_MUCH)
    stage.pass_time(TOLD_EVERY_MS)
    stage.withdraw("000003", f4=_TOO_MUCH)
    stage.pass_time(5 * TOLD_EVERY_MS)
    assert not left
    assert [each.count for each in _counted(stage)] == [2]


def test_each_process_counts_for_itself_and_a_crash_costs_the_last_second(stage: Stage) -> None:
    stage.withdraw("000002", f4=_TOO_MUCH)
    stage.pass_time(TOLD_EVERY_MS)
    stage.withdraw("000003", f4=_TOO_MUCH)
    stage.start()
    stage.sign_on()
    stage.withdraw("000004", f4=_TOO_MUCH)
    stage.pass_time(TOLD_EVERY_MS)
    assert [each.count for each in _counted(stage)] == [2]


def test_a_process_that_drains_tells_what_it_has_before_it_is_idle(stage: Stage) -> None:
    stage.withdraw("000002", f4=_TOO_MUCH)
    stage.stall()
    stage.happen(DrainBegun())
    is_idle = [stage.engine.is_idle]
    stage.flow()
    is_idle.append(stage.engine.is_idle)
    assert is_idle == [False, True]
    assert [each.count for each in _counted(stage)] == [1]


def test_days_are_told_apart_and_old_ones_forgotten(stage: Stage) -> None:
    for number in range(DAYS_KEPT + 2):
        stage.withdraw(f"{number + 2:06d}", f4=_TOO_LITTLE)
        stage.pass_time(TOLD_EVERY_MS)
        stage.utc_ms += _DAY_MS
    assert [(each.day, each.count) for each in _counted(stage)] == [
        (DAY + number, 1) for number in range(DAYS_KEPT + 2)
    ]
    assert len(stage.engine._refusals._counts) <= DAYS_KEPT


def test_many_counts_are_told_in_parts(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_AT_ONCE >= 1
    monkeypatch.setattr("switch.core.terminals.refusals.MOST_AT_ONCE", 1)
    stage.withdraw("000002", f4=_TOO_LITTLE)
    stage.withdraw("000003", f4=_TOO_MUCH)
    stage.pass_time(TOLD_EVERY_MS)
    assert len(_counted(stage)) == 1
    stage.pass_time(TOLD_EVERY_MS)
    assert len(_counted(stage)) == 2


def test_nothing_is_submitted_where_nothing_is_refused(stage: Stage) -> None:
    stage.withdraw()
    told: list[Operation] = []

    def note(operation: Operation) -> str:
        told.append(operation)
        return ""

    stage.lose = note
    stage.pass_time(3 * TOLD_EVERY_MS)
    assert not any(isinstance(operation, CountRefusals) for operation in told)
    assert Codec(POS).decode(stage.told[-1], 13).fields[39] == "00"
