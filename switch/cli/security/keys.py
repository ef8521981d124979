"""`jinbao keys` (switch/cli): the working keys that a sign-on hands over in field 62.

The check values sent with them prove the keys; the keys are shown only on request.
"""

from __future__ import annotations

from typing import Annotated

import typer

from messages.crypto.keys import Key, KeyCheckError, KeyLayout, Mak, Pik, Tdk, Tmk, unwrap_field_62
from switch.cli.messages.inputs import InputError, bytes_of
from switch.cli.outcome import BAD, say, stop
from switch.cli.security.secrets import KeyFile, Sm4, read_key
from switch.cli.serving import terminal_keys
from switch.cli.verbs import verb_app

app = verb_app("Working keys under a terminal master key, and the master keys themselves.")
app.add_typer(terminal_keys.app, name="terminal")


@app.callback()
def _group() -> None:
    # A Typer with one verb and no callback would be that verb, without its name.
    pass


@app.command()
def unwrap(
    field_62: Annotated[str, typer.Argument(metavar="HEX", help="The content of field 62.")],
    *,
    key_file: KeyFile = "",
    sm4: Sm4 = False,
    reveal: Annotated[bool, typer.Option("--reveal", help="Print the keys in clear.")] = False,
) -> None:
    """Unwrap the keys of an 0810 under the TMK.

    The field has 24, 40 or 60 bytes. Status 1 if a check value differs.

    \b
    Example:
      jinbao keys unwrap --key-file tmk.hex EBDE3998...
    """  # noqa: D301 - \b keeps the lines of the examples apart
    try:
        content = bytes_of(field_62)
    except InputError as problem:
        stop(f"field 62: {problem}", BAD)
    tmk = read_key(Tmk, key_file, sm4=sm4)
    try:
        keys = unwrap_field_62(tmk, content)
    except KeyCheckError as error:
        for role in _roles(content):
            say(f"{'bad ' if role in error.which else 'good'}  {role}")
        stop(str(error), BAD)
    except ValueError as error:
        stop(str(error), BAD)
    for key in (keys.pik, keys.mak, keys.tdk):
        if key is not None:
            shown = f"  {key.reveal().hex().upper()}" if reveal else ""
            value = key.kcv().hex().upper()
            say(f"good  {key.role}  {key.length:2} bytes  check value {value}{shown}")


def _roles(content: bytes) -> list[str]:
    kinds: list[type[Key]] = [Pik, Mak]
    if len(content) == KeyLayout.DOUBLE_WITH_TRACK:
        kinds.append(Tdk)
    return [kind.role for kind in kinds]
