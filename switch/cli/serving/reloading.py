"""What a running switch can take up of a changed folder (switch/cli), and what needs a restart.

Terminals, cards, banks, tariffs, caps and times can change; what connections and stored rows
depend on cannot, and such a change refuses the whole reload.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from switch.cli.registering.keeping import kept
from switch.config.installation import Installation, load
from switch.core.configuration import Configuration
from switch.shell.process import Reload

_OF_THE_PROCESS: Final = (
    ("listen", "[listen]"),
    ("ledger", "[ledger] path"),
    ("ledger_url", "[ledger] url"),
    ("commit_in_thread", "[ledger] commit"),
    ("fixed_keys", "[keys] test_keys"),
    ("connection_limits", "[connections]"),
    ("log", "[paths] log"),
    ("control", "[paths] control"),
    ("stops", "[paths] stops"),
    ("link_addresses", "the addresses of the links"),
)
"""What the shell was started with, and where it is said."""
_OF_THE_CORE: Final = (
    ("terminal_dialects", "[dialects] terminals"),
    ("issuer_dialect", "[dialects] issuers"),
    ("links", "the links or their keys"),
    ("centre", "[clearing] of banks.toml"),
    ("mak_bytes", "[keys] mak_bytes"),
)


def reload_of(folder: Path, running: Installation) -> Reload:
    """Return what reads the folder again for a switch that was started with `running`."""

    def reload(current: Configuration) -> Configuration:
        found = load(folder, kept)
        if differing := [*_differing(running, found)]:
            raise ValueError(f"needs a restart: {', '.join(differing)}")
        return replace(found.configuration, number=current.number + 1, vault=current.vault)

    return reload


def _differing(running: Installation, found: Installation) -> Iterator[str]:
    """Yield what has changed that a running switch cannot take up."""
    for name, told in _OF_THE_PROCESS:
        if getattr(running, name) != getattr(found, name):
            yield told
    before, after = running.configuration, found.configuration
    for name, told in _OF_THE_CORE:
        if getattr(before, name) != getattr(after, name):
            yield told
    if not before.vault.has_keys_of(after.vault):
        yield "keys/vault.toml"
