"""Which line a transaction takes, when it may take another, and where its reversal goes."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from messages.crypto.keys import Pik
from switch.core.configuration import Acquirer, Issuer, Limits, Timers
from switch.core.operations import Operation, Reroute
from switch.core.outcomes import Closed, Fenced, Missing, Superseded
from switch.core.rules import Rule
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from tests.switch.core.stage import Issue, Stage, approve, mute, saying, silent
from tests.switch.core.stage.ways import BANK, JINBAO, down, registered, two_ways, up
from tests.switch.ledger.making import closing, enlisting, key, opening, reversing


class Sent:
    """Notes over which line each message of the switch went."""

    def __init__(self, stage: Stage, issue: Issue = approve) -> None:
        self.over: list[tuple[str, str]] = []
        self._stage, self._issue = stage, issue
        stage.issue = self

    def __call__(self, mti: str, fields: dict[int, str]) -> dict[int, str] | None:
        self.over.append((mti, self._stage.line))
        return self._issue(mti, fields)

    def lines(self, *mtis: str) -> list[str]:
        return [line for mti, line in self.over if mti in mtis]


def test_the_access_is_taken_and_the_row_says_so() -> None:
    stage = two_ways()
    sent = Sent(stage)
    stage.withdraw()
    assert (stage.code, sent.lines("0200")) == ("00", ["jinbao"])
    record = stage.row().record
    assert record.link == "jinbao"
    assert {Rule.ROUTE_DIRECT, Rule.LINK_READY, Rule.OVER_JINBAO} <= set(record.trace)
    assert not {Rule.OVER_ALTERNATE, Rule.CHOSEN_AGAIN} & set(record.trace)


def test_with_the_access_down_the_registered_alternate_is_taken() -> None:
    stage = two_ways()
    sent = Sent(stage)
    down(stage, "jinbao")
    stage.withdraw()
    assert (stage.code, sent.lines("0200")) == ("00", ["bank"])
    assert {Rule.OVER_ALTERNATE, Rule.OVER_BANK_LINK} <= set(stage.row().record.trace)


def test_an_acquirer_without_alternate_gets_91_though_the_other_line_is_up() -> None:
    stage = two_ways(**registered(JINBAO, None))
    sent = Sent(stage)
    down(stage, "jinbao")
    stage.withdraw()
    assert (stage.code, sent.lines("0200")) == ("91", [])
    assert stage.report("declined")["links"] == ["jinbao"]


def test_where_no_registered_class_leads_there_it_is_92() -> None:
    stage = two_ways(issuers={"99910000": Issuer(id="99910000", name="I", links=("bank",))})
    stage.reconfigure(**registered(JINBAO, None))
    stage.withdraw()
    assert stage.code == "92"
    assert stage.report("declined")["left_out"] == ["bank"]
    assert not stage.requests()


def test_a_line_that_goes_down_before_the_first_byte_is_left_and_the_row_follows() -> None:
    stage = two_ways()
    sent = Sent(stage)
    stage.stall()
    stage.withdraw()
    down(stage, "jinbao")
    stage.flow()
    assert (stage.code, sent.lines("0200")) == ("00", ["bank"])
    row = stage.row()
    assert (row.state, row.record.link) == (State.APPROVED, "bank")
    assert {Rule.CHOSEN_AGAIN, Rule.OVER_ALTERNATE} <= set(row.record.trace)
    assert stage.report("chosen_again")["instead_of"] == "jinbao"
    stage.reverse()
    assert sent.lines("0420") == ["bank"]


def test_the_new_line_is_durable_before_anything_is_sent_over_it() -> None:
    stage = two_ways()
    sent = Sent(stage)
    stage.stall()
    stage.withdraw()
    down(stage, "jinbao")
    stage.decide()
    assert isinstance(stage.waiting[0].operation, Reroute)
    assert not sent.lines("0200")
    stage.decide()
    assert sent.lines("0200") == ["bank"]


def test_with_no_other_line_it_is_closed_unsent() -> None:
    stage = two_ways(**registered(JINBAO, None))
    sent = Sent(stage)
    stage.stall()
    stage.withdraw()
    down(stage, "jinbao")
    stage.flow()
    assert (stage.code, sent.lines("0200"), stage.row().state) == ("91", [], State.UNSENT)


def test_a_better_line_that_comes_up_meanwhile_changes_nothing() -> None:
    stage = two_ways()
    sent = Sent(stage)
    down(stage, "jinbao")
    stage.stall()
    stage.withdraw()
    up(stage, "jinbao")
    stage.flow()
    assert sent.lines("0200") == ["bank"]


def test_what_was_sent_is_never_sent_again_and_its_reversal_waits_for_its_own_line() -> None:
    stage = two_ways()
    sent = Sent(stage, silent)
    stage.withdraw()
    down(stage, "jinbao")
    stage.pass_time(46_000)
    assert (stage.code, stage.row().state) == ("98", State.IN_DOUBT)
    stage.pass_time(120_000)
    assert sent.lines("0200") == ["jinbao"]
    assert sent.lines("0420", "0421") == []
    up(stage, "jinbao")
    stage.pass_time(1_000)
    assert set(sent.lines("0420", "0421")) == {"jinbao"}
    assert stage.row().state is State.REVERSED


def test_a_terminals_reversal_goes_over_the_line_of_its_original() -> None:
    stage = two_ways()
    sent = Sent(stage)
    down(stage, "jinbao")
    stage.withdraw()
    up(stage, "jinbao")
    stage.reverse()
    assert sent.lines("0200", "0420") == ["bank", "bank"]


def test_a_reversal_that_comes_while_the_new_line_is_stored_keeps_it_from_the_issuer() -> None:
    stage = two_ways()
    sent = Sent(stage)
    stage.stall()
    stage.withdraw()
    down(stage, "jinbao")
    stage.decide()
    stage.reverse()
    stage.flow()
    assert not sent.lines("0200")
    assert sent.lines("0420") == ["bank"]


def test_a_reversal_that_is_decided_first_keeps_the_first_line_on_the_row() -> None:
    stage = two_ways()
    sent = Sent(stage)
    stage.stall()
    stage.withdraw()
    down(stage, "jinbao")
    stage.decide()
    stage.reverse()
    stage.waiting.reverse()
    stage.flow()
    assert not sent.lines("0200")
    assert stage.row().record.link == "jinbao"
    assert stage.report("answer_superseded")["state"] == "REVERSING"
    assert stage.engine.is_idle


@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_a_new_line_of_unknown_outcome_is_stored_again_before_it_is_used(fate: str) -> None:
    stage = two_ways()
    sent = Sent(stage)
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, Reroute) and not lost:
            lost.append(operation)
            return fate
        return ""

    stage.lose = lose
    stage.stall()
    stage.withdraw()
    down(stage, "jinbao")
    stage.flow()
    assert not sent.lines("0200")
    stage.pass_time(1_000)
    assert (stage.code, sent.lines("0200")) == ("00", ["bank"])
    assert stage.row().record.link == "bank"


def test_a_process_that_dies_after_the_new_line_was_stored_reverses_over_it() -> None:
    stage = two_ways()
    sent = Sent(stage, mute)
    stage.stall()
    stage.withdraw()
    down(stage, "jinbao")
    stage.decide()
    stage.decide()
    assert sent.lines("0200") == ["bank"]
    stage.is_stalled = False
    sent._issue = approve
    stage.pass_time(0)
    stage.utc_ms += 20_000
    stage.start()
    up(stage, "jinbao")
    stage.pass_time(10_000)
    assert sent.lines("0420") == ["bank"]


def test_the_pin_is_translated_again_for_the_other_line() -> None:
    stage = two_ways()
    sent = Sent(stage)
    stage.stall()
    _withdraw(stage, 2)
    stage.engine._links["bank"].change_pik(Pik(bytes(range(1, 17))))
    down(stage, "jinbao")
    stage.flow()
    _withdraw(stage, 3)
    up(stage, "jinbao")
    _withdraw(stage, 4)
    assert sent.lines("0200") == ["bank", "bank", "jinbao"]
    again, other, first = (fields[52] for fields in stage.requests())
    assert again == other
    assert again != first


# ------------------------------------------------------------------------------- the breaker


def _trying(issue: Issue = silent, **changes: Any) -> tuple[Stage, Sent]:  # noqa: ANN401 - fields
    whole = {
        "limits": Limits(link_failures=2),
        "timers": Timers(link_rest_ms=120_000),
        **changes,
    }
    stage = two_ways(**whole)
    return stage, Sent(stage, issue)


def _withdraw(stage: Stage, number: int) -> None:
    stage.withdraw(f"{number:06d}", f4="000000001000")


def test_silences_in_a_row_make_a_line_rest_and_the_alternate_takes_over() -> None:
    stage, sent = _trying()
    for number in (2, 3):
        _withdraw(stage, number)
        stage.pass_time(46_000)
    assert stage.report("link_rests") == {"link": "jinbao", "rest_ms": 120_000}
    sent._issue = approve
    _withdraw(stage, 4)
    assert sent.lines("0200") == ["jinbao", "jinbao", "bank"]
    assert stage.code == "00"


def test_after_its_rest_one_request_tries_the_line_and_its_answer_decides() -> None:
    stage, sent = _trying()
    for number in (2, 3):
        _withdraw(stage, number)
        stage.pass_time(46_000)
    stage.pass_time(120_000)
    _withdraw(stage, 4)
    _withdraw(stage, 5)
    assert sent.lines("0200")[2:] == ["jinbao", "bank"]
    stage.pass_time(46_000)
    _withdraw(stage, 6)
    assert sent.lines("0200")[4:] == ["bank"]
    stage.pass_time(120_000)
    sent._issue = approve
    _withdraw(stage, 7)
    _withdraw(stage, 8)
    assert sent.lines("0200")[5:] == ["jinbao", "jinbao"]
    assert stage.report("link_trusted_again") == {"link": "jinbao"}


def test_with_no_alternate_a_resting_line_is_said_at_once_instead_of_after_a_silence() -> None:
    stage, sent = _trying(**registered(JINBAO, None))
    for number in (2, 3):
        _withdraw(stage, number)
        stage.pass_time(46_000)
    told = len(stage.told)
    _withdraw(stage, 4)
    assert (stage.code, len(stage.told), len(sent.lines("0200"))) == ("91", told + 1, 2)


def test_refusals_are_answers_and_no_failures() -> None:
    stage, sent = _trying(saying("51"))
    for number in range(2, 8):
        _withdraw(stage, number)
    assert sent.lines("0200") == ["jinbao"] * 6


def test_a_line_that_signs_on_again_is_trusted_again() -> None:
    stage, sent = _trying()
    for number in (2, 3):
        _withdraw(stage, number)
        stage.pass_time(46_000)
    down(stage, "jinbao")
    up(stage, "jinbao")
    _withdraw(stage, 4)
    assert sent.lines("0200")[2:] == ["jinbao"]


# --------------------------------------------------------------------------- on us, off us, day


def test_off_us_the_switch_sets_the_clearing_date_and_on_us_there_is_none() -> None:
    stage = two_ways()
    stage.withdraw()
    assert stage.requests()[0][15] == "0618"
    one: dict[str, Any] = {
        "acquirers": {
            "99900000": Acquirer(
                id="99900000", name="A", other_cards_from=None, access=BANK, group="g"
            )
        },
        "issuers": {"99910000": Issuer(id="99910000", name="I", links=("bank",), group="g")},
    }
    stage = two_ways(**one)
    stage.withdraw()
    assert 15 not in stage.requests()[0]
    assert Rule.ROUTE_ON_US in stage.row().record.trace


@pytest.mark.parametrize(("said", "day"), [("0619", 20140619), ("0618", 20140618), ("", 20140618)])
def test_a_members_clearing_day_is_the_centres(said: str, day: int) -> None:
    stage = two_ways(centre=("bank", "jinbao"))
    more = {15: said} if said else {}
    Sent(stage, lambda mti, f: None if (a := approve(mti, f)) is None else a | more)
    stage.withdraw()
    assert stage.code == "00"
    assert 15 not in stage.requests()[0]
    row = stage.row()
    assert row.record.clearing_day == day
    assert Rule.ROUTE_MEMBER in row.record.trace
    assert stage.last()[15] == (said or "0618")


@pytest.mark.parametrize("said", ["0617", "0620", "0631", "1231"])
def test_a_day_on_which_it_would_be_in_no_clearing_is_not_believed(said: str) -> None:
    stage = two_ways(centre=("bank", "jinbao"))
    Sent(stage, lambda mti, f: None if (a := approve(mti, f)) is None else a | {15: said})
    stage.withdraw()
    assert stage.row().record.clearing_day == 20140618
    assert (stage.code, stage.last()[15]) == ("00", "0618")
    told = stage.report("clearing_day_not_believed")
    assert told == {"link": "jinbao", "rrn": stage.row().record.rrn, "date": said}


def test_a_day_that_is_over_by_our_own_cut_over_is_not_believed() -> None:
    """It may have been cleared by then."""
    stage = two_ways(centre=("bank", "jinbao"), cut_over="000100")
    Sent(stage, lambda mti, f: None if (a := approve(mti, f)) is None else a | {15: "0618"})
    stage.withdraw()
    assert stage.row().record.clearing_day == 20140619


@pytest.mark.parametrize("said", ["9999", "0000", "1300"])
def test_a_date_that_is_none_is_not_believed(said: str) -> None:
    stage = two_ways(centre=("bank", "jinbao"))
    Sent(stage, lambda mti, f: None if (a := approve(mti, f)) is None else a | {15: said})
    stage.withdraw()
    assert stage.row().record.clearing_day == 20140618
    assert stage.last()[15] == "0618"


# ------------------------------------------------------------------------------ in the ledger


def _rerouting(number: int, *, incarnation: int = 1) -> Reroute:
    return Reroute(number, key(), incarnation, "other", b"\x03")


def _ledger(*operations: Operation) -> MemoryLedger:
    ledger = MemoryLedger()
    ledger.submit([enlisting(), *operations])
    return ledger


def test_the_row_has_the_new_link_and_trace_and_is_open_still() -> None:
    ledger = _ledger(opening(1))
    for number in (2, 2, 3):
        outcome = ledger.submit([_rerouting(number)])[0]
        assert isinstance(outcome, Closed)
        assert (outcome.row.record.link, outcome.row.record.trace) == ("other", b"\x03")
        assert outcome.row.state is State.FORWARDED
    (row,) = ledger.transactions()
    assert row.record.link == "other"
    before = _ledger(opening(1)).transactions()[0].record
    assert before.link != "other"
    assert row.record.amount_fen == before.amount_fen


@pytest.mark.parametrize("decided", [closing(2), reversing(2)])
def test_what_was_decided_keeps_its_link(decided: Operation) -> None:
    ledger = _ledger(opening(1), decided)
    assert isinstance(ledger.submit([_rerouting(3)])[0], Superseded)
    assert ledger.transactions()[0].record.link == "bank"


def test_what_is_not_ours_or_not_there_is_refused() -> None:
    assert _ledger(opening(1)).submit([_rerouting(2, incarnation=7)]) == [Fenced()]
    assert _ledger().submit([_rerouting(2)]) == [Missing()]
    assert _ledger(reversing(1)).submit([_rerouting(2)]) == [Missing()]


def test_a_close_may_bring_the_day_that_a_clearing_centre_said() -> None:
    plain = closing(2)
    dated = replace(plain, clearing_day=20140619)
    for close, day in ((plain, 20140618), (dated, 20140619)):
        ledger = _ledger(opening(1), close)
        assert ledger.transactions()[0].record.clearing_day == day
