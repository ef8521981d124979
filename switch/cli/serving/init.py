"""`jinbao init` (switch/cli): a folder with everything that a switch needs, for trying it out.

Terminal, card and keys are published test values; the local master key and the keys of card data
are random, because what they protect stays on the disk.
"""

from __future__ import annotations

import secrets
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

import typer

from messages.crypto.vault import KEY_BYTES
from messages.crypto.wrapping import MASTER_KEY_BYTES
from switch.cli.outcome import say, stop
from switch.cli.verbs import verb_app
from switch.config.installation import KEYS, VAULT_ROLES
from switch.config.keystore import KeyStore
from switch.config.reading import Sources

app = verb_app()

FILES: Final = (
    "jinbao.toml",
    "terminals.toml",
    "cards.toml",
    "banks.toml",
    "caps.toml",
    "first-registry.toml",
)
"""What is copied from the defaults, as it is."""
TEST_TMK: Final = "0123456789ABCDEFFEDCBA9876543210"
"""Published test key of every terminal."""
TEST_ZONE: Final = {
    "zmk": "70F2A84CCBC2AE8625CBB0F2C22AB923",
    "pik": "54687A8C9EB0C2D4E6F8091A2B3C4D5E",
    "mak": "6B2D4F91A3C5E7081929384A5B6C7D8E",
}
"""Published test keys of every link."""


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that is empty or new.")],
) -> None:
    """Make the folder of a test installation.

    It has three terminals, two banks that are acquirer and issuer at once, an issuer of another
    city, and the published test keys.

    \b
    Example:
      jinbao init city
      jinbao serve -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    try:
        if folder.exists() and any(folder.iterdir()):
            stop(f"{folder} is not empty")
        _write(folder)
    except OSError as error:
        stop(f"{folder}: {error.strerror}")
    say(f"{folder} is ready: jinbao serve -c {folder}")
    say("It hands out published test keys: see [keys] in jinbao.toml before real cards come.")


def _write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    defaults = resources.files("specs") / "defaults"
    for name in FILES:
        (folder / name).write_bytes((defaults / name).read_bytes())
    (folder / "state").mkdir(mode=0o700)
    store = KeyStore.create(folder / KEYS, secrets.token_bytes(MASTER_KEY_BYTES))
    store.put("vault", {role: secrets.token_bytes(KEY_BYTES) for role in VAULT_ROLES})
    names = _Names(folder)
    store.put("terminals", dict.fromkeys(names.terminals, bytes.fromhex(TEST_TMK)))
    zones = {
        f"{link}.{role}": bytes.fromhex(key)
        for link in names.links
        for role, key in TEST_ZONE.items()
    }
    store.put("zones", zones)


class _Names:
    """The terminals and links of the files that were just written."""

    def __init__(self, folder: Path) -> None:
        models = Sources(folder).models
        if models is None:
            stop(f"{folder}: the packaged defaults cannot be read")
        self.terminals = [entry.id for entry in models.terminals.terminal]
        self.links = [entry.name for entry in models.banks.link]
