"""`jinbao decode` (switch/cli): a frame as a table for people, or as JSON for programs.

Each input is answered by itself: a bad one never hides the good ones around it.
"""

from __future__ import annotations

import msgspec
import typer

from switch.cli import load
from switch.cli.messages.reading import Failure, readings
from switch.cli.messages.record import record
from switch.cli.outcome import BAD, note, say
from switch.cli.verbs import AsJson, Body, DialectName, Frames, Reveal, verb_app

app = verb_app()


@app.command()
def decode(
    given: Frames,
    *,
    dialect: DialectName = "",
    body: Body = False,
    reveal: Reveal = False,
    as_json: AsJson = False,
) -> None:
    """Decode frames into fields, codes and sub-fields.

    Text holds one frame a line in hexadecimal digits; blank lines and # comments are skipped. A
    file that is not text holds frames in binary. Card data is masked unless --reveal. Status 1
    if an input cannot be decoded.

    \b
    Examples:
      jinbao decode specs/samples/withdrawal.hex
      jinbao decode --dialect pos --json - < frames.hex
      jinbao decode --dialect my-bank.toml --body 0800...
    """  # noqa: D301 - \b keeps the lines of the examples apart
    good = True
    number = 0
    for number, outcome in enumerate(readings(given, dialect, body=body), start=1):
        good = good and not isinstance(outcome, Failure)
        if as_json:
            say(msgspec.json.encode(record(outcome, reveal=reveal)).decode())
        elif isinstance(outcome, Failure):
            _complain(number, outcome)
        else:
            table = load.message_table()(outcome, reveal)
            say(table if number == 1 else f"\n{table}")
    if not number:
        note("there is no frame in the input")
    if not good:
        raise typer.Exit(BAD)


def _complain(number: int, failure: Failure) -> None:
    note(f"frame {number}: {failure.sentence}")
    for field, text in failure.fields.items():
        note(f"frame {number}: read before that: {field} = {text!r}")
