"""What every verb has in common."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from switch.cli.verbs import AsJson, Body, DialectName, Frames, Reveal, verb_app


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
