"""`jinbao mac` (switch/cli): the MAC of a message, computed anew and compared.

Which bytes it covers, and by which algorithm, is what the dialect says.
"""

from __future__ import annotations

import re
from typing import Annotated, Final

import typer

from messages.crypto.keys import Mak
from messages.crypto.mac import MAC_ALGORITHMS, MacAlgorithm, MacForm, Padding
from messages.dialects.dialect import MacRule
from messages.dialects.subfields import content_offsets
from messages.mab import element_mab
from switch.cli.messages.reading import Failure, Reading, readings
from switch.cli.outcome import BAD, say, stop
from switch.cli.security.secrets import KeyFile, read_secret
from switch.cli.verbs import Body, DialectName, Frames, verb_app

app = verb_app()
_CHARACTERS: Final = re.compile(rb"[0-9A-F]{8}\Z")
"""How most networks carry a MAC; others carry its bytes."""


@app.command()
def mac(
    given: Frames,
    *,
    dialect: DialectName = "",
    key_file: KeyFile = "",
    algorithm: Annotated[
        str, typer.Option(metavar="NAME", help=f"Another one: {', '.join(MAC_ALGORITHMS)}.")
    ] = "",
    body: Body = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show the steps.")] = False,
) -> None:
    """Compute the MAC of a message and compare; status 1 if wrong.

    \b
    Examples:
      jinbao mac --dialect pos --key-file mak.hex specs/samples/withdrawal.hex
      jinbao mac --explain --key-file mak.hex - < frames.hex
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if algorithm and algorithm not in MAC_ALGORITHMS:
        stop(f"no MAC algorithm {algorithm}; there are {', '.join(MAC_ALGORITHMS)}")
    if given == key_file == "-":
        stop("the key and the frames cannot both come from standard input")
    text = read_secret(key_file, "MAK")
    good = True
    for outcome in readings(given, dialect, body=body):
        if isinstance(outcome, Failure):
            stop(outcome.sentence, BAD)
        good = _compare(outcome, text, algorithm, explain=explain) and good
    if not good:
        raise typer.Exit(BAD)


def _compare(reading: Reading, key: str, algorithm: str, *, explain: bool) -> bool:
    rule = reading.dialect.mac
    if rule is None:
        stop(f"dialect {reading.dialect.name} has no MAC", BAD)
    carried = reading.message.raw.get(rule.field)
    if carried is None:
        stop(f"the {reading.message.mti} carries no MAC: it has no field {rule.field}", BAD)
    mab = message_mab(reading, rule)
    maker = _made(rule, algorithm or rule.algorithm, key, carried)
    if explain:
        say(f"MAB       {len(mab)} bytes")
        for step, value in maker.trace(mab).items():
            say(f"{step:9} {value}")
    good = maker.verify(mab, carried)
    say(f"computed  {_shown(maker.compute(mab))}  {maker.name}")
    say(f"carried   {_shown(carried)}  field {rule.field}")
    say("good" if good else "wrong")
    return good


def message_mab(reading: Reading, rule: MacRule) -> bytes:
    """Return the bytes that the MAC of a message covers, as its dialect says."""
    message, dialect = reading.message, reading.dialect
    if rule.covers == "message":
        offsets = content_offsets(dialect, message.bitmap, message.raw)
        return reading.body[: offsets[rule.field]]
    return element_mab(dialect, message.mti, message.fields)


def _made(rule: MacRule, algorithm: str, key: str, carried: bytes) -> MacAlgorithm:
    kind = MAC_ALGORITHMS[algorithm]
    form = MacForm.HEX if _CHARACTERS.match(carried) else MacForm.RAW
    try:
        mak = Mak.from_hex("".join(key.split()), kind.algorithm)
        return kind(mak, padding=Padding(rule.pad), form=form)
    except ValueError as error:
        stop(f"MAK: {error}")


def _shown(content: bytes) -> str:
    return content.decode("ascii") if _CHARACTERS.match(content) else content.hex().upper()
