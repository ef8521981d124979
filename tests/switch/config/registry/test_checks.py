"""What rows need of each other and of the banks: each rule is broken once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import pytest

from switch.config.registry.checks import Around, wrong_rows
from switch.config.registry.kinds import KINDS, State
from switch.config.registry.tables import read_row
from tests.switch.config.registry.making import first_rows

_TODAY = date(2014, 12, 1)
_AROUND = Around(
    acquirers=frozenset({"99900000", "99910000"}),
    issuers=frozenset({"99900000", "99910000"}),
    prefixes=frozenset({"621999"}),
    terminals=frozenset({"50010001"}),
    stages={"initial": False, "other-cards": True},
)


def _state() -> State:
    state: State = {kind: {} for kind in KINDS}
    for kind, rows in first_rows().items():
        state[kind] = {row.key: row for row in rows}
    return state


def _with(kind: str, fields: Mapping[str, str]) -> State:
    state = _state()
    row = read_row(kind, fields)
    state[kind][row.key] = row
    return state


def test_the_defaults_are_good() -> None:
    assert not [*wrong_rows(_state(), _AROUND, _TODAY)]


_POINT = {
    "merchant": "999653080110001",
    "village": "test-village",
    "name": "x",
    "category": "village_clinic",
    "open_from": "2014-06-17",
}
_ALL = "report card_rules procedure implementation risk_control agreement_sample"
_QUALIFIED = {"acquirer": "99900000", "number": "1", "from_day": "2014-01-01", "documents": _ALL}
_PLAN = {"issuer": "99900000", "approved": "2014-06-17", "parts": "service branches schedule"}
_MACHINE = {"terminal": "50010001", "device": "pos", "owner": "99900000", "installed": "2014-07-01"}
_OPENING = {"stage": "initial", "scope": "all", "from_day": "2014-07-01"}
_VISIT = {"merchant": "999653080110001", "day": "2014-07-01", "by": "li"}


@pytest.mark.parametrize(
    ("kind", "fields", "field", "told"),
    [
        ("village", {"id": "v", "district": "none", "name": "x"}, "district", "no district is"),
        ("cards", {"village": "x", "issuer": "99900000", "day": "2014-07-01", "cards": "1"},
         "village", "no village is x"),
        ("cards", {"village": "test-town", "issuer": "9999", "day": "2014-07-01", "cards": "1"},
         "issuer", "no issuer in banks.toml is 9999"),
        ("qualification", _QUALIFIED | {"acquirer": "9999"}, "acquirer", "no acquirer"),
        ("qualification", _QUALIFIED | {"documents": "report"}, "documents", "四(三)2"),
        ("qualification", _QUALIFIED | {"until_day": "2013-01-01"}, "until_day", "is before"),
        ("plan", _PLAN | {"issuer": "9999"}, "issuer", "no issuer"),
        ("plan", _PLAN | {"parts": "service"}, "parts", "lacks branches, schedule"),
        ("plan", _PLAN | {"ranges": "621999 62"}, "ranges", "no range of cards.toml begins"),
        ("plan", _PLAN | {"approved": "2014-12-02"}, "approved", "is in the future"),
        ("point", _POINT | {"village": "x"}, "village", "no village is x"),
        ("point", _POINT | {"agreement": "2014-06-17", "clauses": "errors"}, "clauses",
         "lacks cash_source, disputes, risk: 四(四)4"),
        ("point", _POINT | {"agreement_until": "2014-06-17"}, "agreement_until",
         "without agreement"),
        ("point", _POINT | {"agreement": "2014-06-17", "agreement_until": "2014-06-16",
                            "clauses": "cash_source errors disputes risk"},
         "agreement_until", "is before agreement"),
        ("machine", _MACHINE | {"terminal": "50019999"}, "terminal", "no terminal"),
        ("machine", _MACHINE | {"owner": "9999"}, "owner", "no institution"),
        ("machine", _MACHINE | {"lead_bank": "9999"}, "lead_bank", "no institution"),
        ("machine", _MACHINE | {"installed": "2014-12-02"}, "installed", "is in the future"),
        ("machine", _MACHINE | {"device": "composite"}, "lead_bank", "四(三)3"),
        ("opening", _OPENING | {"stage": "x"}, "stage", "there is no stage x"),
        ("opening", _OPENING | {"stage": "other-cards"}, "approval", "other-cards needs one"),
        ("opening", _OPENING | {"until_day": "2014-06-01"}, "until_day", "is before from_day"),
        ("opening", _OPENING | {"scope": "point:x"}, "scope", "there is no point x"),
        ("opening", _OPENING | {"scope": "district:x"}, "scope", "there is no district x"),
        ("opening", _OPENING | {"scope": "acquirer:9999"}, "scope", "there is no acquirer 9999"),
        ("inspection", _VISIT | {"merchant": "000000000000000", "finding": "good"}, "merchant",
         "no point"),
        ("inspection", _VISIT | {"day": "2014-12-02", "finding": "good"}, "day", "in the future"),
        ("training", _VISIT | {"merchant": "000000000000000", "subject": "cash"}, "merchant",
         "no point"),
        ("training", _VISIT | {"day": "2014-12-02", "subject": "cash"}, "day", "in the future"),
        ("cards", {"village": "test-town", "issuer": "99900000", "day": "2015-07-01", "cards": "1"},
         "day", "in the future"),
    ],
)  # fmt: skip
def test_a_row_that_is_wrong_is_told_with_its_field(
    kind: str, fields: Mapping[str, str], field: str, told: str
) -> None:
    (wrong,) = wrong_rows(_with(kind, fields), _AROUND, _TODAY)
    assert (wrong.kind, wrong.key, wrong.field) == (kind, read_row(kind, fields).key, field)
    assert told in wrong.reason


@pytest.mark.parametrize(
    ("first", "second", "is_wrong"),
    [
        (("2014-07-01", ""), ("2014-08-01", ""), True),
        (("2014-07-01", "2014-08-01"), ("2014-08-01", ""), True),
        (("2014-07-01", "2014-07-31"), ("2014-08-01", ""), False),
    ],
)
def test_openings_of_one_stage_and_scope_do_not_overlap(
    first: tuple[str, str], second: tuple[str, str], is_wrong: bool
) -> None:
    state = _state()
    for from_day, until_day in (second, first):
        days = {"from_day": from_day, "until_day": until_day}
        row = read_row("opening", _OPENING | days)
        state["opening"][row.key] = row
    wrong = [*wrong_rows(state, _AROUND, _TODAY)]
    assert [each.reason for each in wrong] == ["overlaps with initial/all/2014-07-01"] * is_wrong
    other = {"scope": "district:test-district"} | {"from_day": "2014-07-15"}
    assert not [*wrong_rows(_with("opening", _OPENING | other), _AROUND, _TODAY)]


@pytest.mark.parametrize(
    ("stage", "scope", "from_day", "until_day", "is_wrong"),
    [
        ("initial", "all", "2014-06-17", "2014-06-20", True),
        ("initial", "all", "2014-06-01", "2014-06-17", True),
        ("initial", "all", "2020-01-01", "", True),
        ("initial", "all", "2014-06-01", "2014-06-16", False),
        ("initial", "district:test-district", "2014-06-01", "2014-06-20", False),
        ("other-cards", "all", "2014-06-17", "", False),
    ],
)
def test_an_opening_does_not_overlap_with_what_is_open_without_a_row(
    stage: str, scope: str, from_day: str, until_day: str, is_wrong: bool
) -> None:
    days = {"from_day": from_day, "until_day": until_day}
    state = _with("opening", {"stage": stage, "scope": scope, "approval": "A-1"} | days)
    around = _AROUND._replace(open_from={"initial": 20140617})
    told = [(each.field, each.reason) for each in wrong_rows(state, around, _TODAY)]
    reason = "overlaps: initial is open everywhere from 20140617 without a row"
    assert told == [("from_day", reason)] * is_wrong


def test_without_a_day_nothing_is_in_the_future() -> None:
    state = _with("inspection", _VISIT | {"day": "2099-01-01", "finding": "good"})
    assert not [*wrong_rows(state, _AROUND, None)]
