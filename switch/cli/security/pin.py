"""`jinbao pin` (switch/cli): PIN blocks (DE 52), built, translated and checked at a bench.

A PIN is read and never printed; blocks are bound to a PAN or made without one.
"""

from __future__ import annotations

from hmac import compare_digest
from typing import Annotated

import typer

from messages.crypto.keys import Pik
from messages.crypto.pin import PinBlockError, decode_pin_block, encode_pin_block, translate
from switch.cli.messages.inputs import InputError, bytes_of
from switch.cli.outcome import BAD, say, stop
from switch.cli.security.secrets import KeyFile, Sm4, read_key, read_secret
from switch.cli.verbs import verb_app

app = verb_app("PIN blocks of format 0: encode, translate, verify.")
Block = Annotated[str, typer.Argument(metavar="HEX", help="The PIN block, field 52.")]
PinFile = Annotated[
    str, typer.Option(metavar="FILE|-", help="The PIN; without it a hidden prompt asks.")
]
Pan = Annotated[str, typer.Option(help="The PAN it is bound to; without it the form without PAN.")]


@app.command()
def encode(
    *, key_file: KeyFile = "", pin_file: PinFile = "", pan: Pan = "", sm4: Sm4 = False
) -> None:
    """Print the PIN block of a PIN under a PIK.

    \b
    Example:
      jinbao pin encode --key-file pik.hex --pan 6219991234567890120
    """  # noqa: D301 - \b keeps the lines of the examples apart
    pik = read_key(Pik, key_file, sm4=sm4)
    pin = read_secret(pin_file, "PIN")
    try:
        say(encode_pin_block(pin, pan or None, pik).hex().upper())
    except PinBlockError as error:
        stop(str(error), BAD)


@app.command("translate")
def translate_block(
    block: Block,
    *,
    from_key_file: KeyFile = "",
    to_key_file: KeyFile = "",
    pan: Pan = "",
    to_pan: Annotated[str, typer.Option(help="The PAN of the new block, if it is another.")] = "",
    from_sm4: Annotated[bool, typer.Option("--from-sm4", help="The old key is for SM4.")] = False,
    to_sm4: Annotated[bool, typer.Option("--to-sm4", help="The new key is for SM4.")] = False,
) -> None:
    """Print a PIN block under another key.

    The block may also change its PAN or its algorithm. The PIN itself is never shown.

    \b
    Example:
      jinbao pin translate --from-key-file terminal.hex --to-key-file bank.hex \\
        --pan 6219991234567890120 04F16B5C9021D1EA
    """  # noqa: D301 - \b keeps the lines of the examples apart
    content = _bytes(block)
    old = read_key(Pik, from_key_file, sm4=from_sm4, name="PIK of the block")
    new = read_key(Pik, to_key_file, sm4=to_sm4, name="PIK of the new block")
    try:
        say(translate(content, old, new, pan or None, to_pan or pan or None).hex().upper())
    except PinBlockError as error:
        stop(str(error), BAD)


@app.command()
def verify(
    block: Block, *, key_file: KeyFile = "", pin_file: PinFile = "", pan: Pan = "", sm4: Sm4 = False
) -> None:
    """Tell whether a PIN block holds a PIN; status 1 if it does not.

    \b
    Example:
      jinbao pin verify --key-file pik.hex --pan 6219991234567890120 04F16B5C9021D1EA
    """  # noqa: D301 - \b keeps the lines of the examples apart
    content = _bytes(block)
    pik = read_key(Pik, key_file, sm4=sm4)
    expected = read_secret(pin_file, "PIN")
    try:
        found = decode_pin_block(content, pan or None, pik)
    except PinBlockError as error:
        say(f"bad: {error}")
        raise typer.Exit(BAD) from None
    if not compare_digest(found.encode(), expected.encode()):
        say("bad: another PIN")
        raise typer.Exit(BAD)
    say("good")


def _bytes(block: str) -> bytes:
    try:
        return bytes_of(block)
    except InputError as problem:
        stop(f"PIN block: {problem}", BAD)
