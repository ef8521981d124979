"""Pay-outs: one credit a card and payment number, whatever comes twice, late, or not at all."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from messages.dialects.loader import load_dialect
from messages.reasons import Reason
from switch.config.registry.funds import load_funds
from switch.config.registry.stages import load_stages
from switch.core.configuration import Fund, Issuer
from switch.core.moment import local
from switch.core.operations import ATTEMPT_BITS, Row
from switch.core.outcomes import Clashed
from switch.core.social.payouts import (
    CREDIT,
    Numbers,
    Payout,
    is_fund_open,
    key_of,
    operations,
    outcome_of,
    refusal,
)
from switch.core.transaction import State
from switch.registry.snapshot import Connection
from switch.registry.stages import Opening
from tests.house.source import ROOT
from tests.switch.core.stage import OTHER_PAN, PAN, Issue, Stage, approve, mute
from tests.switch.core.stage.registered import open_registry
from tests.switch.core.stage.ways import two_ways

FUNDS = load_funds("chongqing-2014", ROOT)
AGENCY = "99980000"
PAYOUT = Payout("100100000001", PAN, 11_500, "1001")
_LONG_MS = 600_000
_KNOWN = frozenset(rule.id for rule in load_dialect("composite").transactions)


def _stage(issue: Issue = approve) -> Stage:
    return Stage(issue, funds=FUNDS)


def _order(stage: Stage, payout: Payout = PAYOUT, number: int = 1) -> None:
    """Have a pay-out recorded, as an incarnation whose lease is over does."""
    numbers = Numbers(
        (90 + number) << ATTEMPT_BITS | 1,
        (90 + number) << ATTEMPT_BITS | 2,
        f"{700_000 + number:06d}",
        f"4169{number:08d}",
    )
    at = local(stage.utc_ms), stage.utc_ms
    made = operations(payout, stage.configuration, AGENCY, numbers, at)
    stage.ledger.submit(list(made))


def _row(stage: Stage, payout: Payout = PAYOUT) -> Row:
    key = key_of(payout, AGENCY, stage.configuration)
    return next(row for row in stage.ledger.transactions() if row.key == key)


def _credits(stage: Stage) -> list[dict[int, str]]:
    return [fields for mti, fields in stage.sent if mti.startswith("022")]


def test_a_card_is_credited_once() -> None:
    stage = _stage()
    _order(stage)
    stage.pass_time(2_000)
    (credit,) = _credits(stage)
    assert (credit[2], credit[3], credit[4], credit[37]) == (
        PAN,
        CREDIT,
        "000000011500",
        "416900000001",
    )
    assert _row(stage).state is State.APPROVED
    assert outcome_of(PAYOUT, _row(stage)).status == "paid"
    _order(stage, number=2)
    stage.pass_time(_LONG_MS)
    assert len(_credits(stage)) == 1


def test_another_payment_under_the_same_number_is_never_made() -> None:
    stage = _stage()
    _order(stage)
    other = replace(PAYOUT, amount_fen=99_999)
    numbers = Numbers(99 << ATTEMPT_BITS | 1, 0, "700009", "416900000009")
    at = local(stage.utc_ms), stage.utc_ms
    (operation,) = operations(other, stage.configuration, AGENCY, numbers, at)
    assert isinstance(stage.ledger.submit([operation])[0], Clashed)
    assert outcome_of(other, _row(stage)) == ("rejected", "94", "")


def test_the_fund_is_no_part_of_what_makes_it_the_same_payment() -> None:
    stage = _stage()
    _order(stage)
    other = replace(PAYOUT, fund="1002")
    assert key_of(other, AGENCY, stage.configuration) == key_of(PAYOUT, AGENCY, stage.configuration)
    assert outcome_of(other, _row(stage, other)) == ("rejected", "94", "")
    _order(stage, other, number=2)
    stage.pass_time(_LONG_MS)
    assert len(_credits(stage)) == 1


def test_a_silent_bank_is_asked_until_it_answers() -> None:
    stage = _stage(mute)
    _order(stage)
    stage.pass_time(_LONG_MS)
    assert _row(stage).state is State.ADVISED
    assert outcome_of(PAYOUT, _row(stage)).status == "pending"
    stage.issue = approve
    stage.pass_time(_LONG_MS)
    assert _row(stage).state is State.APPROVED
    assert len({(each[7], each[11]) for each in _credits(stage)}) == 1


def test_a_crash_pays_nobody_twice_and_nobody_too_little() -> None:
    stage = _stage(mute)
    _order(stage)
    stage.pass_time(2_000)
    stage.issue = approve
    stage.start()
    _order(stage, number=2)
    stage.pass_time(_LONG_MS)
    assert _row(stage).state is State.APPROVED
    assert len({each[37] for each in _credits(stage)}) == 1


def test_a_bank_that_refuses_has_it_rejected_for_ever() -> None:
    stage = _stage(lambda mti, _: {39: "14"} if mti.startswith("022") else {39: "00"})
    _order(stage)
    stage.pass_time(2_000)
    assert outcome_of(PAYOUT, _row(stage)) == ("rejected", "14", "416900000001")
    assert not _row(stage).record.sealed
    stage.issue = approve
    _order(stage, number=2)
    stage.pass_time(_LONG_MS)
    assert len(_credits(stage)) == 1


def test_a_bank_that_cannot_say_now_is_asked_again() -> None:
    stage = _stage(lambda mti, _: {39: "96"} if mti.startswith("022") else {39: "00"})
    _order(stage)
    stage.pass_time(2_000)
    assert _row(stage).state is State.ADVISED
    stage.issue = approve
    stage.pass_time(_LONG_MS)
    assert _row(stage).state is State.APPROVED


@pytest.mark.parametrize(
    ("pan", "reason", "code"),
    [
        ("4000000000000002", Reason.ISSUER_UNKNOWN, "15"),
        (OTHER_PAN, Reason.CARD_NOT_PERMITTED, "57"),
    ],
)
def test_a_card_that_cannot_be_credited_is_rejected_and_stays_so(
    pan: str, reason: Reason, code: str
) -> None:
    stage, payout = _stage(), replace(PAYOUT, pan=pan)
    refused = refusal(payout, stage.configuration, 20140618)
    assert refused is not None
    assert refused.reason is reason
    _order(stage, payout)
    stage.pass_time(_LONG_MS)
    assert outcome_of(payout, _row(stage, payout)) == ("rejected", code, "416900000001")
    assert not _credits(stage)


@pytest.mark.parametrize(
    ("ranges", "lines", "line"),
    [
        ((), ("bank", "jinbao"), "jinbao"),
        (("621999",), ("bank", "jinbao"), "jinbao"),
        (("622",), ("bank", "jinbao"), "bank"),
        (("622",), ("jinbao",), ""),
    ],
)
def test_a_credit_goes_over_the_social_network_where_the_plan_covers_the_card(
    ranges: tuple[str, ...], lines: tuple[str, ...], line: str
) -> None:
    stage = two_ways(funds=FUNDS)
    issuers = {"99910000": Issuer(id="99910000", name="I", links=lines)}
    plans = {"99910000": Connection(20140601, ranges)}
    stage.reconfigure(issuers=issuers, registry=open_registry(connections=plans))
    _order(stage)
    stage.pass_time(_LONG_MS)
    assert _row(stage).record.link == line
    assert len(_credits(stage)) == bool(line)
    status, code, _ = outcome_of(PAYOUT, _row(stage))
    assert (status, code) == (("paid", "") if line else ("rejected", "92"))


@pytest.mark.parametrize(("cut_over", "day"), [("", 20140618), ("090000", 20140619)])
def test_what_is_paid_after_the_cut_over_is_cleared_on_the_next_day(
    cut_over: str, day: int
) -> None:
    stage = Stage(approve, funds=FUNDS, cut_over=cut_over)
    _order(stage)
    assert _row(stage).record.clearing_day == day


def test_no_card_number_is_shown() -> None:
    assert PAN not in repr(PAYOUT)


def _why(fund: Fund, day: int, **registry: object) -> str:
    stage = _stage()
    if registry:
        stage.reconfigure(registry=open_registry(**registry))
    return is_fund_open(fund, stage.configuration, AGENCY, day)


def test_a_benefit_is_open_from_the_notice_s_day_on_and_a_subsidy_is_not() -> None:
    assert not _why(FUNDS["1001"], 20140617)
    assert "三(一)" in _why(FUNDS["1001"], 20140616)
    assert "三(二)" in _why(FUNDS["2001"], 20991231)


def test_the_registry_opens_the_stage_of_subsidies_from_a_day_on() -> None:
    stages = load_stages("chongqing-2014", ROOT, _KNOWN).stages
    opening = Opening(stage="subsidies", scope="all", from_day=20141001)
    closed = {"stages": stages, "openings": ()}
    opened = {"stages": stages, "openings": (opening,)}
    assert not _why(FUNDS["1001"], 20140617, **closed)
    assert "stage subsidies" in _why(FUNDS["2001"], 20141001, **closed)
    assert "from 20141001, clause 三(二)" in _why(FUNDS["2001"], 20140930, **opened)
    assert not _why(FUNDS["2001"], 20141001, **opened)
