"""Whatever is changed, taken out, put in or moved in evidence is found, with its record."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.conformance.evidence.chain import (
    Chain,
    EvidenceError,
    first_altered,
    read_records,
)
from tests.simulators.conformance.evidence.made import records


def test_evidence_as_it_was_written_is_whole() -> None:
    made = records()
    assert first_altered(made) == ""
    assert first_altered(made, made[-1]["hash"]) == ""
    assert "last hash" in first_altered(made, "0" * 64)


@given(place=st.integers(0, len(records()) - 1), data=st.data())
def test_any_change_of_any_record_names_it(place: int, data: st.DataObject) -> None:
    made = [dict(record) for record in records()]
    name = data.draw(st.sampled_from(sorted(made[place])))
    made[place][name] = "altered"
    assert first_altered(made).startswith(f"record {place + 1}:")


@given(place=st.integers(0, len(records()) - 2))
def test_a_record_taken_out_or_moved_is_found(place: int) -> None:
    made = list(records())
    del made[place]
    assert first_altered(made).startswith(f"record {place + 1}:")
    made = list(records())
    made[place], made[place + 1] = made[place + 1], made[place]
    assert first_altered(made).startswith(f"record {place + 1}:")


def test_lines_and_reports_are_read_and_what_is_neither_is_told() -> None:
    made = [Chain().seal({"n": 1, "words": "好"})]
    assert read_records(json.dumps(made[0]), "f") == made
    assert read_records(json.dumps({"records": made}), "f") == made
    with pytest.raises(EvidenceError, match="f:2"):
        read_records(json.dumps(made[0]) + "\n{", "f")
    assert first_altered([]) == "no record"
    assert "no place" in first_altered([{"n": 1}])
