"""Voids, refunds and completions: each against its original, once, and for no more than it was."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fees.quote import Case, Leg, Quote, Refund, Tariffs
from messages.codec import Codec
from messages.dialects.rules import classify, findings
from switch.core.issuers.links import Links
from switch.core.operations import FindByRrn, Open
from switch.core.transaction import State
from tests import golden
from tests.switch.core.stage import INTERBANK, OTHER_PAN, POS, Stage, approve, mute, saying, silent
from tests.switch.core.stage.shop import (
    KINDS,
    ORIGINALS,
    REVERSIBLE,
    ask,
    before,
    request,
    reverse,
    row,
)

VOIDS = [kind for kind in ORIGINALS if KINDS[kind][0] != "0220"]
ADVICES = [kind for kind in ORIGINALS if KINDS[kind][0] == "0220"]
HALF = "000000025000"


@pytest.fixture
def stage() -> Stage:
    """Return a stage whose terminal is signed on."""
    made = Stage()
    made.sign_on()
    return made


def sold(stage: Stage, kind: str = "sale") -> None:
    """Sell for 500 yuan with STAN 000010."""
    ask(stage, kind, "000010")
    assert stage.code == "00"


def authorise(mti: str, fields: dict[int, str]) -> dict[int, str] | None:
    """Approve everything with an authorisation code."""
    return {**(approve(mti, fields) or {}), 38: "A00002"} if mti[1] in "12" else {39: "00"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_transaction_goes_through_and_is_told_by_the_rules(stage: Stage, kind: str) -> None:
    stage.issue = authorise
    original = before(stage, kind)
    ask(stage, kind, "000002", original)
    assert stage.code == "00"
    answer = Codec(POS).decode(stage.told[-1], 13)
    texts = {str(n): text for n, text in answer.fields.items()}
    found = classify(POS, answer.mti, {**texts, "60.1": answer.fields[60][:2]})
    assert found is not None
    assert found.rule.id == kind
    assert findings(POS, answer, found) == ()
    assert stage.row().state is State.APPROVED


@pytest.mark.parametrize("kind", KINDS)
def test_every_issuer_is_asked_by_the_interbank_rules(stage: Stage, kind: str) -> None:
    stage.issue = authorise
    original = before(stage, kind)
    ask(stage, kind, "000002", original)
    mti, fields = stage.sent[-1]
    assert mti == KINDS[kind][0]
    texts = {str(n): text for n, text in fields.items()}
    found = classify(INTERBANK, mti, texts)
    message = Codec(INTERBANK).decode(Codec(INTERBANK).encode(mti, fields), 0)
    assert [f for f in findings(INTERBANK, message, found) if f.field != "26"] == []
    if original is not None:
        about = row(stage, original).record
        assert fields[90] == f"{about.mti}{about.link_stan}{about.transmission}" + (
            "00099900000" * 2
        )
        assert fields[38] == "A00002"


@pytest.mark.parametrize("kind", VOIDS)
def test_nothing_is_voided_or_completed_twice(stage: Stage, kind: str) -> None:
    original = before(stage, kind)
    ask(stage, kind, "000002", original)
    asked = len(stage.sent)
    ask(stage, kind, "000003", original)
    assert stage.code == "22"
    assert len(stage.sent) == asked
    assert row(stage, original).taken_fen == 50_000


@pytest.mark.parametrize("kind", VOIDS)
def test_the_reversal_of_a_void_restores_what_it_took(stage: Stage, kind: str) -> None:
    original = before(stage, kind)
    ask(stage, kind, "000002", original)
    reverse(stage, kind, "000002")
    assert stage.code == "00"
    stage.pass_time(2_000)
    assert stage.row().state is State.REVERSED
    assert row(stage, original).taken_fen == 0
    ask(stage, kind, "000003", original)
    assert stage.code == "00"


@pytest.mark.parametrize("kind", REVERSIBLE)
def test_every_reversible_transaction_is_reversed_as_it_was_sent(stage: Stage, kind: str) -> None:
    ask(stage, kind, "000002", before(stage, kind))
    mti, asked = stage.sent[-1]
    reverse(stage, kind, "000002")
    assert stage.code == "00"
    stage.pass_time(2_000)
    (sent,) = stage.reversals()
    assert sent[90][:20] == f"{mti}{asked[11]}{asked[7]}"
    assert [sent[n] for n in (3, 4, 25, 37)] == [asked[n] for n in (3, 4, 25, 37)]
    assert stage.row().state is State.REVERSED


@pytest.mark.parametrize("kind", VOIDS)
def test_a_void_that_is_in_doubt_keeps_what_it_took_until_it_is_reversed(
    stage: Stage, kind: str
) -> None:
    original = before(stage, kind)
    stage.issue = mute
    ask(stage, kind, "000002", original)
    stage.pass_time(46_000)
    assert stage.code == "98"
    assert row(stage, original).taken_fen == 50_000
    stage.issue = approve
    stage.pass_time(60_000)
    assert stage.row().state is State.REVERSED
    assert row(stage, original).taken_fen == 0


@pytest.mark.parametrize("kind", VOIDS)
def test_a_void_that_the_issuer_refused_takes_nothing(stage: Stage, kind: str) -> None:
    original = before(stage, kind)
    stage.issue = lambda mti, _: {39: "05"} if mti in {"0100", "0200"} else {39: "00"}
    ask(stage, kind, "000002", original)
    assert stage.code == "05"
    assert row(stage, original).taken_fen == 0


@pytest.mark.parametrize(
    ("changes", "code", "differs"),
    [
        ({"f4": "000000049999"}, "64", None),
        ({"f4": "000000050001"}, "64", None),
        ({"f2": OTHER_PAN, "f35": None}, "57", None),
        ({"f61": "0000020000090618"}, "22", "batch or STAN"),
        ({"f61": "0000030000100618"}, "22", "batch or STAN"),
        ({"f38": "B00002"}, "22", "authorisation code"),
        ({"f37": "416900000999"}, "25", None),
        ({"f37": None}, "30", None),
        ({"f61": None}, "30", None),
        ({"f61": "000002"}, "30", None),
        ({"f4": "000000000000"}, "13", None),
    ],
)
def test_a_void_that_does_not_name_its_sale_is_refused(
    stage: Stage, changes: dict[str, str | None], code: str, differs: str | None
) -> None:
    sold(stage)
    asked = len(stage.sent)
    ask(stage, "sale_void", "000002", "000010", **changes)
    assert stage.code == code
    assert len(stage.sent) == asked
    assert stage.row("000010").taken_fen == 0
    if differs is not None:
        assert stage.report("declined")["differs"] == differs


def test_another_card_does_not_void_a_sale(stage: Stage) -> None:
    sold(stage)
    other = "6219991234567890138"
    ask(stage, "sale_void", "000002", "000010", f2=other, f35=None)
    assert stage.code == "22"
    assert stage.report("declined")["differs"] == "card"


@pytest.mark.parametrize(
    ("kind", "of"),
    [
        ("sale_void", "rural_withdrawal"),
        ("social_void", "rural_withdrawal"),
        ("refund", "rural_withdrawal"),
        ("sale_void", "social_sale"),
        ("social_void", "sale"),
        ("completion", "sale"),
        ("pre_authorisation_void", "sale"),
    ],
)
def test_a_void_is_only_of_its_own_kinds_and_a_withdrawal_has_none(
    stage: Stage, kind: str, of: str
) -> None:
    ask(stage, of, "000010")
    assert stage.code == "00"
    ask(stage, kind, "000002", "000010")
    assert stage.code == "22"
    assert stage.report("declined")["differs"] == "kind"


@pytest.mark.parametrize("state", [State.DECLINED, State.IN_DOUBT, State.REVERSED])
def test_what_was_not_approved_is_not_voided(stage: Stage, state: State) -> None:
    stage.issue = {State.DECLINED: saying("05"), State.IN_DOUBT: mute}.get(state, approve)
    ask(stage, "sale", "000010")
    if state is State.REVERSED:
        reverse(stage, "sale", "000010")
        stage.pass_time(2_000)
    else:
        stage.pass_time(46_000)
    assert stage.row("000010").state is state
    ask(stage, "sale_void", "000002", "000010")
    assert stage.code == "25"


def test_what_was_voided_is_not_reversed_any_more(stage: Stage) -> None:
    sold(stage)
    ask(stage, "sale_void", "000002", "000010")
    reverse(stage, "sale", "000010")
    assert stage.code == "12"
    assert stage.reversals() == []


def test_refunds_add_up_to_the_sale_and_no_fen_more(stage: Stage) -> None:
    sold(stage)
    ask(stage, "refund", "000002", "000010", f4="000000020000")
    ask(stage, "refund", "000003", "000010", f4="000000030000")
    assert stage.codes()[-2:] == ["00", "00"]
    ask(stage, "refund", "000004", "000010", f4="000000000001")
    assert stage.code == "64"
    assert stage.report("declined")["left_fen"] == 0
    ask(stage, "sale_void", "000005", "000010")
    assert stage.code == "22"
    assert stage.row("000010").taken_fen == 50_000


def test_a_refund_over_the_sale_is_refused(stage: Stage) -> None:
    sold(stage)
    ask(stage, "refund", "000002", "000010", f4="000000050001")
    assert stage.code == "64"


@pytest.mark.parametrize(("amount", "code"), [("000000057500", "00"), ("000000057501", "64")])
@pytest.mark.parametrize("kind", ["completion", "completion_advice"])
def test_a_completion_is_for_at_most_115_percent(
    stage: Stage, kind: str, amount: str, code: str
) -> None:
    ask(stage, "pre_authorisation", "000010")
    ask(stage, kind, "000002", "000010", f4=amount)
    assert stage.code == code


def test_an_authorisation_is_completed_or_voided_and_a_voided_completion_frees_it(
    stage: Stage,
) -> None:
    ask(stage, "pre_authorisation", "000010")
    ask(stage, "completion", "000011", "000010", f4=HALF)
    ask(stage, "pre_authorisation_void", "000012", "000010")
    assert stage.code == "22"
    ask(stage, "completion_void", "000013", "000011")
    assert stage.codes()[-3:] == ["00", "22", "00"]
    # What was held before the completion is held again, and free to be completed or voided.
    ask(stage, "completion", "000014", "000010", f4=HALF)
    assert stage.code == "00"
    reverse(stage, "completion_void", "000013")
    assert stage.code == "12"
    ask(stage, "completion_void", "000015", "000014")
    ask(stage, "pre_authorisation_void", "000016", "000010")
    assert stage.codes()[-2:] == ["00", "00"]


@pytest.mark.parametrize("kind", ADVICES)
def test_an_advice_is_accepted_when_it_is_durable_and_sent_until_it_is_acknowledged(
    stage: Stage, kind: str
) -> None:
    original = before(stage, kind)
    stage.issue = mute
    ask(stage, kind, "000002", original)
    assert stage.code == "00"
    assert stage.row().state is State.ADVISED
    stage.pass_time(120_000)
    advices = [(mti, fields) for mti, fields in stage.sent if mti in {"0220", "0221"}]
    assert [mti for mti, _ in advices][:3] == ["0220", "0221", "0221"]
    assert len({(fields[7], fields[11], fields[90]) for _, fields in advices}) == 1
    assert all(not {35, 36, 52, 55} & fields.keys() for _, fields in advices)
    stage.issue = approve
    stage.pass_time(400_000)
    assert stage.row().state is State.APPROVED
    count = len(stage.sent)
    stage.pass_time(400_000)
    assert [mti for mti, _ in stage.sent[count:] if mti != "0820"] == []


@pytest.mark.parametrize("answer", [{39: "25"}, {39: "12"}])
def test_an_advice_that_its_issuer_refuses_needs_a_person(
    stage: Stage, answer: dict[int, str]
) -> None:
    sold(stage)
    stage.issue = lambda mti, _: answer if mti == "0220" else {39: "00"}
    ask(stage, "refund", "000002", "000010")
    stage.pass_time(2_000)
    assert stage.row().state is State.ADVICE_EXPIRED
    assert stage.report("advice_needs_a_person")["why"] == answer[39]
    assert stage.row("000010").taken_fen == 50_000


def test_a_late_copy_of_an_advice_that_was_refused_is_refused_like_it(stage: Stage) -> None:
    stage.issue = mute
    ask(stage, "sale", "000010")
    ask(stage, "refund", "000002", "000010")
    assert stage.code == "25"  # the sale has no outcome yet
    stage.bank_says("0200", stage.requests()[0], {39: "00", 38: "A00010"})
    stage.issue = approve
    ask(stage, "refund", "000002", "000010", f38=None)
    assert stage.code == "25"
    assert stage.row("000010").taken_fen == 0
    # What the terminal asks anew is another advice.
    ask(stage, "refund", "000003", "000010")
    assert stage.code == "00"


def test_a_late_copy_of_an_advice_whose_original_was_not_found_is_refused_too(
    stage: Stage,
) -> None:
    ask(stage, "refund", "000002", f37="416900000002", f61="0000020000100618")
    assert stage.code == "25"
    sold(stage)
    assert stage.row("000010").record.rrn == "416900000002"
    ask(stage, "refund", "000002", f37="416900000002", f61="0000020000100618")
    assert stage.code == "25"
    assert [row.key.stan for row in stage.ledger.transactions()] == ["000010"]


def test_an_advice_that_was_refused_for_the_moment_may_come_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    sold(stage)
    monkeypatch.setattr(Links, "take_stan", lambda *_: None)
    ask(stage, "refund", "000002", "000010")
    assert stage.code == "96"
    monkeypatch.undo()
    ask(stage, "refund", "000002", "000010")
    assert stage.code == "00"


def test_an_advice_is_accepted_while_its_line_is_down_and_survives_a_crash(stage: Stage) -> None:
    sold(stage)
    stage.issue = lambda _mti, _fields: None
    stage.start()
    ask(stage, "refund", "000002", "000010")
    assert stage.code == "00"
    stage.issue = approve
    stage.start()
    stage.pass_time(2_000)
    assert stage.row().state is State.APPROVED


def test_an_advice_that_the_ledger_is_slow_about_is_in_progress_not_refused(stage: Stage) -> None:
    sold(stage)
    stage.stall()
    ask(stage, "refund", "000002", "000010")
    stage.decide()  # the look for its original
    stage.pass_time(55_000)
    assert stage.code == "09"
    stage.flow()
    assert stage.code == "09"
    assert stage.row().state is State.APPROVED


def test_a_void_whose_original_is_looked_for_too_long_is_refused(stage: Stage) -> None:
    sold(stage)
    stage.stall()
    ask(stage, "sale_void", "000002", "000010")
    stage.pass_time(55_000)
    assert stage.code == "91"
    stage.flow()
    assert stage.codes()[-1] == "91"
    assert stage.row("000010").taken_fen == 0


@pytest.mark.parametrize("fate", ["kept", "dropped"])
@pytest.mark.parametrize("kind", ["sale_void", "refund"])
def test_an_opening_of_unknown_fate_takes_at_most_once(stage: Stage, kind: str, fate: str) -> None:
    sold(stage)
    fates = {FindByRrn: iter(["dropped"]), Open: iter([fate])}
    stage.lose = lambda operation: next(fates.get(type(operation), iter(())), "")
    ask(stage, kind, "000002", "000010")
    stage.pass_time(1_000)
    expected = {("sale_void", "kept"): "91", ("refund", "kept"): "00"}.get((kind, fate), "91")
    assert stage.code == expected
    assert stage.row("000010").taken_fen == (50_000 if expected == "00" else 0)


@pytest.mark.parametrize("kind", ORIGINALS)
def test_a_repeat_takes_nothing_more_and_gets_94(stage: Stage, kind: str) -> None:
    original = before(stage, kind)
    frame = ask(stage, kind, "000002", original)
    stage.terminal_says(frame)
    assert stage.code == "94"
    assert len([1 for mti, _ in stage.sent if mti == KINDS[kind][0]]) <= 3
    assert row(stage, original).taken_fen == 50_000


def test_two_copies_at_once_are_one_void(stage: Stage) -> None:
    sold(stage)
    stage.stall()
    frame = request(stage, "sale_void", "000002", "000010")
    stage.terminal_says(frame)
    stage.terminal_says(frame, connection=2)
    stage.flow()
    assert len(stage.requests()) == 2  # the sale and its void
    assert stage.connections[-1] == 2
    assert stage.code == "00"


def test_a_void_goes_where_its_sale_went(stage: Stage) -> None:
    sold(stage)
    stage.reconfigure(card_ranges=())
    ask(stage, "sale_void", "000002", "000010")
    assert stage.code == "15"


def test_a_sale_in_silence_is_in_doubt_and_reversed(stage: Stage) -> None:
    stage.issue = silent
    ask(stage, "sale", "000002")
    stage.pass_time(46_000)
    assert stage.code == "98"
    stage.pass_time(2_000)
    assert stage.row().state is State.REVERSED


@pytest.mark.parametrize("example", golden.load("interbank")["messages"], ids=lambda m: m["name"])
def test_an_issuer_is_sent_these_bytes(stage: Stage, example: dict[str, str]) -> None:
    kind, _, is_reversed = example["name"].partition(" ")
    stage.issue = authorise
    ask(stage, kind, "000002", before(stage, kind))
    if is_reversed:
        reverse(stage, kind, "000002")
        stage.pass_time(2_000)
    assert stage.frames[-1].hex() == example["frame"]


def test_a_refund_in_flight_with_another_is_priced_after_it(stage: Stage) -> None:
    sold(stage)
    frames = [
        request(stage, "refund", stan, "000010", f4=amount)
        for stan, amount in (("000002", "000000020000"), ("000003", "000000030000"))
    ]
    asked: list[int] = []
    give_back = Tariffs.give_back_part

    def watched(self: Tariffs, case: Case, legs: Sequence[Leg], refund: Refund) -> Quote:
        asked.append(refund.before_fen)
        return give_back(self, case, legs, refund)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tariffs, "give_back_part", watched)
        stage.stall()
        for frame in frames:
            stage.terminal_says(frame)
        stage.flow()
    assert stage.codes()[-2:] == ["00", "00"]
    assert asked == [0, 0, 20_000]
    assert stage.row("000010").taken_fen == 50_000
