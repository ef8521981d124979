"""Repeats, the cap, numbers, and every outcome that an open may have."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from messages.crypto.keys import Mak
from messages.crypto.mac import make_mac
from messages.view import Viewer
from switch.core.configuration import Acquirer
from switch.core.errors import InvariantBroken
from switch.core.events import LedgerAnswered, LinkConnected, LinkDisconnected, TerminalConnected
from switch.core.moment import Moment
from switch.core.operations import (
    FindOriginal,
    Open,
    Operation,
    Resolve,
)
from switch.core.outcomes import (
    Renewed,
)
from switch.core.rules import Rule
from switch.core.transaction import State
from tests.switch.core.stage import OTHER_PAN, POS, START_MS, Stage, mute, saying, silent

_HUNDRED = "000000010000"
_DAY_MS = 86_400_000


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.sign_on()
    return stage


# -------------------------------------------------------------------------------------- repeats


def test_a_repeat_in_flight_is_answered_once_on_the_newest_connection(stage: Stage) -> None:
    stage.issue = mute
    frame = stage.withdraw()
    stage.happen(TerminalConnected(2))
    again = frame[:2] + bytes.fromhex("6000770000") + frame[7:]
    stage.terminal_says(again, connection=2)
    assert len(stage.requests()) == 1
    stage.bank_says("0200", stage.requests()[0], {39: "00", 38: "A00002"})
    assert stage.codes() == ["00", "00"]
    assert stage.connections[-1] == 2
    assert stage.told[-1][2:7].hex() == "6000000077"
    assert stage.report("repeat_joined")["rrn"] == stage.row().record.rrn


def test_a_joined_repeat_is_answered_under_the_key_that_it_came_under(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw()
    other = Mak.from_hex("4F6D8BA9C7E50321")
    stage.keys = (stage.keys[0], other.reveal())
    stage.sign_on()
    stage.mac = make_mac("pos-ecb", other)
    stage.withdraw()
    stage.bank_says("0200", stage.requests()[0], {39: "00", 38: "A00002"})
    view = Viewer(POS).index(stage.told[-1], 13)
    assert stage.mac.verify(view.mab(), view.raw(64))


def test_a_repeat_of_a_finished_request_gets_94_and_is_not_forwarded(stage: Stage) -> None:
    stage.withdraw()
    stage.withdraw()
    assert stage.codes()[1:] == ["00", "94"]
    assert len(stage.requests()) == 1
    assert 37 not in stage.last()
    assert stage.report("declined")["state"] == "APPROVED"


def test_a_repeat_is_known_also_while_the_link_is_down(stage: Stage) -> None:
    stage.withdraw()
    stage.happen(LinkDisconnected("bank"))
    stage.withdraw()
    stage.withdraw("000003")
    assert stage.codes()[1:] == ["00", "94", "91"]


def test_a_copy_of_what_was_refused_gets_the_same_refusal(stage: Stage) -> None:
    stage.happen(LinkDisconnected("bank"))
    stage.withdraw()
    stage.happen(LinkConnected("bank"))
    stage.withdraw()
    stage.withdraw("000003")
    assert stage.codes()[1:] == ["91", "91", "00"]
    assert [row.key.stan for row in stage.ledger.transactions()] == ["000003"]


def test_a_copy_of_what_was_over_the_cap_gets_61_also_when_there_is_room(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw("000002", f4="000000100000")
    stage.withdraw("000003", f4="000000100000")
    stage.bank_says("0200", stage.requests()[0], {39: "05"})
    stage.withdraw("000003", f4="000000100000")
    stage.withdraw("000003", f4="000000050000")
    assert stage.codes()[1:3] == ["61", "05"]
    assert stage.code == "61"
    assert len(stage.requests()) == 2


def test_a_repeat_in_flight_joins_also_while_the_link_is_down(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw()
    stage.happen(LinkDisconnected("bank"))
    stage.withdraw()
    assert stage.codes() == ["00"]
    stage.pass_time(45_000)
    assert stage.codes() == ["00", "98"]


def test_a_repeat_after_its_98_is_not_joined_to_silence(stage: Stage) -> None:
    stage.issue = silent
    stage.withdraw()
    stage.stall()
    stage.pass_time(45_000)
    stage.withdraw()
    assert stage.codes() == ["00", "98", "94"]


def test_by_option_a_repeat_gets_the_stored_answer_freshly_maced() -> None:
    stage = Stage(repeats_get_stored_answer=True)
    stage.issue = lambda mti, _: (
        {39: "00", 38: "A00002", 54: "1002156C000000120000", 55: "910A11223344556677883030"}
        if mti == "0200"
        else {39: "00"}
    )
    stage.sign_on()
    stage.withdraw()
    first = stage.last()
    assert {54, 55} <= first.keys()
    stage.pass_time(60_000)
    stage.withdraw()
    again = stage.last()
    assert again == {n: text for n, text in first.items() if n not in {54, 55, 64}} | {
        64: again[64]
    }
    view = Viewer(POS).index(stage.told[-1], 13)
    assert stage.mac.verify(view.mab(), view.raw(64))


def test_a_stored_98_is_said_again_and_a_reversed_approval_never(stage: Stage) -> None:
    stage = Stage(silent, repeats_get_stored_answer=True)
    stage.sign_on()
    stage.withdraw()
    stage.pass_time(45_000)
    stage.withdraw()
    stage.issue = saying("00")
    stage.withdraw("000003", f4=_HUNDRED)
    stage.reverse("000003", f4=_HUNDRED)
    stage.withdraw("000003", f4=_HUNDRED)
    assert stage.codes()[1:] == ["98", "98", "00", "00", "94"]


@pytest.mark.parametrize("field", ["f4", "f22"])
def test_another_request_with_the_same_key_gets_94_and_is_reported(
    stage: Stage, field: str
) -> None:
    changed = {"f4": _HUNDRED, "f22": "052"}[field]
    stage.withdraw()
    stage.withdraw(**{field: changed})
    assert stage.code == "94"
    assert stage.report("declined")["why"] == "another request had this key"
    stage.issue = mute
    stage.withdraw("000003", f4="000000020000")
    stage.withdraw("000003", f4=_HUNDRED)
    assert stage.code == "94"
    assert len(stage.requests()) == 2


def test_a_date_of_the_terminal_makes_another_key(stage: Stage) -> None:
    stage.withdraw(f4=_HUNDRED)
    stage.withdraw(f4=_HUNDRED, f13="0618")
    assert stage.codes()[1:] == ["00", "00"]


# ------------------------------------------------------------------------------------------ cap


def test_of_64_withdrawals_of_100_yuan_exactly_20_fit_a_cap_of_2000() -> None:
    stage = Stage(mute)
    stage.utc_ms = START_MS + 90 * _DAY_MS
    stage.start()
    stage.sign_on()
    stage.stall()
    for number in range(64):
        stage.withdraw(f"{number + 2:06d}", f4=_HUNDRED)
    stage.flow()
    for request in stage.requests():
        stage.bank_says("0200", request, {39: "00", 38: "A00002"})
    codes = stage.codes()[1:]
    assert (codes.count("00"), codes.count("61"), len(codes)) == (20, 44, 64)
    facts = stage.report("declined")
    figures = {key: facts[key] for key in ("cap_fen", "used_fen", "held_fen", "asked_fen")}
    assert figures == {
        "cap_fen": 200_000,
        "used_fen": 0,
        "held_fen": 200_000,
        "asked_fen": 10_000,
    }
    assert stage.ledger.totals().committed_fen == 200_000


def test_the_cap_is_inclusive_and_its_61_has_the_shape_of_an_answer(stage: Stage) -> None:
    stage.withdraw(f4="000000100000")
    stage.withdraw("000003", f4="000000001000")
    assert stage.codes()[1:] == ["00", "61"]
    shape = {2, 3, 4, 11, 12, 13, 14, 15, 23, 25, 32, 39, 41, 42, 44, 49, 53, 60, 63, 64}
    assert stage.last().keys() == shape
    assert len(stage.requests()) == 1


def test_a_decline_gives_the_room_back(stage: Stage) -> None:
    stage.issue = saying("51")
    stage.withdraw(f4="000000100000")
    stage.issue = saying("00")
    stage.withdraw("000003", f4="000000100000")
    assert stage.codes()[1:] == ["51", "00"]


def test_an_unknown_outcome_keeps_the_room_until_the_reversal_is_acknowledged(
    stage: Stage,
) -> None:
    stage.issue = mute
    stage.withdraw(f4="000000100000")
    stage.pass_time(45_000)
    stage.withdraw("000003", f4="000000001000")
    assert stage.codes()[1:] == ["98", "61"]
    stage.bank_says("0420", stage.reversals()[0], {39: "25"})
    stage.issue = saying("00")
    stage.withdraw("000004", f4="000000001000")
    assert stage.code == "00"


def test_a_new_day_has_a_new_cap_and_a_reversal_returns_to_its_own(stage: Stage) -> None:
    stage.withdraw(f4="000000100000")
    stage.pass_time(_DAY_MS)
    stage.withdraw("000003", f4="000000100000")
    assert stage.codes()[1:] == ["00", "00"]
    stage.reverse(f4="000000100000")
    stage.pass_time(2_000)
    caps = [(cap.day, cap.committed_fen) for cap in stage.ledger.caps(stage.row().key.card)]
    assert caps == [(20140618, 0), (20140619, 100_000)]


def test_the_cap_of_2000_begins_on_its_day(stage: Stage) -> None:
    stage.utc_ms = START_MS + 84 * _DAY_MS - 34_200_001
    stage.withdraw("000002", f4="000000110000")
    stage.pass_time(1)
    stage.withdraw("000003", f4="000000200000")
    assert stage.codes()[1:] == ["61", "00"]


def test_an_inquiry_is_outside_the_cap(stage: Stage) -> None:
    stage.withdraw(f4="000000100000")
    stage.withdraw("000003", f3="310000", f4=None, f60="7100000200060")
    assert stage.code == "00"
    assert stage.row("000003").cap is None
    assert stage.requests()[-1][3] == "300000"


def test_before_the_first_cap_nothing_is_paid_out() -> None:
    stage = Stage(caps=())
    stage.sign_on()
    stage.withdraw()
    assert stage.code == "40"


# --------------------------------------------------------------------------------------- numbers


def test_without_numbers_for_its_reversal_nothing_is_opened(stage: Stage) -> None:
    stans = stage.engine._in_flight._stans
    stans.ask = None
    stans.promised = stans.left - 1
    stage.withdraw()
    assert stage.code == "96"
    assert stage.ledger.transactions() == []


def test_a_pending_number_is_skipped(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw(f4=_HUNDRED)
    stans = stage.engine._in_flight._stans
    pending = int(stage.requests()[0][11])
    stans._next = pending + 999_999
    stage.withdraw("000003", f4=_HUNDRED)
    assert int(stage.requests()[1][11]) == pending + 1


# ------------------------------------------------------------------------------ unknown outcomes


def _losing(kind: type, fate: str, times: int = 1) -> tuple[list[Operation], object]:
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, kind) and len(lost) < times:
            lost.append(operation)
            return fate
        return ""

    return lost, lose


@pytest.mark.parametrize(("fate", "states"), [("kept", [State.UNSENT]), ("dropped", [])])
def test_an_open_of_unknown_outcome_is_closed_unsent_with_91(
    stage: Stage, fate: str, states: list[State]
) -> None:
    lost, stage.lose = _losing(Open, fate)  # type: ignore[assignment]
    stage.withdraw()
    assert len(lost) == 1
    assert stage.codes()[1:] == ["91"]
    assert stage.requests() == []
    assert [row.state for row in stage.ledger.transactions()] == states
    # What never happened is fenced: it cannot come after its 91.
    assert stage.ledger.submit(lost)[0] is not None
    assert stage.ledger.totals().held_fen == 0


@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_a_resolve_of_unknown_outcome_is_asked_again(stage: Stage, fate: str) -> None:
    _, lose_open = _losing(Open, fate)
    _, lose_resolve = _losing(Resolve, fate, times=3)
    stage.lose = lambda o: lose_open(o) or lose_resolve(o)  # type: ignore[operator]
    stage.withdraw()
    assert stage.codes() == ["00"]
    stage.pass_time(1_000)
    assert stage.codes() == ["00", "91"]
    assert stage.engine.is_idle


def test_a_repeat_of_unknown_outcome_is_still_a_repeat(stage: Stage) -> None:
    stage.withdraw()
    _, stage.lose = _losing(Open, "dropped")  # type: ignore[assignment]
    stage.withdraw()
    assert stage.codes()[1:] == ["00", "94"]
    assert stage.row().state is State.APPROVED


def test_a_look_back_of_unknown_outcome_is_asked_again(stage: Stage) -> None:
    stage.withdraw()
    stage.happen(LinkDisconnected("bank"))
    _, stage.lose = _losing(FindOriginal, "dropped", times=2)  # type: ignore[assignment]
    stage.withdraw()
    stage.pass_time(1_000)
    assert stage.codes()[1:] == ["00", "94"]


def test_an_outcome_that_no_open_has_breaks_an_invariant(stage: Stage) -> None:
    stage.stall()
    stage.withdraw()
    event = LedgerAnswered(stage.waiting[0].ticket, Renewed())
    with pytest.raises(InvariantBroken, match="an open got Renewed"):
        stage.engine.handle(event, Moment(stage.elapsed_ns, stage.utc_ms))


# ----------------------------------------------------------------------- before the ledger's door


def test_a_transaction_keeps_the_configuration_that_it_began_with(stage: Stage) -> None:
    stage.stall()
    stage.withdraw()
    stage.reconfigure(number=2, acquirers={}, caps=())
    stage.flow()
    assert stage.code == "00"
    assert stage.row().record.configuration == 1


def test_a_change_of_configuration_is_in_force_for_the_next(stage: Stage) -> None:
    acquirer = Acquirer(id="99900000", name="A", other_cards_from=20140101)
    stage.withdraw("000002", f2=OTHER_PAN, f35=None)
    stage.reconfigure(number=2, acquirers={"99900000": acquirer})
    stage.withdraw("000003", f2=OTHER_PAN, f35=None)
    assert stage.codes()[1] == "57"
    assert stage.report("configuration_changed") == {"number": 2}
    assert stage.codes()[2] == "00"


def test_a_terminal_does_only_what_it_may(stage: Stage) -> None:
    terminals = {
        name: replace(terminal, transactions=frozenset({"social_balance_inquiry"}))
        for name, terminal in stage.configuration.terminals.items()
    }
    stage.reconfigure(terminals=terminals)
    stage.withdraw()
    assert stage.code == "40"
    assert stage.report("declined")["rule"] == Rule.TERMINAL_ADMITTED
    stage.withdraw("000003", f3="310000", f4=None, f55=None, f60="7100000200060")
    assert stage.code == "00"
