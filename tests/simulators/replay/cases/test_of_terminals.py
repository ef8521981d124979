"""The same terminal passes what a trace taught, one that differs in a field fails by it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from simulators.cards import FIRST_PAN
from simulators.conformance.mutants.model import writes
from simulators.conformance.rules.model import Suite
from simulators.conformance.rules.reading import packaged_suite, with_files
from simulators.replay.cases.of_terminals import cases_of
from tests.simulators.replay.cases.talks import VOLATILE, ran, suite_of, talk
from tests.simulators.replay.days import TOKENS, forms

_DAY = (
    "sign-on", "echo", "balance", "withdrawal", "sale", "sale-void", "payment-unanswered",
)  # fmt: skip


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Learn once: the cases are the same for all."""
    folder = tmp_path_factory.mktemp("learned")
    suite_of(talk(*_DAY), folder)
    return folder


def _suite(learned: Path) -> Suite:
    return with_files(packaged_suite(), [str(learned / "cases.toml")])


def test_the_same_terminal_keeps_all_that_was_learned(learned: Path) -> None:
    done = ran(suite=_suite(learned))
    assert done.is_whole
    assert not done.host.tally.failures
    own = {
        name: verdict
        for name, verdict in done.host.tally.verdicts().items()
        if len(name.partition("-")[0]) == len("TXXX")
    }
    assert len(own) > 100
    assert set(own.values()) == {"pass"}
    (station,) = done.host.stations.values()
    assert {each.state for each in station.progress.values()} == {"done"}


@pytest.mark.parametrize(
    ("number", "text", "field"),
    [
        (25, "02", "25"),
        (22, "021", "22"),
        (26, None, "26"),
        (60, "70000001000500", "60.4"),
        (4, "000000050100", "4"),
    ],
)
def test_a_terminal_that_differs_in_a_field_fails_by_that_field(
    learned: Path, number: int, text: str | None, field: str
) -> None:
    def change(mti: str, fields: dict[int, str]) -> tuple[str, dict[int, str]]:
        if mti == "0200" and fields.get(3) == "010000" and fields[4] == f"{50_000:012d}":
            if number == 60:
                fields[60] = text[:2] + fields[60][2:8] + text[8:] if text else ""
            elif text is None:
                del fields[number]
            else:
                fields[number] = text
        return mti, fields

    done = ran(parts=writes(change=change), suite=_suite(learned))
    own = {
        failure.judgement.field
        for failure in done.host.tally.failures
        if failure.requirement.startswith("T") and len(failure.requirement.partition("-")[0]) == 4
    }
    assert field in own


def test_what_was_declined_or_unanswered_is_so_again(learned: Path) -> None:
    cases = tomllib.loads((learned / "cases.toml").read_text(encoding="utf-8"))["cases"]
    silent = next(case for case in cases if case["id"] == "tuesday-7-payment")
    assert (silent["answer"], silent["then"]) == ({"kind": "none"}, ["reversal"])
    void = next(case for case in cases if "void" in case["id"])
    assert void["do"] == [{"job": "void", "yuan": 73, "of": "tuesday-5-sale"}]
    assert [case.get("after", []) for case in cases][1:] == [
        [case["id"]] for case in cases[:-1]
    ]  # fmt: skip


def test_alike_requests_are_told_apart_by_their_order(tmp_path: Path) -> None:
    told = talk("sign-on", "withdrawal")
    told.steps.append(told.steps[-1])
    done = ran(suite=suite_of(told, tmp_path))
    (station,) = done.host.stations.values()
    assert {each.state for each in station.progress.values()} == {"done"}
    assert not done.host.tally.failures


def test_a_conversation_without_a_sign_on_begins_with_one(tmp_path: Path) -> None:
    told = talk("sign-on", "withdrawal")
    del told.steps[0]
    done = ran(suite=suite_of(told, tmp_path))
    assert done.is_whole
    assert not done.host.tally.failures


def test_a_last_request_without_an_answer_is_reversed_before_something_else(
    tmp_path: Path,
) -> None:
    told = talk("sign-on", "payment-unanswered")
    del told.steps[2:]
    done = ran(suite=suite_of(told, tmp_path))
    (station,) = done.host.stations.values()
    assert {each.state for each in station.progress.values()} == {"done"}
    assert any(note.frame[13:15].hex() == "0400" for note in done.notes)


def test_no_card_stands_in_what_was_learned(learned: Path) -> None:
    content = (learned / "cases.toml").read_bytes()
    for number in (FIRST_PAN, TOKENS.pan(FIRST_PAN)):
        assert not any(form in content for form in forms(number))


def test_amounts_that_are_not_of_whole_yuan_are_kept() -> None:
    told = talk("sign-on", "withdrawal")
    told.steps[1].asked.texts = {**told.steps[1].asked.texts, "4": "000000012345"}
    found = tomllib.loads(cases_of(told, "tuesday", VOLATILE))
    assert found["cases"][1]["match"]["fen"] == 12_345
    assert found["cases"][1]["do"] == [{"job": "withdrawal", "fen": 12_345}]
