"""The registry's rows as facts: points with their visits and devices, cards as last recorded."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from switch.cli.reporting.facts import (
    bank_names,
    cards_of,
    lapsed_qualifications,
    points_of,
    state_of,
)
from switch.config.installation import load
from tests.switch.cli.registering.bringing import change


def _set(city: Path, kind: str, *fields: str) -> None:
    assert change(city, "set", kind, *fields).status == 0


def test_points_know_their_visits_and_the_owners_of_their_devices(city: Path) -> None:
    visit = ("merchant=999653080110001", "day=2014-08-05", "by=Li", "finding=all well")
    _set(city, "inspection", *visit)
    clinic, hospital = points_of(state_of(city, load(city)), load(city))
    assert (clinic.name, clinic.village) == ("Test village clinic", "Test village")
    assert clinic.visits == (date(2014, 8, 5),)
    assert clinic.is_whole
    assert clinic.owners
    assert hospital.visits == ()


def test_cards_count_as_last_recorded_by_a_day(city: Path) -> None:
    row = ("village=test-village", "issuer=99910000", "day=2014-09-30", "cards=900")
    _set(city, "cards", *row)
    state = state_of(city, load(city))
    assert cards_of(state, date(2014, 9, 29)) == {"Test village": {"99910000": 812}}
    assert cards_of(state, date(2014, 9, 30)) == {"Test village": {"99910000": 900}}
    assert cards_of(state, date(2014, 6, 1)) == {}


def test_a_qualification_that_is_over_is_told(city: Path) -> None:
    assert lapsed_qualifications(state_of(city, load(city)), date(2014, 9, 30)) == []
    documents = "report card_rules procedure implementation risk_control agreement_sample"
    row = ("acquirer=99900000", "number=T-1", "from_day=2012-01-01", "until_day=2014-08-31")
    _set(city, "qualification", *row, f"documents={documents}")
    assert lapsed_qualifications(state_of(city, load(city)), date(2014, 9, 30)) == ["99900000"]


def test_a_folder_without_a_registry_has_no_points(folder: Path) -> None:
    assert state_of(folder, load(folder)) is None
    assert points_of(None, load(folder)) == []
    assert cards_of(None, date(2014, 9, 30)) == {}
    assert bank_names(load(folder))["99910000"]
    host = load(folder).configuration.social_host
    assert host is not None
    assert bank_names(load(folder))[host.id] == host.name
