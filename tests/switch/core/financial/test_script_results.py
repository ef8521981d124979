"""Script results (0620): about an original, durable before answered, sent until answered."""

from __future__ import annotations

import pytest

from messages.codec import Codec
from messages.dialects.rules import classify, findings
from switch.core.transaction import State
from tests.switch.core.stage import INTERBANK, OTHER_PAN, POS, Stage, approve, mute, saying
from tests.switch.core.stage.shop import ask, reverse

_RESULT = "9F3303E0E9C8950500000000009F3704123456789F360200129F1A0201569A03140618DF31052012345678"


@pytest.fixture
def stage() -> Stage:
    """Return a stage whose terminal is signed on, and has withdrawn with STAN 000010."""
    made = Stage()
    made.sign_on()
    ask(made, "rural_withdrawal", "000010")
    assert made.code == "00"
    return made


def tell(stage: Stage, **changes: str | None) -> None:
    """Send the script result of the withdrawal, with STAN 000011."""
    row = stage.row("000010")
    fields: dict[str, str | None] = {
        "f14": None, "f26": None, "f35": None, "f52": None, "f53": None,
        "f37": row.record.rrn,
        "f55": _RESULT,
        "f60": "00000002951",
        "f61": f"{row.key.batch}{row.key.stan}{row.record.date}",
    }  # fmt: skip
    message = stage.codec.decode(stage.withdrawal("000011", **(fields | changes)), 13)
    stage.terminal_says(stage.build("0620", message.fields))


def test_a_script_result_is_told_to_the_issuer_of_its_original(stage: Stage) -> None:
    tell(stage)
    answer = Codec(POS).decode(stage.told[-1], 13)
    assert (answer.mti, answer.fields[39]) == ("0630", "00")
    texts = {str(n): text for n, text in answer.fields.items()}
    found = classify(POS, "0630", {**texts, "60.3": "951"})
    assert found is not None
    assert found.rule.id == "script_result"
    assert findings(POS, answer, found) == ()
    mti, fields = stage.sent[-1]
    original = stage.row("000010").record
    assert mti == "0620"
    assert fields[55] == _RESULT  # byte for byte
    assert fields[90][:20] == f"{original.mti}{original.link_stan}{original.transmission}"
    assert (fields[3], fields[38]) == (original.processing_code, "A00002")
    assert 4 not in fields


def test_the_issuer_is_told_by_the_interbank_rules(stage: Stage) -> None:
    tell(stage)
    mti, fields = stage.sent[-1]
    found = classify(INTERBANK, mti, {str(n): text for n, text in fields.items()})
    message = Codec(INTERBANK).decode(Codec(INTERBANK).encode(mti, fields), 0)
    assert found is not None
    assert found.rule.id == "script_result"
    assert findings(INTERBANK, message, found) == ()


def test_a_script_result_moves_no_money_and_takes_nothing(stage: Stage) -> None:
    tell(stage)
    row = stage.row("000011")
    assert (row.state, row.record.amount_fen, row.record.fee_fen) == (State.APPROVED, 0, 0)
    assert (row.taking, row.cap, row.record.legs) == (None, None, ())
    assert stage.row("000010").taken_fen == 0
    reverse(stage, "rural_withdrawal", "000010")
    assert stage.code == "00"


def test_a_script_result_is_sent_until_it_is_answered(stage: Stage) -> None:
    stage.issue = mute
    tell(stage)
    assert stage.code == "00"
    assert stage.row("000011").state is State.ADVISED
    stage.pass_time(120_000)
    told = [(mti, fields) for mti, fields in stage.sent if mti.startswith("062")]
    assert [mti for mti, _ in told][:3] == ["0620", "0621", "0621"]
    assert len({(fields[7], fields[11], fields[55]) for _, fields in told}) == 1
    stage.issue = approve
    stage.pass_time(400_000)
    assert stage.row("000011").state is State.APPROVED


def test_a_script_result_survives_a_crash(stage: Stage) -> None:
    stage.issue = lambda _mti, _fields: None
    stage.start()
    tell(stage)
    assert stage.code == "00"
    stage.issue = approve
    stage.start()
    stage.pass_time(2_000)
    assert stage.row("000011").state is State.APPROVED
    assert stage.sent[-1][1][55] == _RESULT


def test_an_issuer_that_refuses_a_script_result_needs_a_person(stage: Stage) -> None:
    stage.issue = lambda mti, _: {39: "25"} if mti == "0620" else {39: "00"}
    tell(stage)
    assert stage.row("000011").state is State.ADVICE_EXPIRED
    assert stage.report("advice_needs_a_person")["why"] == "25"


def test_an_original_is_found_without_its_rrn(stage: Stage) -> None:
    tell(stage, f37=None)
    assert stage.code == "00"
    assert stage.sent[-1][0] == "0620"


@pytest.mark.parametrize("code", ["05", "51"])
def test_scripts_may_come_with_a_refusal_and_are_told_of_as_well(stage: Stage, code: str) -> None:
    stage.issue = saying(code)
    ask(stage, "rural_withdrawal", "000012")
    assert stage.code == code
    row = stage.row("000012")
    tell(stage, f37=row.record.rrn, f61=f"{row.key.batch}000012{row.record.date}")
    assert stage.code == "00"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"f61": None}, "30"),
        ({"f61": "000002"}, "30"),
        ({"f37": "416900000999"}, "25"),
        ({"f37": None, "f61": "0000020000990618"}, "25"),
        ({"f61": "0000020000990618"}, "22"),
        ({"f2": "6219991234567890138"}, "22"),
        ({"f2": OTHER_PAN}, "57"),
        ({"f60": "00000002952"}, "12"),
    ],
)
def test_a_script_result_that_names_no_original_is_refused(
    stage: Stage, changes: dict[str, str | None], code: str
) -> None:
    asked = len(stage.sent)
    tell(stage, **changes)
    assert stage.code == code
    assert len(stage.sent) == asked


def test_a_script_result_may_come_after_its_batch(stage: Stage) -> None:
    tell(stage, f60="00000001951")
    assert stage.code == "00"


def test_the_same_script_result_again_is_not_sent_again(stage: Stage) -> None:
    tell(stage)
    asked = len(stage.sent)
    tell(stage)
    assert stage.code == "94"
    assert len(stage.sent) == asked
