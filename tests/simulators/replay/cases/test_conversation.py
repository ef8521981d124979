"""The conversation of one terminal, in order; what no case has is counted."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.cards import fictional_card
from simulators.replay.cases import conversation
from simulators.replay.cases.conversation import Conversation
from simulators.replay.trace.form import Frame, TraceError
from simulators.terminal_memory import Kind
from tests.simulators.replay.cases.talks import DIALECTS, ran, talk, trace_of
from tests.simulators.replay.days import POS, START_US, TOKENS, Raw, bare, day, frames


def _told(trace: list[Frame], terminal: str = "") -> Conversation:
    return Conversation(DIALECTS, {}).of(trace, terminal)


def test_steps_come_in_order_with_their_answers_originals_and_reversals() -> None:
    told = talk("sign-on", "withdrawal", "sale", "sale-void", "payment-unanswered")
    assert [(each.kind, each.code, each.amount_fen, each.of) for each in told.steps] == [
        (Kind.SIGN_ON, "00", 0, None),
        (Kind.WITHDRAWAL, "00", 50_000, None),
        (Kind.SALE, "00", 7_300, None),
        (Kind.VOID, "00", 7_300, 2),
        (Kind.PAYMENT, "", 7_500, None),
        (Kind.WITHDRAWAL, "00", 10_000, None),
    ]
    undone = [each.reversal is not None for each in told.steps]
    assert undone == [False] * 4 + [True, False]
    assert told.steps[4].reversal is not None
    assert told.steps[4].reversal.code == "00"
    assert (told.terminal, told.left_out.total()) == ("50010001", 0)


def test_whose_conversation_has_to_be_said_where_there_are_several() -> None:
    trace = frames(list(day(9, terminals=3)))
    with pytest.raises(TraceError, match=r"--terminal: there are 50010001, 50010002, 50010003$"):
        _told(trace)
    assert [each.asked.get("11") for each in _told(trace, "50010002").steps] == [
        "000002", "000005", "000008",
    ]  # fmt: skip
    with pytest.raises(TraceError, match="terminal 50010009 has no request"):
        _told(trace, "50010009")
    with pytest.raises(TraceError, match="and more"):
        _told(frames(list(day(20, terminals=10))))


def test_a_day_is_no_conversation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "MOST_STEPS", 5)
    assert len(_told(frames(list(day(5, terminals=1)))).steps) == 5
    for terminal in ("", "50010001"):
        with pytest.raises(TraceError, match="more than 5 requests"):
            _told(frames(list(day(6, terminals=1))), terminal)


def test_cards_have_numbers_in_the_order_in_which_they_come() -> None:
    trace = frames(list(day(60, terminals=1)))
    assert [each.card for each in _told(trace).steps][:12] == [*range(10), 0, 1]
    known = {TOKENS.pan(fictional_card(n).pan): n for n in range(50)}
    told = Conversation(DIALECTS, known).of(trace)
    assert [each.card for each in told.steps] == [number % 50 for number in range(60)]
    assert not told.left_out
    # One that no rule knows is told, and is none of those that are known.
    some = {token: number for token, number in known.items() if number in {0, 2}}
    told = Conversation(DIALECTS, some).of(frames(list(day(3, terminals=1))))
    assert [each.card for each in told.steps] == [0, 1, 2]
    assert told.left_out == {"test card of a rule for a card: another one stands for it": 1}


def test_what_no_case_has_is_counted() -> None:
    heard = POS.hear(bare("withdrawal"))
    other = POS.say(heard.frame[:11], "0200", {**heard.fields, 3: "470000", 11: "000007"})
    void = POS.say(
        heard.frame[:11], "0200", {**heard.fields, 3: "200000", 11: "000008", 37: "1" * 12}
    )
    name = heard.get(41)
    trace = frames(
        [
            Raw(START_US + at, "t", "terminal", "switch", frame)
            for at, frame in enumerate(
                (bare("withdrawal"), POS.bare(other), POS.bare(void), bare("reversal"))
            )
        ]
    )
    told = _told(trace, name)
    assert told.left_out["0200 470000, which no case has"] == 1
    assert told.left_out["a void of what is not in the trace"] == 1
    assert len(told.steps) == 1


def test_a_conversation_of_nothing_is_refused() -> None:
    trace = [each for each in trace_of(ran(["sign-on"]).notes) if each.to == "peer"]
    with pytest.raises(TraceError, match="no request"):
        _told(trace)
    emptied = [replace(each, summary=None) for each in frames(list(day(2)))]
    with pytest.raises(TraceError, match="no request"):
        _told(emptied)
