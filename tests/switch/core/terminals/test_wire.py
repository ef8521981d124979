"""Terminal frames: read into requests, recognised by the dialect's data, answered in place."""

from __future__ import annotations

import pytest

from messages.errors import DecodeError
from switch.core.terminals.wire import MOST_KINDS, TerminalWire
from tests.switch.core.stage import FRAMES, POS, Stage


@pytest.fixture(scope="module")
def wire() -> TerminalWire:
    return TerminalWire(POS)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("withdrawal", "rural_withdrawal"),
        ("balance", "balance_inquiry"),
        ("sign-on", "sign_on"),
        ("echo", "echo"),
    ],
)
def test_the_worked_examples_are_recognised(wire: TerminalWire, name: str, kind: str) -> None:
    rule = wire.classify(wire.read(1, FRAMES[name][2:]))
    assert rule is not None
    assert rule.id == kind


@pytest.mark.parametrize("change", [{"f3": "000000"}, {"f25": "02"}, {"f60": "9900000200060"}])
def test_one_code_that_differs_makes_another_transaction(
    wire: TerminalWire, change: dict[str, str]
) -> None:
    rule = wire.classify(wire.read(1, Stage().withdrawal(**change)[2:]))
    assert rule is None or rule.id != "rural_withdrawal"


def test_codes_that_strangers_choose_are_remembered_to_a_limit() -> None:
    wire, stage = TerminalWire(POS), Stage()
    request = wire.read(1, stage.withdrawal()[2:])
    for number in range(MOST_KINDS + 10):
        request.network_code = f"{number:04d}"
        assert wire.classify(request) is not None
    assert len(wire._known) == MOST_KINDS


def test_an_answer_swaps_the_tpdu_and_may_ask_for_a_sign_on(wire: TerminalWire) -> None:
    request = wire.read(1, FRAMES["withdrawal"][2:])
    frame = wire.answer(request, {39: "77"}, None, sign_on_again=True)
    assert frame[2:13].hex() == "6000000005613203320001"
    assert frame[13:15].hex() == "0210"


def test_a_frame_that_is_no_message_says_why(wire: TerminalWire) -> None:
    with pytest.raises(DecodeError):
        wire.read(1, FRAMES["withdrawal"][2:100])
