"""What every verb has in common."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import typer
from typer.testing import CliRunner

from switch.cli.outcome import USAGE
from switch.cli.verbs import AsJson, Body, DialectName, Frames, Reveal, offset_ms, verb_app


def test_the_usual_options_have_the_same_names_everywhere() -> None:
    app = verb_app()

    @app.command()
    def verb(
        given: Frames,
        *,
        dialect: DialectName = "",
        body: Body = False,
        reveal: Reveal = False,
        as_json: AsJson = False,
    ) -> None:
        typer.echo(f"{given} {dialect} {body} {reveal} {as_json}")

    arguments = ["00", "--dialect", "pos", "--body", "--reveal", "--json"]
    assert CliRunner().invoke(app, arguments).stdout == "00 pos True True True\n"


def test_a_group_without_a_verb_shows_its_help() -> None:
    app = verb_app("A group.")
    app.command("one")(lambda: None)
    app.command("two")(lambda: None)
    assert "A group." in CliRunner().invoke(app, []).output


def test_a_business_date_is_an_offset_to_the_wall_clock() -> None:
    assert offset_ms("") == 0
    shown = datetime.now(UTC) + timedelta(hours=8, milliseconds=offset_ms("2014-06-18T23:58"))
    asked = datetime(2014, 6, 18, 23, 58, tzinfo=UTC)  # as far as a clock of Shanghai goes
    assert timedelta(milliseconds=-5) <= shown - asked < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("soon", "should be like 2014-06-18T23:58"),
        ("2014-06-18", "names no time of day, as 2014-06-18T23:58 does"),
        ("2014-06-18T23:58Z", "is in Shanghai and has no time zone"),
        ("1969-12-31T23:58", "is not in 2000 to 2098"),
        ("3000-01-01T00:00", "is not in 2000 to 2098"),
    ],
)
def test_what_is_no_business_date_is_told_with_the_reason(
    text: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        offset_ms(text)
    assert ended.value.exit_code == USAGE
    assert f"--business-date {text!r}: {why}" in capsys.readouterr().err
