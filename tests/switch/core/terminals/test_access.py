"""The access leg: a terminal comes over a class of line that its acquirer registered."""

from __future__ import annotations

import pytest

from routing.links import LinkClass
from switch.core.configuration import Acquirer
from switch.core.events import TerminalConnected, TerminalDisconnected
from switch.core.rules import Rule
from tests.switch.core.stage import FRAMES, Stage

JINBAO, BANK = LinkClass.JINBAO, LinkClass.BANK
SECOND = 2


def _stage(over: str, access: LinkClass, alternate: LinkClass | None = None) -> Stage:
    acquirer = Acquirer(
        id="99900000", name="A", other_cards_from=None, access=access, alternate=alternate
    )
    stage = Stage(acquirers={acquirer.id: acquirer})
    stage.happen(TerminalConnected(SECOND, over))
    return stage


@pytest.mark.parametrize(
    ("over", "access", "alternate"),
    [
        ("bank", BANK, None),
        ("jinbao", JINBAO, BANK),
        ("bank", JINBAO, BANK),
        ("", JINBAO, BANK),
    ],
)
def test_a_registered_class_or_a_listener_that_says_none_is_served(
    over: str, access: LinkClass, alternate: LinkClass | None
) -> None:
    stage = _stage(over, access, alternate)
    stage.terminal_says(FRAMES["sign-on"], SECOND)
    stage.terminal_says(stage.withdrawal(), SECOND)
    assert stage.codes() == ["00", "00"]
    is_told = Rule.ACCESS_REGISTERED in stage.row().record.trace
    assert is_told is bool(over)


def test_another_class_gets_58_for_its_sign_on_and_its_withdrawals_and_no_issuer_hears() -> None:
    stage = _stage("jinbao", BANK)
    stage.terminal_says(FRAMES["sign-on"], SECOND)
    stage.terminal_says(stage.withdrawal(), SECOND)
    assert stage.codes() == ["58", "58"]
    assert stage.report("declined")["rule"] == Rule.ACCESS_REGISTERED
    assert not stage.requests()


def test_a_reversal_is_taken_over_whatever_line_it_comes() -> None:
    stage = _stage("jinbao", BANK)
    stage.sign_on()
    stage.withdraw()
    frame = stage._changed("reversal", "000002", {})
    stage.terminal_says(frame, SECOND)
    assert stage.codes() == ["00", "00", "00"]
    assert len(stage.reversals()) == 1


def test_a_connection_that_ended_leaves_nothing_behind() -> None:
    stage = _stage("jinbao", BANK)
    assert stage.engine._sessions._accesses == {SECOND: "jinbao"}
    stage.happen(TerminalDisconnected(SECOND))
    assert not stage.engine._sessions._accesses
