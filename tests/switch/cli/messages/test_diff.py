"""The verb that compares two messages."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest

from tests.switch.cli.running import leaks, run, sample, samples

ALL = [frame for _, frame in samples()]


def _places(*arguments: str) -> dict[str, tuple[str | None, str | None]]:
    told = json.loads(run("diff", "--json", *arguments).out)
    return {each["field"]: (each["left"], each["right"]) for each in told["differences"]}


@pytest.mark.parametrize("frame", ALL)
def test_a_message_is_the_same_as_itself(frame: str) -> None:
    assert run("diff", frame, frame) == (0, "the same 相同\n", "")
    assert json.loads(run("diff", "--json", frame, frame).out) == {
        "same": True,
        "differences": [],
    }


def test_differences_are_named_by_the_smallest_part_in_wire_order() -> None:
    places = _places(sample("withdrawal"), sample("reversal"))
    assert places["mti"] == ("0200", "0400")
    assert places["39.1"] == (None, "98")
    assert places["55.9C"] == ("01", None)
    assert "60.1" not in places
    numbers = [int(path.split(".")[0]) for path in places if path != "mti"]
    assert numbers == sorted(numbers)
    assert next(iter(places)) == "mti"


def test_heads_are_compared_part_by_part() -> None:
    places = _places(sample("withdrawal"), sample("withdrawal-response"))
    assert places["tpdu.destination"] == ("0005", "0000")
    assert "header.software_minor" not in places


def test_status_is_one_when_they_differ() -> None:
    status, out, err = run("diff", sample("withdrawal"), sample("balance"))
    assert (status, err) == (1, "")
    assert "010000" in out
    assert "310000" in out


def test_values_that_differ_under_their_masks_are_listed_and_stay_masked() -> None:
    frame = sample("withdrawal")
    other = frame.replace("4912220000000000", "4912220000000009")
    assert _places(frame, other) == {"35": ("*" * 36, "*" * 36)}
    revealed = _places("--reveal", frame, other)["35"]
    assert revealed[0] == "6219991234567890120=4912220000000000"


def test_an_unusual_pad_is_a_difference() -> None:
    frame = sample("withdrawal")
    other = frame.replace("1962199912345678901200", "196219991234567890120F")
    assert list(_places(frame, other)) == ["2"]


def test_no_secret_is_shown_by_any_comparison() -> None:
    for one, other in pairwise(ALL):
        assert leaks(run("diff", one, other)) == []
        assert leaks(run("diff", "--json", one, other)) == []


def test_two_dialects_can_be_compared() -> None:
    places = _places(sample("withdrawal"), sample("interbank-withdrawal"))
    assert "3" not in places
    assert places["11"] == ("000002", "100002")


def test_each_side_is_one_readable_frame() -> None:
    assert run("diff", "specs/samples/all.hex", sample("echo")).status == 2
    status, _, err = run("diff", sample("echo"), sample("echo")[:-2])
    assert status == 1
    assert "cut off" in err
