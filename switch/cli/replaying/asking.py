"""What the verbs about traces and replay ask for alike (switch/cli): traces, rules, cards.

What cannot be used ends a verb with status 2 and one sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from messages.dialects.dialect import Dialect
from messages.dialects.loader import SpecError, load_joined
from messages.tokens.numbers import Tokens
from simulators.cards import Card
from simulators.replay.again.rules import Rules, cards_of, load_rules
from simulators.replay.trace.form import Header, Side, TraceError
from switch.cli.outcome import stop
from switch.cli.replaying.recording import tokens_of

Source = Annotated[
    str, typer.Argument(metavar="TRACE", help="A trace, a folder of recordings, or -.")
]
Into = Annotated[
    str, typer.Option("--into", metavar="FILE|-", help="Where to; whole or not at all.")
]
KeyOfTrace = Annotated[
    str, typer.Option("--record-key", metavar="FILE|-", help="The key of the recording.")
]


OwnDialect = Annotated[
    str,
    typer.Option(
        "--dialect", metavar="NAME|FILE", help="What terminals speak; else what the trace says."
    ),
]
OwnIssuerDialect = Annotated[
    str,
    typer.Option(
        "--issuer-dialect", metavar="NAME|FILE", help="That of issuers; else what the trace says."
    ),
]


@contextmanager
def told_errors() -> Iterator[None]:
    """End the verb with status 2 where there is no trace, or no place for one."""
    try:
        yield
    except TraceError as error:
        stop(str(error))
    except OSError as error:
        stop(f"{error.filename or 'the trace'}: {error.strerror}")


def dialects_of(terminal: str, issuer: str) -> dict[Side, Dialect]:
    """Return the dialects by side; a wrong one ends the verb with status 2.

    Several that share a listener are one here: `pos+composite`.
    """
    try:
        return {"terminal": load_joined(terminal), "issuer": load_joined(issuer)}
    except SpecError as error:
        stop(str(error))


def dialects_in(header: Header, terminal: str, issuer: str) -> dict[Side, Dialect]:
    """Return the dialects of a trace, or those that are given in their place.

    A trace names its dialects; one that is a file of somebody's own is given with every verb.
    """
    names = header.dialects
    return dialects_of(
        terminal or names.get("terminal", "pos"), issuer or names.get("issuer", "interbank")
    )


def rules_and_cards(rules: str, record_key: str) -> tuple[Rules, dict[str, Card]]:
    """Return the rules of a file and the cards that they name; TraceError where one is wrong."""
    found = load_rules(rules)
    tokens: Tokens | None = tokens_of(record_key) if record_key else None
    return found, cards_of(found.cards, tokens, Path(rules).parent)
