"""From bytes to a reading, or to a failure with its place."""

from __future__ import annotations

import pytest
import typer

from messages.dialects.loader import packaged_names
from switch.cli.messages.reading import (
    Failure,
    Reader,
    Reading,
    read_frame,
    reader_named,
    readings,
)
from tests.switch.cli.running import SAMPLES, sample, samples


def _reading(name: str, dialect: str = "") -> Reading:
    outcome = read_frame(bytes.fromhex(sample(name)), dialect)
    assert isinstance(outcome, Reading)
    return outcome


def test_a_reading_holds_heads_body_and_divisions() -> None:
    reading = _reading("withdrawal")
    assert reading.heads == {"tpdu": "6000050000", "header": "613200320001"}
    assert reading.head_parts["tpdu"]["destination"] == "0005"
    assert reading.body.hex().upper() == sample("withdrawal")[26:]
    assert [part.text for part in reading.divisions[60]] == ["70", "000002", "000", "6", "0"]
    assert reading.found is not None
    assert reading.found.rule.id == "rural_withdrawal"


def test_a_named_dialect_is_not_explained() -> None:
    assert _reading("echo", "pos").detected == ""
    assert "MTI 0820" in _reading("echo").detected


def test_readers_are_made_once() -> None:
    assert isinstance(reader_named("pos"), Reader)
    assert reader_named("pos") is reader_named("pos")


def test_a_wrong_dialect_ends_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        reader_named("no-such")
    assert capsys.readouterr().err.startswith("jinbao: no-such: ")


def test_fields_before_a_failure_are_hidden_unless_every_possible_dialect_shows_them() -> None:
    # The expiry date is no secret everywhere, the merchant number is.
    body = bytes.fromhex(sample("withdrawal"))[13:-1]
    outcome = read_frame(body, "", body=True)
    assert isinstance(outcome, Failure)
    assert outcome.fields["3"] == "010000"
    assert outcome.fields["35"] == "*" * 36
    assert set(outcome.fields["2"]) <= set("621990*")
    assert outcome.fields["60"] == "*" * 13


@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (
            Failure(kind="DecodeError", field="60.2", offset=9, reason="x"),
            "field 60.2 at byte 9: x",
        ),
        (Failure(kind="DecodeError", field="mti", offset=13, reason="x"), "mti at byte 13: x"),
        (Failure(kind="FrameError", field=None, offset=2, reason="x"), "byte 2: x"),
        (Failure(kind="InputError", field=None, offset=2, reason="x"), "character 2: x"),
    ],
)
def test_a_failure_is_one_sentence(failure: Failure, sentence: str) -> None:
    assert failure.sentence == sentence


def test_readings_follow_the_input() -> None:
    found = list(readings(str(SAMPLES / "all.hex"), ""))
    assert len(found) == len(samples())
    assert all(isinstance(each, Reading) for each in found)


def test_every_packaged_dialect_has_a_reader() -> None:
    assert all(reader_named(name).dialect.name == name for name in packaged_names())
