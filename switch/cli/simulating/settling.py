"""`jinbao terminal settle` (switch/cli): the end of a terminal's day, by its slips.

A verb is one process and remembers none of the terminal's slips, so that they are named.
"""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec.structs import replace

from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Slip
from switch.cli.outcome import stop
from switch.cli.simulating.doing import FEN, Setting, do, tell, terminal_verb
from switch.shell.clock import Clock

_MOST_STAN = 999_999


@terminal_verb
def settle(
    given: Setting,
    *,
    slip: Annotated[
        list[str] | None,
        typer.Option(metavar="STAN:YUAN", help="A withdrawal, sale or payment; once for each."),
    ] = None,
    credit: Annotated[
        list[str] | None,
        typer.Option(metavar="STAN:YUAN", help="A void or refund; once for each."),
    ] = None,
) -> None:
    """Settle the open batch (批结算): totals of the slips, and each of them where totals differ.

    \b
    Examples:
      jinbao terminal settle 127.0.0.1:8583
      jinbao terminal settle 127.0.0.1:8583 --slip 351204:500 --slip 351733:80
    """  # noqa: D301 - \b keeps the lines of the examples apart
    named = [("--slip", Kind.WITHDRAWAL, each) for each in slip or ()]
    named += [("--credit", Kind.VOID, each) for each in credit or ()]
    kept = [_slip(given.identity.id, *each) for each in named]

    def remember(live_terminal: Terminal, _clock: Clock) -> tuple[Job, ...]:
        memory = live_terminal.memory
        # They are of the batch that is open, whichever that is.
        memory.slips += [replace(each, batch=f"{memory.batch:06d}") for each in kept]
        return ()

    tell(given, do(given, Job(kind=Kind.SETTLEMENT), first=remember))


def _slip(terminal: str, option: str, kind: Kind, text: str) -> Slip:
    stan, _, yuan = text.partition(":")
    if not (stan.isdecimal() and yuan.isdecimal() and 0 < int(stan) <= _MOST_STAN):
        stop(f"{option} {text!r}: should be like 351204:500, DE 11 and yuan")
    return Slip(
        terminal=terminal,
        batch="",
        stan=f"{int(stan):06d}",
        rrn="",
        authorisation="",
        amount_fen=int(yuan) * FEN,
        shown_card="",
        date="",
        time="",
        kind=kind,
    )
