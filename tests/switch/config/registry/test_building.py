"""From a folder to the registry that decides, and what refuses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from switch.config.faults import ConfigurationError
from switch.config.registry.kinds import Village
from switch.registry.snapshot import Asked, Registry, Why
from tests.switch.config import folders
from tests.switch.config.registry.making import bring_in, first_rows, installed

_CLINIC, _SHOP = "999653080110001", "999653053990003"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = folders.make(tmp_path / "city")
    bring_in(made, first_rows())
    return made


def _registry(folder: Path) -> Registry:
    registry = installed(folder).configuration.registry
    assert registry is not None
    return registry


def test_a_folder_without_a_registry_has_none(tmp_path: Path) -> None:
    made = folders.make(tmp_path / "city")
    assert installed(made).configuration.registry is None


def test_the_first_registry_decides_as_the_notice_says(folder: Path) -> None:
    registry = _registry(folder)
    clinic = Asked("rural_withdrawal", "rural", _CLINIC, "99900000", is_social=True, day=20140618)
    assert registry.judge(clinic).why is Why.OPEN
    assert registry.judge(replace(clinic, merchant=_SHOP)).why is Why.POINT
    for kind in ("social_balance_inquiry", "bill_payment", "social_sale", "social_inquiry"):
        assert registry.judge(replace(clinic, transaction=kind)).stage == "initial"
    transfer = registry.judge(replace(clinic, transaction="transfer"))
    assert (transfer.why, transfer.stage, transfer.from_day) == (Why.STAGE, "transfer", None)
    other = registry.judge(replace(clinic, is_social=False))
    assert (other.why, other.stage, other.from_day) == (Why.CARD, "other-cards", 20141201)
    branch = registry.judge(replace(clinic, channel="urban", transaction="transfer"))
    assert (branch.why, branch.stage) == (Why.OPEN, "branches")
    assert registry.is_connected("99910000", "6219991", 20140618)
    assert not registry.is_connected("99930000", "6219991", 20140618)
    assert not registry.is_connected("99910000", "621888", 20140618)
    assert registry.change == 1


def test_a_registry_that_does_not_fit_the_banks_any_more_refuses_the_folder(folder: Path) -> None:
    bring_in(folder, {"village": [Village(id="v", district="none", name="V")]})
    with pytest.raises(ConfigurationError, match=r"village\.v\.district: no district is none"):
        installed(folder)


def test_the_day_of_other_cards_is_said_in_one_place(folder: Path) -> None:
    folders.change(folder, "banks", "# other_cards_from", "other_cards_from")
    with pytest.raises(ConfigurationError, match="record an opening of other-cards"):
        installed(folder)
