"""A terminal settles: 平, 不平 and 出错 in each half of DE 48, uploads, and the next batch."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from switch.core.batches.values import SettleBatch
from switch.core.operations import Operation
from tests.switch.core.stage import FRAMES, PAN, Stage, approve

_NOTHING = "0" * 31


@pytest.fixture
def stage() -> Stage:
    made = Stage()
    made.sign_on()
    return made


def _half(fen: int = 0, count: int = 0, back_fen: int = 0, backs: int = 0) -> str:
    return f"{fen:012d}{count:03d}{back_fen:012d}{backs:03d}0"


def _settle(stage: Stage, domestic: str, foreign: str = _NOTHING, batch: str = "000002") -> str:
    """Send totals; return DE 48 of the answer, or its code where it was refused."""
    fields = stage.codec.decode(FRAMES["settlement"], 13).fields
    fields |= {48: domestic + foreign, 60: f"00{batch}201"}
    stage.terminal_says(stage.build("0500", fields))
    told = stage.last()
    return told[48] if 39 not in told else told[39]


def _upload(stage: Stage, content: str, code: str = "201", batch: str = "000002") -> str:
    fields = {11: "000077", 41: "50010001", 42: "999653080110001", 60: f"00{batch}{code}"}
    stage.terminal_says(stage.build("0320", fields | {48: content}))
    return stage.code


def _detail(stan: str, fen: int) -> str:
    return f"00{stan}{PAN:0>20}{fen:012d}"


def _batch(stage: Stage, number: str = "000002") -> dict[str, object]:
    found = stage.ledger.batches(0, 99_999_999)
    (batch,) = [each for each in found if each.number == number]
    return {name: getattr(batch, name) for name in batch.__struct_fields__}


def test_totals_that_agree_are_balanced_and_end_the_batch(stage: Stage) -> None:
    stage.withdraw()
    told = _settle(stage, _half(50_000, 1))
    assert told == _half(50_000, 1)[:-1] + "1" + _NOTHING[:-1] + "1"
    assert _batch(stage)["is_ended"] is True
    stage.withdraw("000003")
    assert stage.code == "77"
    assert stage.told[-1][9] & 0x0F == 3, "the header asks for a sign-on"
    stage.sign_on()
    assert stage.last()[60] == "00000003003"


def test_each_half_has_a_result_of_its_own(stage: Stage) -> None:
    stage.withdraw()
    assert [_settle(stage, _half(50_000, 1), _half(100, 1))[at] for at in (30, 61)] == ["1", "2"]
    assert [_settle(stage, _half(50_001, 1))[at] for at in (30, 61)] == ["2", "1"]
    assert [_settle(stage, _half(50_000, 2))[at] for at in (30, 61)] == ["2", "1"]


def test_a_foreign_card_counts_in_the_other_half(stage: Stage) -> None:
    (first, *others) = stage.configuration.card_ranges
    stage.reconfigure(card_ranges=(replace(first, is_foreign=True), *others))
    stage.withdraw()
    assert [_settle(stage, _NOTHING, _half(50_000, 1))[at] for at in (30, 61)] == ["1", "1"]


def test_what_is_in_flight_makes_both_halves_an_error() -> None:
    stage = Stage(lambda mti, _: {39: "00"} if mti[1] == "8" else None)
    stage.sign_on()
    stage.withdraw()
    assert [_settle(stage, _NOTHING)[at] for at in (30, 61)] == ["3", "3"]
    stage.issue = approve
    stage.pass_time(60_000)
    assert [_settle(stage, _NOTHING)[at] for at in (30, 61)] == ["1", "1"], "reversed by now"


def test_what_was_reversed_or_declined_does_not_count(stage: Stage) -> None:
    stage.withdraw()
    stage.reverse()
    stage.issue = lambda mti, _: {39: "51"} if mti == "0200" else {39: "00"}
    stage.withdraw("000005")
    assert [_settle(stage, _NOTHING)[at] for at in (30, 61)] == ["1", "1"]


def test_an_unbalanced_batch_ends_with_its_upload(stage: Stage) -> None:
    stage.withdraw()
    _settle(stage, _half(60_000, 2))
    assert stage.report("batch_unbalanced")["results"] == [2, 1]
    assert _upload(stage, "02" + _detail("000002", 50_000) + _detail("000009", 10_000)) == "00"
    assert _upload(stage, "01" + _detail("000009", 10_000)) == "00", "a repeat changes nothing"
    stage.withdraw("000003")
    assert stage.code == "00", "the batch is open until its end"
    assert _upload(stage, "0002", "207") == "00"
    batch = _batch(stage)
    assert (batch["told"], batch["is_ended"]) == (2, True)
    details = batch["details"]
    assert isinstance(details, tuple)
    assert [(each.stan, each.amount_fen) for each in details] == [
        ("000002", 50_000),
        ("000009", 10_000),
    ]
    assert PAN not in repr(batch)
    stage.sign_on()
    assert stage.last()[60] == "00000003003"


def test_chip_uploads_are_kept_by_kind(stage: Stage) -> None:
    stage.withdraw()
    _settle(stage, _half(50_000, 1))
    fields = stage.codec.decode(FRAMES["withdrawal"], 13).fields
    kept = {n: fields[n] for n in (2, 4, 22, 23, 55, 41, 42)}
    for number, code in enumerate(("203", "204", "205")):
        told = kept | {11: f"00000{number + 2}", 60: f"00000002{code}", 62: "00"}
        stage.terminal_says(stage.build("0320", told))
        assert stage.code == "00"
    details = _batch(stage)["details"]
    assert isinstance(details, tuple)
    assert [(each.kind, each.stan) for each in details] == [
        ("203", "000002"),
        ("204", "000003"),
        ("205", "000004"),
    ]
    assert {each.shown_card for each in details} == {"621999*********0120"}


def test_a_settlement_that_is_asked_again_is_answered_again(stage: Stage) -> None:
    stage.withdraw()
    first = _settle(stage, _half(50_000, 1))
    assert _settle(stage, _half(50_000, 1)) == first
    stage.sign_on()
    assert _settle(stage, _half(50_000, 1)) == first, "its 0510 was lost, and it signed on"
    assert _settle(stage, _half(50_100, 1))[30] == "2"


@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_a_settlement_of_unknown_outcome_is_submitted_again(stage: Stage, fate: str) -> None:
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, SettleBatch) and not lost:
            lost.append(operation)
            return fate
        return ""

    stage.withdraw()
    stage.lose = lose
    told = len(stage.told)
    fields = stage.codec.decode(FRAMES["settlement"], 13).fields | {60: "00000002201"}
    stage.terminal_says(stage.build("0500", fields))
    assert len(stage.told) == told
    stage.pass_time(1_000)
    assert stage.last()[48][30] == "1"


@pytest.mark.parametrize(
    ("code", "content", "answer"),
    [
        ("201", "01" + _detail("000002", 1)[:-1], "30"),
        ("201", "02" + _detail("000002", 1), "30"),
        ("201", "09" + _detail("000002", 1) * 9, "30"),
        ("203", "", "30"),
        ("000", "01" + _detail("000002", 1), "30"),
        ("201", "01" + _detail("000002", 1), "77"),
        ("207", "0001", "77"),
    ],
)
def test_uploads_that_are_wrong_or_of_no_settled_batch_are_refused(
    stage: Stage, code: str, content: str, answer: str
) -> None:
    stage.withdraw()
    if len(content) > 322:
        with pytest.raises(Exception, match="48"):
            _upload(stage, content, code)
    else:
        assert _upload(stage, content, code) == answer


def test_totals_of_another_batch_or_form_are_refused(stage: Stage) -> None:
    assert _settle(stage, _half(), batch="000009") == "77"
    assert _settle(stage, _half()[:-1], _NOTHING) == "30"


def test_the_clearing_day_of_a_settlement_follows_the_cut_over(stage: Stage) -> None:
    stage.reconfigure(cut_over="090000")
    _settle(stage, _NOTHING)
    assert stage.last()[15] == "0619"
    assert _batch(stage)["day"] == 20140619
