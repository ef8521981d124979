"""Which card it is, and whether it may be read like that: answers 14, 54, 45 and 30."""

from __future__ import annotations

from typing import Any

import pytest

from messages.reasons import Reason
from switch.core.rules import Rule
from switch.steps.identify_card import identify_card
from tests.switch.core.stage import PAN
from tests.switch.steps.walking import walker

_TRACK = f"{PAN}=4912220000000000"


def _reason(**changes: Any) -> tuple[Reason, Rule] | None:  # noqa: ANN401 - as `walker`
    decline = identify_card(walker(**changes))
    return None if decline is None else (decline.reason, decline.rule)


def test_a_good_card_passes_every_rule() -> None:
    txn = walker()
    assert identify_card(txn) is None
    assert txn.trace == [Rule.CARD_READ, Rule.CARD_IN_DATE, Rule.CHIP_NOT_BYPASSED]


@pytest.mark.parametrize("pan", [None, ""])
def test_the_number_is_taken_from_the_track_where_field_2_is_missing(pan: str | None) -> None:
    txn = walker(pan=pan)
    assert identify_card(txn) is None
    assert txn.request.pan == PAN


@pytest.mark.parametrize(
    "changes",
    [
        {"pan": "6219991234567890121", "track_2": None},
        {"pan": "621999123456", "track_2": None},
        {"pan": "62199912345678901208", "track_2": None},
        {"pan": None, "track_2": None},
        {"pan": "6218881234567890125"},
        {"pan": "621999123456789012A", "track_2": None},
    ],
)
def test_a_number_that_is_none_or_two_is_refused(changes: dict[str, str | None]) -> None:
    assert _reason(**changes) == (Reason.CARD_NUMBER_INVALID, Rule.CARD_READ)


@pytest.mark.parametrize(
    ("expiry", "is_refused"),
    [("1405", True), ("1406", False), ("1407", False), ("9912", False), ("0012", True)],
)
def test_a_card_lives_to_the_end_of_its_month(expiry: str, is_refused: bool) -> None:
    expected = (Reason.CARD_EXPIRED, Rule.CARD_IN_DATE) if is_refused else None
    assert _reason(expiry=expiry) == expected
    # Without field 14 the track's own date counts.
    track = f"{PAN}={expiry}220000000000"
    assert _reason(expiry=None, track_2=track) == expected


@pytest.mark.parametrize(
    ("service_code", "entry", "is_refused"),
    [
        ("220", "021", True),
        ("601", "901", True),
        ("220", "801", True),
        ("120", "021", False),
        ("220", "051", False),
        ("220", "071", False),
    ],
)
def test_a_chip_card_is_not_read_by_its_stripe(
    service_code: str, entry: str, is_refused: bool
) -> None:
    track = f"{PAN}=4912{service_code}000000000"
    expected = (Reason.CHIP_REQUIRED, Rule.CHIP_NOT_BYPASSED) if is_refused else None
    assert _reason(track_2=track, entry_mode=entry) == expected


def test_an_encrypted_track_is_a_format_error() -> None:
    assert _reason(security="2610000000000000") == (Reason.FORMAT_ERROR, Rule.CARD_READ)


def test_no_refusal_names_the_card() -> None:
    decline = identify_card(walker(pan="6218881234567890125"))
    assert decline is not None
    assert PAN not in repr(decline)
    assert _TRACK not in repr(decline)
