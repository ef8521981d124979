"""The session before the walk: who is told 77, A0, 99, 97 or 03, and after which second look."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from messages.crypto.keys import Mak
from messages.crypto.mac import make_mac
from switch.core.events import TerminalConnected
from switch.core.operations import (
    FindByRrn,
    LoadSession,
    Operation,
    SignOff,
)
from switch.pipeline import make_engine
from tests.switch.core.stage import FRAMES, Stage, mute
from tests.switch.core.stage.registered import open_registry
from tests.switch.core.stage.shop import ask, request

_SIGN_ON_AGAIN = "3"


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.sign_on()
    return stage


def _asked(stage: Stage) -> str:
    """Return what the header of the last answer asks the terminal to do (digit 6)."""
    return stage.told[-1][7:13].hex()[5]


def _loads(stage: Stage) -> list[Operation]:
    seen: list[Operation] = []

    def watch(operation: Operation) -> str:
        if isinstance(operation, LoadSession):
            seen.append(operation)
        return ""

    stage.lose = watch
    return seen


def test_not_signed_on_is_77_without_a_mac_and_asks_for_a_sign_on() -> None:
    stage = Stage()
    stage.withdraw()
    assert stage.code == "77"
    assert 64 not in stage.last()
    assert _asked(stage) == _SIGN_ON_AGAIN
    assert stage.report("declined")["reason"] == "not_signed_on"


def test_a_wrong_batch_is_77(stage: Stage) -> None:
    stage.withdraw(f60="7000000300060")
    assert stage.code == "77"
    assert 64 not in stage.last()
    assert _asked(stage) == _SIGN_ON_AGAIN
    assert stage.report("declined")["open"] == "000002"


@pytest.mark.parametrize("how", ["wrong", "missing"])
def test_a_mac_that_is_wrong_or_missing_is_a0_and_nothing_is_forwarded(
    stage: Stage, how: str
) -> None:
    frame = stage.withdrawal() if how == "wrong" else stage.withdrawal(f64=None)
    stage.terminal_says(frame[:-8] + b"00000000" if how == "wrong" else frame)
    assert stage.code == "A0"
    assert 64 not in stage.last()
    assert _asked(stage) == _SIGN_ON_AGAIN
    assert stage.requests() == []


def test_a_bad_pin_block_is_99(stage: Stage) -> None:
    stage.withdraw(f52="0011223344556677")
    assert stage.code == "99"
    assert 64 not in stage.last()
    assert _asked(stage) == _SIGN_ON_AGAIN
    assert stage.ledger.transactions() == []


def test_an_unknown_terminal_is_97_and_not_told_to_sign_on(stage: Stage) -> None:
    stage.withdraw(f41="99999999")
    assert stage.code == "97"
    assert 64 not in stage.last()
    assert _asked(stage) == "0"


def test_a_merchant_that_is_not_the_terminals_is_03(stage: Stage) -> None:
    stage.withdraw(f42="999653080110009")
    assert stage.code == "03"


@pytest.mark.parametrize("stan", ["000000", None])
def test_without_a_stan_there_is_a_format_error(stage: Stage, stan: str | None) -> None:
    stage.withdraw(f11=stan)
    assert stage.code == "30"


def test_codes_that_name_no_transaction_are_12(stage: Stage) -> None:
    stage.withdraw(f3="990000")
    assert stage.code == "12"


def test_a_session_made_by_another_process_is_found_before_a_refusal(stage: Stage) -> None:
    other = Mak.from_hex("4F6D8BA9C7E50321")
    second = Stage()
    second.ledger, second.keys = stage.ledger, (stage.keys[0], other.reveal())
    second.engine = make_engine(second.configuration)
    second.start()
    second.sign_on()
    stage.mac = make_mac("pos-ecb", other)
    loads = _loads(stage)
    stage.withdraw()
    assert stage.code == "00"
    assert len(loads) == 1


def test_the_session_is_read_at_a_connections_first_frame_and_not_again(stage: Stage) -> None:
    loads = _loads(stage)
    stage.withdraw(f4="000000001000")
    assert len(loads) == 0
    for number, connection in enumerate((2, 2, 3)):
        stage.happen(TerminalConnected(connection))
        frame = stage.withdrawal(f"{number + 10:06d}", f4="000000001000")
        stage.terminal_says(frame, connection=connection)
    assert stage.codes()[1:] == ["00"] * 4
    assert len(loads) == 3


@pytest.mark.parametrize("change", [{"f52": "0011223344556677"}, {"f60": "7000000300060"}])
def test_before_a_refusal_the_session_is_read_again_once(
    stage: Stage, change: dict[str, str]
) -> None:
    loads = _loads(stage)
    stage.withdraw(**change)
    assert len(loads) == 1


def test_an_unknown_session_is_asked_for_again_and_not_called_77(stage: Stage) -> None:
    stage.happen(TerminalConnected(2))
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, LoadSession) and len(lost) < 3:
            lost.append(operation)
            return "dropped"
        return ""

    stage.lose = lose
    stage.terminal_says(stage.withdrawal(), connection=2)
    stage.pass_time(1_000)
    assert stage.codes()[1:] == ["00"]
    assert len({operation.attempt for operation in lost}) == 1


def test_signed_off_is_77(stage: Stage) -> None:
    stage.terminal_says(stage.build("0820", _sign_off(stage)))
    assert stage.code == "00"
    stage.withdraw()
    assert stage.code == "77"


def _sign_off(stage: Stage) -> dict[int, str]:
    echo = stage.codec.decode(FRAMES["echo"], 13).fields
    return echo | {11: "000009", 60: "00000002002"}


def test_a_copy_of_what_is_in_flight_is_not_told_to_sign_on_again(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw()
    stage.terminal_says(stage.build("0820", _sign_off(stage)))
    told = len(stage.told)
    stage.withdraw()
    assert len(stage.told) == told
    assert stage.report("copy_not_answered")["terminal"] == "50010001"
    stage.withdraw("000003")
    assert stage.code == "77"
    mti, fields = stage.sent[-1]
    stage.bank_says(mti, fields, {39: "00", 38: "123456"})
    assert stage.code == "00"


def test_a_copy_of_what_was_answered_is_told_to_sign_on_again(stage: Stage) -> None:
    stage.withdraw()
    stage.terminal_says(stage.build("0820", _sign_off(stage)))
    stage.withdraw()
    assert stage.code == "77"


def _signed_on_elsewhere(stage: Stage) -> None:
    second = Stage()
    second.ledger, second.keys = stage.ledger, (stage.keys[0], bytes.fromhex("4F6D8BA9C7E50321"))
    second.engine = make_engine(second.configuration)
    second.start()
    second.sign_on()


def _signed_off_elsewhere(stage: Stage) -> None:
    stage.ledger.submit([SignOff(1 << 60, "50010001")])


@pytest.mark.parametrize("kind", ["refund", "sale_void"])
@pytest.mark.parametrize(
    ("elsewhere", "code"), [(_signed_on_elsewhere, "A0"), (_signed_off_elsewhere, "77")]
)
def test_what_looks_for_its_original_is_not_opened_once_its_copy_was_told_to_sign_on(
    stage: Stage, kind: str, elsewhere: Callable[[Stage], None], code: str
) -> None:
    ask(stage, "sale", "000010")
    elsewhere(stage)
    stage.happen(TerminalConnected(2))
    stage.stall()
    # The first frame of a connection has its session read; the second goes by the copy at hand.
    frame = request(stage, kind, "000011", "000010")
    stage.terminal_says(frame, connection=2)
    stage.terminal_says(frame, connection=2)
    assert [type(each.operation) for each in stage.waiting] == [LoadSession, FindByRrn]
    stage.flow()
    assert stage.codes()[1:] == ["00", code, code]
    assert [row.key.stan for row in stage.ledger.transactions()] == ["000010"]


# ----------------------------------------------- copies around a midnight, or around a reload


def _closed(stage: Stage) -> None:
    stage.reconfigure(registry=open_registry(openings=(), stages=()))


def _opened(stage: Stage) -> None:
    stage.reconfigure(registry=open_registry())


def test_a_copy_of_what_was_approved_is_not_refused_for_a_stage_that_closed(stage: Stage) -> None:
    _opened(stage)
    stage.withdraw()
    _closed(stage)
    stage.withdraw()
    stage.withdraw("000003")
    assert stage.codes()[1:] == ["00", "94", "58"]


def test_a_copy_of_what_is_in_flight_joins_it_though_its_stage_closed(stage: Stage) -> None:
    _opened(stage)
    stage.issue = mute
    stage.withdraw()
    _closed(stage)
    told = len(stage.told)
    stage.withdraw()
    assert len(stage.told) == told
    assert stage.report("repeat_joined")["terminal"] == "50010001"
    mti, fields = stage.sent[-1]
    stage.bank_says(mti, fields, {39: "00", 38: "123456"})
    assert stage.code == "00"


def test_a_copy_of_what_was_refused_for_its_stage_stays_refused_once_that_is_open(
    stage: Stage,
) -> None:
    _closed(stage)
    stage.withdraw()
    _opened(stage)
    stage.withdraw()
    stage.withdraw("000003")
    assert stage.codes()[1:] == ["58", "58", "00"]
    assert [row.key.stan for row in stage.ledger.transactions()] == ["000003"]


def test_another_request_under_the_key_of_what_is_in_flight_is_a_clash_though_it_is_closed(
    stage: Stage,
) -> None:
    _opened(stage)
    stage.issue = mute
    stage.withdraw()
    _closed(stage)
    stage.withdraw(f4="000000020000")
    assert stage.code == "94"
    assert stage.report("declined")["why"] == "another request had this key"
