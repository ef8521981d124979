"""The cut-over on issuer links: who is told, when, in which bytes, and what keeps its day."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from switch.core.configuration import Timers
from switch.core.events import LinkConnected, LinkDisconnected
from tests.switch.core.stage import INTERBANK, Issue, Stage, approve, mute, saying
from tests.switch.core.stage.ways import two_ways

_QUIET = Timers(echo_ms=864_000_000, lease_ms=864_000_000)
"""Without echoes and leases, days can be skipped."""
_HEAD = b".\x820109" + b"00010000   " + b"99900000   " + bytes(4) + b"0" * 8 + bytes(1) + b"0" * 5
_BITMAP = bytes.fromhex("82220000800000000400000010000000")  # 7 11 15 33 70 100


def _stage(issue: Issue = approve) -> Stage:
    """Return a stage at 09:30, whose day ends at 09:31."""
    stage = Stage(issue, cut_over="093100", timers=_QUIET)
    stage.sign_on()
    return stage


def _told(stage: Stage) -> list[tuple[str, str]]:
    """Return DE 70 and DE 15 of every notice that the bank got."""
    return [(f[70], f[15]) for mti, f in stage.sent if mti == "0820" and 15 in f]


def _skip_a_day(stage: Stage) -> None:
    stage.elapsed_ns += 86_400_000 * 1_000_000
    stage.utc_ms += 86_400_000
    stage.pass_time(0)


def _days(stage: Stage) -> list[int]:
    return [row.record.clearing_day for row in stage.ledger.transactions()]


def test_a_host_is_told_of_the_new_day_and_later_that_the_old_one_is_over() -> None:
    stage = _stage()
    stage.pass_time(59_000)
    assert _told(stage) == []
    stage.pass_time(1_100)
    assert _told(stage) == [("201", "0619")]
    stage.pass_time(54_000)
    assert _told(stage) == [("201", "0619")]
    stage.pass_time(1_000)
    assert _told(stage) == [("201", "0619"), ("202", "0619")]
    begun, ended = [f for f in stage.frames if f[-13:-10] in {b"201", b"202"}]
    stan, later = begun[80:86], ended[80:86]
    body = b"0820" + _BITMAP + b"%s" + b"%s" + b"0619" + b"0899900000" + b"%s" + b"0800010000"
    assert begun == b"0109" + _HEAD + body % (b"0618093100", stan, b"201")
    assert ended == b"0109" + _HEAD + body % (b"0618093155", later, b"202")
    assert stan != later
    stage.pass_time(3_600_000)
    assert len(_told(stage)) == 2


def test_every_day_has_its_notices() -> None:
    stage = _stage()
    stage.pass_time(120_000)
    _skip_a_day(stage)
    stage.pass_time(120_000)
    assert _told(stage) == [(c, d) for d in ("0619", "0620") for c in ("201", "202")]


def test_what_is_in_flight_keeps_its_day_and_what_comes_after_has_the_next() -> None:
    stage = _stage(mute)
    stage.pass_time(59_000)
    stage.withdraw("000002")
    stage.pass_time(2_000)
    assert _told(stage)[0] == ("201", "0619")
    stage.issue = approve
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    assert stage.last()[15] == "0618"
    stage.withdraw("000003", f4="000000001000")
    assert stage.last()[15] == "0619"
    assert [fields[15] for fields in stage.requests()] == ["0618", "0619"]
    assert sorted(_days(stage)) == [20140618, 20140619]


def test_a_notice_without_an_answer_is_repeated_and_then_reported_and_the_link_stays() -> None:
    stage = _stage(lambda mti, f: None if 15 in f and mti == "0820" else approve(mti, f))
    stage.pass_time(120_000)
    notices = [f for mti, f in stage.sent if mti == "0820" and 15 in f]
    assert [f[70] for f in notices] == ["201"] * 3
    assert len({f[11] for f in notices}) == 3
    told = {"link": "bank", "notice": "cut_over_begin", "day": 20140619}
    assert stage.report("cut_over_unanswered") == told
    assert stage.closed == []
    stage.withdraw()
    assert stage.code == "00"


def test_a_refused_notice_is_reported_and_nothing_more_is_said_of_the_day() -> None:
    stage = _stage(lambda mti, f: {39: "12"} if 15 in f and mti == "0820" else approve(mti, f))
    stage.pass_time(120_000)
    assert _told(stage) == [("201", "0619")]
    assert stage.report("cut_over_refused")["code"] == "12"
    assert stage.closed == []


def test_a_host_that_was_away_is_told_when_it_has_signed_on_again() -> None:
    stage = _stage()
    stage.happen(LinkDisconnected("bank"))
    stage.pass_time(300_000)
    assert _told(stage) == []
    stage.happen(LinkConnected("bank"))
    assert _told(stage) == [("201", "0619")]


def test_a_host_that_goes_away_before_it_answers_is_told_again() -> None:
    stage = _stage(lambda mti, f: None if 15 in f and mti == "0820" else approve(mti, f))
    stage.pass_time(61_000)
    stage.happen(LinkDisconnected("bank"))
    stage.pass_time(60_000)
    stage.issue = approve
    stage.happen(LinkConnected("bank"))
    stage.pass_time(60_000)
    assert _told(stage) == [("201", "0619")] * 2 + [("202", "0619")]


def test_the_end_of_a_day_is_told_also_over_the_next_connection() -> None:
    stage = _stage()
    stage.pass_time(61_000)
    stage.happen(LinkDisconnected("bank"))
    stage.pass_time(300_000)
    stage.happen(LinkConnected("bank"))
    assert _told(stage) == [("201", "0619"), ("202", "0619")]


def test_a_clock_that_goes_back_tells_no_day_twice() -> None:
    stage = _stage()
    stage.pass_time(60_000)
    stage.pass_time(1_000)
    stage.utc_ms -= 30_000
    stage.pass_time(120_000)
    assert _told(stage) == [("201", "0619"), ("202", "0619")]


def test_a_first_sign_on_tells_nothing_since_every_request_says_the_day() -> None:
    stage = Stage(saying("00"), cut_over="080000")
    stage.sign_on()
    stage.pass_time(120_000)
    assert _told(stage) == []


def test_in_a_dialect_without_the_notices_nobody_is_told() -> None:
    plain = replace(
        INTERBANK,
        transactions=tuple(t for t in INTERBANK.transactions if not t.id.startswith("cut_over")),
    )
    stage = Stage(approve, cut_over="093100", issuer_dialect=plain)
    stage.sign_on()
    stage.pass_time(120_000)
    assert _told(stage) == []


# ------------------------------------------------------------------------------------- a member


def _member() -> Stage:
    return two_ways(centre=("bank",), cut_over="093100", timers=_QUIET)


def _centre_says(stage: Stage, code: str, date: str) -> str:
    """Send a notice of the centre; return DE 39 of the answer."""
    stage.line = "bank"
    fields = {7: "0618093000", 11: "777777", 33: "00010000", 70: code, 100: "99900000"}
    stage.bank_sends("0820", fields | ({15: date} if date else {}))
    mti, answer = stage.sent[-1]
    assert (mti, answer[70], answer.get(15, "")) == ("0830", code, date)
    return answer[39]


def test_a_member_tells_nobody() -> None:
    stage = _member()
    stage.pass_time(120_000)
    assert _told(stage) == []


def test_a_member_takes_the_day_of_its_centre_before_its_own_clock_says_so() -> None:
    stage = _member()
    stage.withdraw("000002", f4="000000001000")
    assert stage.last()[15] == "0618"
    assert _centre_says(stage, "201", "0619") == "00"
    assert stage.report("cut_over") == {"link": "bank", "notice": "cut_over_begin", "day": 20140619}
    stage.withdraw("000003", f4="000000002000")
    assert stage.last()[15] == "0619"
    assert _centre_says(stage, "202", "0619") == "00"
    assert sorted(_days(stage)) == [20140618, 20140619]


def test_a_members_clock_goes_on_where_the_centre_says_nothing() -> None:
    stage = _member()
    stage.pass_time(120_000)
    _skip_a_day(stage)
    stage.sign_on()
    stage.withdraw()
    assert stage.last()[15] == "0620"


@pytest.mark.parametrize("date", ["0617", "0620", "1399", ""])
def test_a_day_that_cannot_begin_now_is_not_believed(date: str) -> None:
    stage = _member()
    assert _centre_says(stage, "201", date) == "30"
    assert stage.report("cut_over_not_believed") == {"link": "bank", "date": date}
    stage.withdraw()
    assert stage.last()[15] == "0618"


def test_a_host_that_is_no_centre_is_answered_and_not_obeyed() -> None:
    stage = _stage()
    assert _centre_says(stage, "201", "0619") == "00"
    stage.withdraw()
    assert stage.last()[15] == "0618"
