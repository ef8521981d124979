"""Every change is kept in order, and all of them lead to the state."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.config.faults import ConfigurationError
from switch.config.registry.changes import (
    Change,
    Changes,
    Place,
    Told,
    apply,
    change_to,
    changes_of,
    no_changes,
    told_of,
)
from switch.config.registry.kinds import KINDS, District, State
from tests.switch.config.registry.making import TOLD, first_rows

_FIRST: Told = (1, *TOLD, '{"rows":{"district":[{"id":"d","name":"one"}]}}')


def _district(name: str) -> District:
    return District(id="d", name=name)


def test_changes_are_kept_with_who_and_why_and_lead_to_the_state() -> None:
    kept: list[Told] = []
    found = Changes("here", kept.append)
    for name in ("one", "two"):
        found.append(change_to(found, {"district": [_district(name)]}, {}, TOLD))
    assert [each[:4] for each in kept] == [(1, *TOLD), (2, *TOLD)]
    again = changes_of("here", kept)
    assert again.changes == found.changes
    assert again.number == 2
    assert again.state["district"] == found.state["district"] == {"d": _district("two")}


def test_what_cannot_be_kept_did_not_happen() -> None:
    def refuse(_: Told) -> None:
        raise OSError

    found = Changes("here", refuse)
    change = change_to(found, {"district": [_district("one")]}, {}, TOLD)
    with pytest.raises(OSError):  # noqa: PT011 - the one above
        found.append(change)
    assert (found.number, found.state["district"]) == (0, {})
    with pytest.raises(TypeError, match="only read"):
        Changes("here").append(change)


def test_every_row_of_the_defaults_comes_back_as_it_was() -> None:
    rows = first_rows()
    told = told_of(change_to(Changes("here"), rows, {}, TOLD))
    found = changes_of("here", [told])
    for kind, each in rows.items():
        assert list(found.state[kind].values()) == list(each)
    assert not change_to(found, rows, {}, TOLD).rows


def test_texts_that_nobody_may_write_any_more_are_read_from_the_history() -> None:
    *words, body = _FIRST
    told = (*words, body.replace('"one"', r'"6219991234567890120\n"'))
    assert changes_of("here", [told]).state["district"].keys() == {"d"}  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("number", "body", "told"),
    [
        (2, "nonsense", "JSON is malformed"),
        (2, '{"planets":{}}', "unknown field `planets`"),
        (3, "{}", "is change 3, not 2"),
        (2, '{"rows":{"planet":[{}]}}', "no kind planet"),
        (2, '{"rows":{"district":[{}]}}', "id: is missing"),
    ],
)
def test_a_change_that_is_wrong_is_told_by_its_number(number: int, body: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=f"here: change 2: .*{told}"):
        changes_of("here", [_FIRST, (number, *TOLD, body)])


def test_a_row_that_was_removed_is_gone_from_the_state_and_not_from_the_history() -> None:
    state: State = {kind: {} for kind in KINDS}
    row = {"id": "d", "name": "one"}
    apply(state, Change(number=1, at="", by="", why="", rows={"district": [row]}))
    assert state["district"]
    apply(state, Change(number=2, at="", by="", why="", removed={"district": ["d"]}))
    assert not state["district"]


def test_a_place_is_called_by_its_url_where_it_has_one(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "ledger.sqlite")
    assert place.name == str(tmp_path / "ledger.sqlite")
    assert place._replace(url="postgresql://here/city").name == "postgresql://here/city"
    assert no_changes(place) is None  # type: ignore[func-returns-value]
