"""From the issuer's answer, or its silence, to what the ledger keeps and the terminal hears."""

from __future__ import annotations

import pytest

from messages.view import Viewer
from switch.core.configuration import Timers
from switch.core.events import LinkConnected, LinkDisconnected
from switch.core.issuers.messages import REJECTED
from switch.core.operations import (
    Close,
    Operation,
    Reverse,
)
from switch.core.transaction import State
from tests.switch.core.stage import POS, Issue, Stage, mute, saying, silent


@pytest.fixture
def stage() -> Stage:
    stage = Stage(mute)
    stage.sign_on()
    return stage


def _times(kind: type, fate: str, count: int) -> object:
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, kind) and len(lost) < count:
            lost.append(operation)
            return fate
        return ""

    return lose


# ------------------------------------------------------------------------------------- answered


@pytest.mark.parametrize(
    ("code", "state"),
    [
        ("00", State.APPROVED),
        ("11", State.APPROVED),
        ("A2", State.APPROVED),
        ("51", State.DECLINED),
        ("61", State.DECLINED),
        ("98", State.DECLINED),
    ],
)
def test_the_issuers_code_is_kept_and_told(stage: Stage, code: str, state: State) -> None:
    stage.issue = saying(code)
    stage.withdraw()
    assert stage.code == code
    row = stage.row()
    assert (row.state, row.reason) == (state, code)
    view = Viewer(POS).index(stage.told[-1], 13)
    assert stage.mac.verify(view.mab(), view.raw(64))


@pytest.mark.parametrize("code", ["A0", "77", "97", "99"])
def test_codes_about_the_issuers_own_leg_never_reach_the_terminal(stage: Stage, code: str) -> None:
    stage.issue = saying(code)
    stage.withdraw()
    assert stage.code == "96"
    assert 64 in stage.last()
    assert stage.row().state is State.DECLINED
    assert stage.report("issuer_at_odds")["code"] == code


@pytest.mark.parametrize("answer", [{39: "10"}, {}])
def test_what_is_not_understood_is_in_doubt(stage: Stage, answer: dict[int, str]) -> None:
    stage.withdraw()
    stage.bank_says("0200", stage.requests()[0], answer)
    assert stage.code == "98"
    assert len(stage.reversals()) == 1
    assert stage.reversals()[0][60].startswith("4002")


def test_an_answer_with_a_wrong_mac_is_not_believed(stage: Stage) -> None:
    stage.withdraw()
    stage.bank_says("0200", stage.requests()[0], {39: "00"}, mac="00000000")
    assert stage.code == "98"
    assert stage.row().state is State.IN_DOUBT
    assert stage.report("answer_mac_wrong")["link"] == "bank"
    assert len(stage.reversals()) == 1


def test_a_message_rejected_by_its_header_is_in_doubt(stage: Stage) -> None:
    stage.withdraw()
    stage.bank_says("0200", stage.requests()[0], {39: "00"}, reject="00123")
    assert stage.code == "98"
    told = stage.report("answer_rejected_by_header")
    assert (told["rrn"], told["reject_code"]) == (stage.row().record.rrn, "00123")
    declined = stage.report("declined")
    assert (declined["reason"], declined["reject_code"]) == ("message_rejected", "00123")
    assert stage.row().state is State.IN_DOUBT
    assert stage.reversals()[0][60].startswith("4003")


def test_an_inquiry_that_a_header_rejected_says_so_in_its_row(stage: Stage) -> None:
    stage.withdraw(f3="310000", f4=None, f60="7100000200060")
    stage.bank_says("0200", stage.requests()[0], {39: "00"}, reject="00123")
    assert stage.code == "98"
    row = stage.row()
    assert (row.state, row.reason) == (State.DECLINED, REJECTED)
    assert row.answer is not None
    assert row.answer.code == "98"
    assert not stage.reversals()


def test_a_reversal_that_a_header_rejected_needs_a_person_who_learns_the_reject_code(
    stage: Stage,
) -> None:
    stage.issue = mute
    stage.withdraw()
    stage.pass_time(46_000)
    stage.bank_says("0420", stage.reversals()[0], {39: "00"}, reject="00123")
    row = stage.row()
    assert (row.state, row.reason) == (State.REVERSAL_EXPIRED, "rejected by the header 00123")
    assert stage.report("reversal_needs_a_person")["why"] == row.reason


# ---------------------------------------------------------------------------------------- silent


def test_a_silent_issuer_is_98_at_45_seconds_and_exactly_one_0420(stage: Stage) -> None:
    stage.issue = silent
    stage.withdraw()
    stage.pass_time(44_999)
    assert stage.codes() == ["00"]
    stage.pass_time(1)
    assert stage.codes() == ["00", "98"]
    stage.pass_time(600_000)
    assert len(stage.reversals()) == 1
    assert stage.reversals()[0][60].startswith("4021")
    request = stage.requests()[0]
    assert stage.reversals()[0][90] == (f"0200{request[11]}{request[7]}00099900000" + "00099900000")
    assert stage.row().state is State.REVERSED
    assert stage.codes() == ["00", "98"]
    assert stage.ledger.totals().held_fen == 0


def test_a_late_approval_changes_nothing(stage: Stage) -> None:
    stage.withdraw()
    stage.pass_time(45_000)
    before = stage.row()
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    assert stage.codes() == ["00", "98"]
    assert stage.row() == before
    assert stage.report("answer_unmatched")["differs"] == "it was given up before"


def test_a_silent_inquiry_is_98_and_has_no_0420(stage: Stage) -> None:
    stage.withdraw(f3="310000", f4=None, f60="7100000200060")
    stage.pass_time(60_000)
    assert stage.code == "98"
    assert stage.reversals() == []
    assert stage.row().state is State.DECLINED


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        ({4: "000000000100"}, "F4"),
        ({11: "999999"}, "F11"),
        ({7: "0618000000"}, "F7"),
        ({32: "11111111"}, "F32"),
        ({41: "50010002"}, "F41"),
    ],
)
def test_an_answer_that_differs_is_reported_and_never_matched(
    stage: Stage, change: dict[int, str], differs: str
) -> None:
    stage.withdraw()
    request = stage.requests()[0]
    stage.bank_says("0200", request, {39: "00"} | change)
    assert stage.codes() == ["00"]
    facts = stage.report("answer_unmatched")
    assert facts["differs"] == differs
    assert facts["nearest"] == f"{request[7]} {request[11]}"
    stage.bank_says("0200", request, {39: "00"})
    assert stage.codes() == ["00", "00"]


def test_a_second_answer_changes_nothing(stage: Stage) -> None:
    stage.withdraw()
    stage.bank_says("0200", stage.requests()[0], {39: "51"})
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    assert stage.codes() == ["00", "51"]
    assert stage.row().state is State.DECLINED
    assert stage.report("answer_unmatched")["differs"] == "it was answered before"


# ---------------------------------------------------------------------------------------- unsent


def test_an_open_confirmed_too_late_is_closed_unsent(stage: Stage) -> None:
    stage.stall()
    stage.withdraw()
    stage.pass_time(10_001)
    stage.flow()
    assert stage.code == "91"
    assert stage.row().state is State.UNSENT
    assert stage.requests() == []


def test_an_open_confirmed_just_in_time_leaves_the_issuer_all_its_time(stage: Stage) -> None:
    stage.stall()
    stage.withdraw()
    stage.pass_time(10_000)
    stage.flow()
    stage.pass_time(44_999)
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    assert stage.code == "00"


def test_a_link_lost_before_the_request_is_sent_is_91(stage: Stage) -> None:
    stage.stall()
    stage.withdraw()
    stage.happen(LinkDisconnected("bank"))
    stage.flow()
    assert stage.code == "91"
    assert stage.row().state is State.UNSENT
    assert stage.reversals() == []


def test_a_link_lost_after_the_request_was_sent_waits_for_its_time(stage: Stage) -> None:
    stage.withdraw()
    stage.happen(LinkDisconnected("bank"))
    stage.happen(LinkConnected("bank"))
    assert stage.codes() == ["00"]
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    assert stage.code == "00"


# ------------------------------------------------------------------------------ unknown outcomes


@pytest.mark.parametrize("fate", ["kept", "dropped"])
@pytest.mark.parametrize(
    ("issue", "code", "state"),
    [
        (saying("00"), "00", State.APPROVED),
        (saying("51"), "51", State.DECLINED),
        (silent, "98", State.REVERSED),
    ],
)
def test_a_close_of_unknown_outcome_is_submitted_again(
    fate: str, issue: Issue, code: str, state: State
) -> None:
    stage = Stage(issue)
    stage.sign_on()
    stage.lose = _times(Close, fate, 3)  # type: ignore[assignment]
    stage.withdraw()
    stage.pass_time(50_000)
    assert stage.codes()[1:] == [code]
    assert stage.row().state is state
    assert len(stage.reversals()) == (state is State.REVERSED)
    assert stage.engine.is_idle


@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_a_reversal_of_unknown_outcome_is_submitted_again(stage: Stage, fate: str) -> None:
    stage.withdraw()
    stage.stall()
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    stage.pass_time(55_000)
    stage.lose = _times(Reverse, fate, 3)  # type: ignore[assignment]
    stage.issue = silent
    stage.flow()
    assert not stage.engine.is_idle
    stage.pass_time(2_000)
    assert stage.row().state is State.REVERSED
    assert len(stage.reversals()) == 1


def test_a_stall_over_midnight_and_every_timer_settles_right() -> None:
    stage = Stage(silent, timers=Timers(answer_ms=1_000, issuer_ms=500))
    stage.sign_on()
    stage.withdraw()
    stage.stall()
    stage.pass_time(86_400_000)
    stage.flow()
    stage.pass_time(5_000)
    assert stage.codes() == ["00", "98"]
    assert stage.row().state is State.REVERSED
    assert stage.engine.is_idle
