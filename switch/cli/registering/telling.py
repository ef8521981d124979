"""What verbs that change the registry ask for and say (switch/cli): who, why, what came of it.

A name and a reason are kept for ever, so they are looked at before anything else.
"""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from switch.cli.outcome import say, stop
from switch.config.faults import ConfigurationError
from switch.config.registry.changes import Change
from switch.config.registry.texts import no_card, one_line

By = Annotated[str, typer.Option(metavar="NAME", help="Who makes the change.")]
WhyChanged = Annotated[str, typer.Option("--why", metavar="TEXT", help="Why it is made.")]


def check_told(by: str, why: str) -> None:
    """End the verb with status 2 where nobody, or no reason that can be kept, is named."""
    if not by.strip() or not why.strip():
        stop("--by and --why say who makes the change and why")
    for option, text in (("--by", by), ("--why", why)):
        try:
            no_card(one_line(text))
        except ValueError as error:
            stop(f"{option} {error}")


def changed(change: Change | None) -> None:
    """Say what a change was."""
    if change is None:
        say("nothing changes: every row is there as it is")
        return
    rows = sum(len(each) for each in change.rows.values())
    gone = sum(len(each) for each in change.removed.values())
    say(
        f"change {change.number}: {rows} rows set, {gone} removed; `jinbao reload` puts it in force"
    )


def refused(error: ConfigurationError) -> NoReturn:
    """End the verb: everything that is wrong, and nothing was changed."""
    stop(f"refused, and nothing is changed\n{error}")
