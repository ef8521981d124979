"""What a message is, and what is odd about it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.codec import Message
from messages.dialects.dialect import Dialect, TransactionRule
from messages.dialects.loader import load_dialect, packaged_names
from messages.dialects.rules import Classification, classify, findings
from messages.values import response_mti

_POS = load_dialect("pos")
_WITHDRAWAL = {"3": "010000", "25": "00", "60.1": "70"}


def _rules() -> Iterator[tuple[Dialect, TransactionRule]]:
    for name in packaged_names():
        dialect = load_dialect(name)
        for rule in dialect.transactions:
            yield dialect, rule


_EVERY_RULE = pytest.mark.parametrize(
    ("dialect", "rule"),
    list(_rules()),
    ids=lambda each: getattr(each, "id", getattr(each, "name", "")),
)


def _found(mti: str, values: dict[str, str]) -> tuple[str, str] | None:
    found = classify(_POS, mti, values)
    return None if found is None else (found.rule.id, found.direction)


def _message(mti: str, numbers: frozenset[int], **changes: object) -> Message:
    fields = dict.fromkeys(sorted(numbers), "0")
    message = Message(mti=mti, bitmap="", fields=fields, raw={})
    for name, value in changes.items():
        setattr(message, name, value)
    return message


def _remarks(message: Message, found: Classification | None) -> list[tuple[str, str]]:
    remarks = findings(_POS, message, found)
    assert all(remark.words.zh and remark.words.zh != remark.words.en for remark in remarks)
    return [(remark.field, remark.words.en) for remark in remarks]


def _withdrawal(mti: str = "0200") -> Classification:
    found = classify(_POS, mti, _WITHDRAWAL)
    assert found is not None
    return found


@_EVERY_RULE
def test_every_transaction_is_told_by_the_values_of_its_request(
    dialect: Dialect, rule: TransactionRule
) -> None:
    values = {path: texts[-1] for path, texts in rule.match.items()}
    assert classify(dialect, rule.mti, values) == Classification(rule, "request")
    assert classify(dialect, response_mti(rule.mti), values) == Classification(rule, "response")
    if rule.reversal_mti is not None:
        values["90"] = rule.mti + "0" * 38
        answer = response_mti(rule.reversal_mti)
        assert classify(dialect, rule.reversal_mti, values) == Classification(rule, "reversal")
        assert classify(dialect, answer, values) == Classification(rule, "reversal response")


@_EVERY_RULE
def test_a_repeat_is_the_transaction_that_it_repeats(
    dialect: Dialect, rule: TransactionRule
) -> None:
    values = {path: texts[0] for path, texts in rule.match.items()}
    repeat = rule.mti[:3] + str(int(rule.mti[3]) | 1)
    assert classify(dialect, repeat, values) == classify(dialect, rule.mti, values)


@pytest.mark.parametrize("path", _WITHDRAWAL)
def test_a_request_without_one_of_its_values_is_no_transaction(path: str) -> None:
    values = {key: text for key, text in _WITHDRAWAL.items() if key != path}
    assert _found("0200", values) is None


def test_an_answer_may_leave_out_what_others_do_not_have() -> None:
    assert _found("0210", {"60.1": "70"}) == ("rural_withdrawal", "response")
    assert _found("0410", {"3": "010000", "60.1": "70"}) == (
        "rural_withdrawal", "reversal response",
    )  # fmt: skip


def test_a_reversal_is_of_the_mti_that_its_original_elements_name() -> None:
    dialect = load_dialect("iso87-ascii")
    values = {"3": "000000", "90": "0100" + "0" * 38}
    found = classify(dialect, "0400", values)
    assert found is not None
    assert (found.rule.id, found.direction) == ("authorisation", "reversal")
    assert classify(dialect, "0400", {"3": "000000"}) is None
    assert classify(dialect, "0400", {**values, "90": "0220" + "0" * 38}) is None


def test_an_answer_that_could_belong_to_several_is_none_of_them() -> None:
    assert _found("0210", {}) is None
    assert _found("0210", {"25": "00"}) is None


@given(
    st.from_regex(r"\A[0-9]{4}\Z"),
    st.dictionaries(st.sampled_from(["3", "25", "60.1", "60.3", "70"]), st.text(max_size=6)),
)
def test_any_message_is_one_transaction_or_none(mti: str, values: dict[str, str]) -> None:
    for name in packaged_names():
        found = classify(load_dialect(name), mti, values)
        if found is not None:
            known = [path for path in found.rule.match if path in values]
            assert all(values[path] in found.rule.match[path] for path in known)


@_EVERY_RULE
def test_what_is_needed_is_enough_and_what_is_allowed_is_not_odd(
    dialect: Dialect, rule: TransactionRule
) -> None:
    presence = rule.presence
    for found, needs, allows in (
        (Classification(rule, "request"), presence.request_needs, presence.request_allows),
        (Classification(rule, "response"), presence.response_needs, presence.response_allows),
    ):
        missing = {n for first, others in presence.together.items() if first in needs
                   for n in others if n in allows}  # fmt: skip
        assert findings(dialect, _message(rule.mti, needs | missing), found) == ()
        assert findings(dialect, _message(rule.mti, allows), found) == ()


def test_what_a_transaction_needs_is_missed() -> None:
    found = _withdrawal()
    numbers = found.rule.presence.request_needs - {11, 41}
    assert _remarks(_message("0200", numbers), found) == [
        ("11", "missing: a request of Rural withdrawal needs it"),
        ("41", "missing: a request of Rural withdrawal needs it"),
    ]


def test_what_a_transaction_does_not_have_is_unexpected() -> None:
    found = _withdrawal("0400")
    assert found.rule.reversal is not None
    numbers = found.rule.reversal.request_needs | {52, 35}
    assert _remarks(_message("0400", numbers), found) == [
        ("35", "unexpected: a reversal of Rural withdrawal does not have it"),
        ("52", "unexpected: a reversal of Rural withdrawal does not have it"),
    ]


def test_a_reversal_is_held_to_the_rules_of_a_reversal() -> None:
    for mti in ("0400", "0410"):
        found = _withdrawal(mti)
        assert found.presence is found.rule.reversal
        assert found.is_response is (mti == "0410")
    assert _withdrawal("0210").presence is _withdrawal().rule.presence


def test_fields_that_go_together_are_missed_together() -> None:
    found = _withdrawal()
    numbers = found.rule.presence.request_needs | {52}
    assert _remarks(_message("0200", numbers), found) == [
        ("26", "missing: it goes with field 52"),
        ("53", "missing: it goes with field 52"),
    ]


def test_a_message_of_no_transaction_is_remarked_on() -> None:
    assert _remarks(_message("0200", frozenset({3})), None) == [
        ("mti", "no transaction of this dialect fits the message")
    ]


@pytest.mark.parametrize(("text", "odd"), [("A1 ", False), ("A-1", True), ("é00", True)])
def test_other_characters_than_letters_digits_and_spaces_are_odd_in_an(
    text: str, odd: bool
) -> None:
    found = _withdrawal("0210")
    message = _message("0210", found.rule.presence.response_needs)
    message.fields[37] = text
    assert _remarks(message, found) == (
        [("37", "holds other characters than letters, digits and spaces")] if odd else []
    )


def test_an_unusual_pad_is_remarked_on_in_its_place() -> None:
    found = _withdrawal()
    message = _message("0200", found.rule.presence.request_needs - {3}, odd_pads=(22,))
    assert [field for field, _ in _remarks(message, found)] == ["3", "22"]


def test_no_remark_quotes_a_value() -> None:
    message = _message("0200", frozenset({37}))
    message.fields[37] = "6219991234567890120-"
    for found in (None, _withdrawal()):
        assert "6219" not in repr(findings(_POS, message, found))
