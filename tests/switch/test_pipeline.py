"""The order of the walk is what decides which refusal a request with two faults gets."""

from __future__ import annotations

import pytest

from tests.switch.core.stage import Stage


@pytest.fixture
def stage() -> Stage:
    """Hold a terminal that is signed on."""
    stage = Stage()
    stage.sign_on()
    return stage


def test_a_bad_card_number_is_told_before_a_bad_amount(stage: Stage) -> None:
    stage.withdraw(f2="6219991234567890121", f35=None, f4="000000000001")
    assert stage.code == "14"


def test_a_service_that_is_not_open_is_told_before_a_missing_pin(stage: Stage) -> None:
    stage.withdraw(f60="7400000200060", f3="470000", f52=None, f26=None)
    assert stage.code == "40"


def test_a_missing_pin_is_told_before_a_bad_amount(stage: Stage) -> None:
    stage.withdraw(f52=None, f26=None, f4="000000000001")
    assert stage.code == "55"


def test_whoever_keeps_the_whole_order_is_served(stage: Stage) -> None:
    stage.withdraw()
    assert stage.code == "00"
