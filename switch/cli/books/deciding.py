"""What a person decides about a transaction (switch/cli): carried out by whoever holds the ledger.

That is the running switch, asked over its control socket, or the command where none runs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from switch.cli.books.settling import Store
from switch.cli.books.stores import writing
from switch.cli.outcome import BAD, stop
from switch.cli.serving.folder import loaded
from switch.config.installation import Installation
from switch.shell.watching.control import ask

Decide = Callable[[Store, str, str, str], dict[str, Any]]
"""Carries out what was said of an RRN: store, RRN, how it ended, and why."""


def resolved(
    folder: Path, request: Mapping[str, str], verdicts: Collection[str], decide: Decide
) -> dict[str, Any]:
    """Have a person's word carried out; status 2 for one that is none, 1 where it is refused.

    `request` is that of the control socket: `verb`, `rrn`, `as` and `why`.
    """
    verdict = request["as"]
    if verdict not in verdicts:
        stop(f"--as {verdict!r}: should be {', '.join(verdicts)}")
    installation = loaded(folder)
    answer = asked_of_switch(installation, request)
    if answer is None:
        with writing(installation) as store:
            answer = decide(store, request["rrn"], verdict, request["why"])
    return answer


def asked_of_switch(
    installation: Installation, request: Mapping[str, str]
) -> dict[str, Any] | None:
    """Return what the running switch says, None where none runs; status 1 if it refuses.

    A shared ledger is there for everyone, so that no switch is asked.
    """
    if installation.ledger_url:
        return None
    try:
        answer = ask(installation.control, request)
    except (FileNotFoundError, ConnectionRefusedError):
        return None
    except (OSError, ValueError) as error:
        stop(f"{installation.control}: no answer ({type(error).__name__})", BAD)
    if not answer.get("ok"):
        stop(str(answer.get("error")), BAD)
    return answer
