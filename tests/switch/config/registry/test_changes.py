"""Every change is kept in order, written whole or not at all, and leads to the state."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from switch.config.faults import ConfigurationError
from switch.config.registry.changes import Change, Changes, apply, change_to, editing, path_in
from switch.config.registry.kinds import KINDS, District, State
from tests.switch.config.registry.making import TOLD, bring_in, first_rows


def _district(name: str) -> District:
    return District(id="d", name=name)


def test_changes_are_kept_with_who_and_why_and_lead_to_the_state(tmp_path: Path) -> None:
    first = bring_in(tmp_path, {"district": [_district("one")]})
    bring_in(tmp_path, {"district": [_district("two")]})
    found = Changes(path_in(tmp_path))
    assert found.number == 2
    assert found.changes[0] == first
    assert (first.at, first.by, first.why) == TOLD
    assert found.state["district"] == {"d": _district("two")}


def test_every_row_of_the_defaults_comes_back_as_it_was(tmp_path: Path) -> None:
    rows = first_rows()
    bring_in(tmp_path, rows)
    found = Changes(path_in(tmp_path)).state
    for kind, each in rows.items():
        assert list(found[kind].values()) == list(each)
    again = change_to(Changes(path_in(tmp_path)), rows, {}, TOLD)
    assert not again.rows


def test_texts_that_nobody_may_write_any_more_are_read_from_the_history(tmp_path: Path) -> None:
    bring_in(tmp_path, {"district": [_district("one")]})
    path = path_in(tmp_path)
    kept = path.read_text("utf-8").replace('"one"', r'"6219991234567890120\n"')
    path.write_text(kept, "utf-8")
    assert Changes(path).state["district"].keys() == {"d"}


def test_a_last_line_that_is_not_whole_never_happened_and_is_written_over(tmp_path: Path) -> None:
    bring_in(tmp_path, {"district": [_district("one")]})
    path = path_in(tmp_path)
    whole = path.read_bytes()
    bring_in(tmp_path, {"district": [_district("two")]})
    both = path.read_bytes()
    for end in range(len(whole), len(both)):
        path.write_bytes(both[:end])
        assert Changes(path).state["district"] == {"d": _district("one")}
    bring_in(tmp_path, {"district": [_district("three")]})
    assert Changes(path).state["district"] == {"d": _district("three")}
    assert path.read_bytes().count(b"\n") == 2


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"nonsense", "changes.jsonl:2"),
        (b'{"number":3,"at":"","by":"","why":""}', "is change 3, not 2"),
        (b'{"number":2,"at":"","by":"","why":"","rows":{"planet":[{}]}}', "no kind planet"),
        (b'{"number":2,"at":"","by":"","why":"","rows":{"district":[{}]}}', "id: is missing"),
    ],
)
def test_a_line_that_was_tampered_with_is_told(tmp_path: Path, line: bytes, told: str) -> None:
    bring_in(tmp_path, {"district": [_district("one")]})
    path = path_in(tmp_path)
    path.write_bytes(path.read_bytes() + line + b"\n")
    with pytest.raises(ConfigurationError, match=told.replace(".", r"\.")):
        Changes(path)


def test_a_row_that_was_removed_is_gone_from_the_state_and_not_from_the_history() -> None:
    state: State = {kind: {} for kind in KINDS}
    row = {"id": "d", "name": "one"}
    apply(state, Change(number=1, at="", by="", why="", rows={"district": [row]}))
    assert state["district"]
    apply(state, Change(number=2, at="", by="", why="", removed={"district": ["d"]}))
    assert not state["district"]


def test_two_people_who_write_at_once_write_one_after_the_other(tmp_path: Path) -> None:
    def write(name: str) -> None:
        with editing(tmp_path) as changes:
            district = District(id=name, name=name)
            changes.append(change_to(changes, {"district": [district]}, {}, TOLD))

    threads = [threading.Thread(target=write, args=(f"d{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = Changes(path_in(tmp_path))
    assert [change.number for change in found.changes] == list(range(1, 9))
    assert len(found.state["district"]) == 8
    assert msgspec.json.decode(path_in(tmp_path).read_bytes().splitlines()[0])["number"] == 1
