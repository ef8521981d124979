"""What every verb of the command line (switch/cli) has in common: its Typer, its usual options.

An option that several verbs have is written once, so that it means the same in all of them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import typer

from switch.cli.outcome import stop
from switch.shell.clock import business_offset_ms, wall_ns

Frames = Annotated[
    str, typer.Argument(metavar="HEX|FILE|-", help="A frame, a file of frames, or - for stdin.")
]
DialectName = Annotated[
    str, typer.Option(metavar="NAME|FILE", help="The dialect; detected if it is not given.")
]
Body = Annotated[bool, typer.Option("--body", help="The input starts at the MTI.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show card data unmasked.")]
BusinessDate = Annotated[
    str,
    typer.Option(metavar="2014-06-18T23:58", help="Begin at this time in Shanghai; for tests."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

_NS_PER_MS: Final = 1_000_000
_FIRST_YEAR, _LAST_YEAR = 2000, 2098
"""A business date that no run carries out of the century of two-digit years."""


def verb_app(text: str | None = None) -> typer.Typer:
    """Return the Typer of one verb, or, with a help text, of a group of verbs.

    Help stays plain text, so that its examples can be copied; the root has the completion.
    """
    return typer.Typer(
        add_completion=False,
        help=text,
        no_args_is_help=text is not None,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
    )


def offset_ms(business_date: str) -> int:
    """Return what a business date, empty for none, adds to the clock; a wrong one ends it all."""
    if not business_date:
        return 0
    try:
        business = datetime.fromisoformat(business_date)
    except ValueError:
        stop(f"--business-date {business_date!r}: should be like 2014-06-18T23:58")
    if business.tzinfo is not None:
        stop(f"--business-date {business_date!r}: is in Shanghai and has no time zone")
    if ":" not in business_date:
        stop(f"--business-date {business_date!r}: names no time of day, as 2014-06-18T23:58 does")
    if not _FIRST_YEAR <= business.year <= _LAST_YEAR:
        why = "the dates of chips and files have two digits of a year"
        stop(f"--business-date {business_date!r}: is not in 2000 to 2098: {why}")
    return business_offset_ms(business, wall_ns() // _NS_PER_MS)
