"""What every verb of the command line (switch/cli) has in common: its Typer, its usual options.

An option that several verbs have is written once, so that it means the same in all of them.
"""

from __future__ import annotations

from typing import Annotated

import typer

Frames = Annotated[
    str, typer.Argument(metavar="HEX|FILE|-", help="A frame, a file of frames, or - for stdin.")
]
DialectName = Annotated[
    str, typer.Option(metavar="NAME|FILE", help="The dialect; detected if it is not given.")
]
Body = Annotated[bool, typer.Option("--body", help="The input starts at the MTI.")]
Reveal = Annotated[bool, typer.Option("--reveal", help="Show card data unmasked.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


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
