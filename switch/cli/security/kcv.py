"""`jinbao kcv` (switch/cli): the check value of a key.

Two people who hold a key compare it by this value, without showing it.
"""

from __future__ import annotations

from messages.crypto.keys import Key
from switch.cli.outcome import say
from switch.cli.security.secrets import KeyFile, Sm4, read_key
from switch.cli.verbs import verb_app

app = verb_app()


@app.command()
def kcv(*, key_file: KeyFile = "", sm4: Sm4 = False) -> None:
    """Print the check value of a key.

    It is the first 4 bytes of one encrypted block of zeros.

    \b
    Examples:
      jinbao kcv
      jinbao kcv --key-file tmk.hex
    """  # noqa: D301 - \b keeps the lines of the examples apart
    key = read_key(Key, key_file, sm4=sm4)
    say(f"{key.kcv().hex().upper()}  {key.algorithm}, {key.length} bytes")
