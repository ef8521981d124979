"""May this card do this here: kind of card, entry, PIN, and the shape of the amount."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from messages.reasons import Reason
from switch.core.configuration import Acquirer, CardRange
from switch.core.rules import Rule
from switch.registry.snapshot import Registry
from switch.registry.stages import Opening
from switch.steps.admit import admit
from tests.switch.core.stage import OTHER_PAN
from tests.switch.core.stage.registered import MERCHANT, open_registry
from tests.switch.steps.walking import walker


def _refusal(**changes: Any) -> tuple[Reason, Rule] | None:  # noqa: ANN401 - as `walker`
    decline = admit(walker(**changes))
    return None if decline is None else (decline.reason, decline.rule)


def test_a_good_withdrawal_is_admitted_with_its_amount() -> None:
    txn = walker()
    assert admit(txn) is None
    assert txn.amount_fen == 50_000
    assert txn.card.issuer == "99910000"
    assert txn.trace[-1] is Rule.AMOUNT_SHAPE


def test_a_card_of_no_range_has_no_issuer() -> None:
    assert _refusal(pan="4000000000000002") == (Reason.ISSUER_UNKNOWN, Rule.ISSUER_KNOWN)


@pytest.mark.parametrize(
    ("others_from", "is_refused"),
    [(None, True), (20140619, True), (20140618, False), (20140101, False)],
)
def test_other_cards_are_admitted_from_their_day_on(
    others_from: int | None, is_refused: bool
) -> None:
    acquirer = walker().configuration.acquirers["99900000"]
    changed = {"99900000": replace(acquirer, other_cards_from=others_from)}
    assert isinstance(acquirer, Acquirer)
    expected = (Reason.CARD_NOT_PERMITTED, Rule.SOCIAL_CARD) if is_refused else None
    assert _refusal(pan=OTHER_PAN, configured={"acquirers": changed}) == expected


def test_a_credit_card_does_not_withdraw() -> None:
    credit = CardRange(
        prefix="621999", length=19, issuer="99910000", is_social=True, is_debit=False
    )
    refusal = _refusal(configured={"card_ranges": (credit,)})
    assert refusal == (Reason.CARD_NOT_PERMITTED, Rule.DEBIT_CARD)


def test_a_card_number_that_was_typed_is_not_admitted() -> None:
    assert _refusal(entry_mode="011") == (Reason.CARD_NOT_PERMITTED, Rule.ENTRY_BY_CARD)


def test_a_withdrawal_needs_a_pin() -> None:
    assert _refusal(pin_block=None) == (Reason.PIN_MISSING, Rule.PIN_GIVEN)


@pytest.mark.parametrize(
    ("amount", "is_refused"),
    [
        ("000000000000", True),
        ("000000000999", True),
        ("000000001000", False),
        ("000000001001", True),
        ("000000001500", True),
        ("000000002000", False),
        ("000000050001", True),
        (None, True),
    ],
)
def test_amounts_are_multiples_of_10_yuan_from_10(amount: str | None, is_refused: bool) -> None:
    expected = (Reason.AMOUNT_INVALID, Rule.AMOUNT_SHAPE) if is_refused else None
    assert _refusal(amount=amount) == expected


def test_only_yuan_are_paid_out() -> None:
    assert _refusal(currency="840") == (Reason.AMOUNT_INVALID, Rule.AMOUNT_SHAPE)
    assert _refusal(currency=None) is None


def test_an_inquiry_has_no_amount_to_look_at() -> None:
    txn = walker("balance")
    assert admit(txn) is None
    assert txn.amount_fen == 0


def test_a_terminal_does_only_what_it_was_admitted_for() -> None:
    terminal = replace(walker().terminal, transactions=frozenset({"rural_balance"}))
    refusal = _refusal(configured={"terminals": {"50010001": terminal}})
    assert refusal == (Reason.SERVICE_NOT_OPEN, Rule.TERMINAL_ADMITTED)


def _judged(
    registry: Registry,
    **changes: Any,  # noqa: ANN401 - as `walker`
) -> tuple[Reason, Rule, object] | None:
    decline = admit(walker(configured={"registry": registry}, **changes))
    return None if decline is None else (decline.reason, decline.rule, decline.facts["open_from"])


def test_with_a_registry_the_stage_decides_and_is_in_the_trace() -> None:
    txn = walker(configured={"registry": open_registry()})
    assert admit(txn) is None
    assert Rule.STAGE_OPEN in txn.trace
    assert Rule.SOCIAL_CARD not in txn.trace


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"qualifications": {}}, (Reason.ACQUIRER_NOT_QUALIFIED, Rule.ACQUIRER_QUALIFIED, None)),
        ({"points": {}}, (Reason.SERVICE_NOT_FOR_TERMINAL, Rule.POINT_REGISTERED, None)),
        (
            {"points": {MERCHANT: replace(open_registry().points[MERCHANT], agreed=None)}},
            (Reason.SERVICE_NOT_FOR_TERMINAL, Rule.POINT_AGREED, None),
        ),
        ({"pilots": {"d": 20141201}}, (Reason.SERVICE_NOT_OPEN, Rule.PILOT_BEGUN, 20141201)),
        (
            {"stages": (replace(open_registry().stages[0], open_from=20141201),)},
            (Reason.SERVICE_NOT_OPEN, Rule.STAGE_OPEN, 20141201),
        ),
        ({"stages": ()}, (Reason.SERVICE_NOT_FOR_TERMINAL, Rule.STAGE_OPEN, None)),
    ],
)
def test_a_refusal_of_the_registry_tells_the_day_from_which_it_would_be_allowed(
    changes: dict[str, Any], expected: tuple[Reason, Rule, object]
) -> None:
    assert _judged(open_registry(**changes)) == expected


def test_with_a_registry_other_cards_wait_for_its_opening_and_not_for_banks_toml() -> None:
    social = open_registry()
    other = replace(
        social.stages[0], id="other-cards", takes_social=False, takes_other=True, open_from=None
    )
    registry = replace(social, stages=(*social.stages, other))
    refused = (Reason.CARD_NOT_PERMITTED, Rule.SOCIAL_CARD, None)
    assert _judged(registry, pan=OTHER_PAN) == refused
    opening = Opening(stage="other-cards", scope="acquirer:99900000", from_day=20140618)
    assert _judged(replace(registry, openings=(opening,)), pan=OTHER_PAN) is None
