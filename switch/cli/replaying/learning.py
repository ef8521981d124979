"""`jinbao trace to-scenario` (switch/cli): a trace becomes a load mix, cases, or probes of a host.

What the one asked for has no word for is told on standard error, and stands in the file.
"""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from messages.dialects.dialect import Dialect
from messages.dialects.family import JOINT
from messages.dialects.loader import SpecError, load_dialect
from simulators.cards import card_number
from simulators.replay.cases.conversation import Conversation
from simulators.replay.cases.naming import case_name
from simulators.replay.cases.of_hosts import probes_of
from simulators.replay.cases.of_terminals import cases_of
from simulators.replay.trace.learning import Learnt, scenario
from simulators.replay.trace.reading import Trace
from simulators.replay.trace.writing import whole_file
from simulators.wire import Wire
from switch.cli.outcome import note, stop
from switch.cli.replaying.asking import (
    Into,
    KeyOfTrace,
    OwnDialect,
    Source,
    dialects_in,
    rules_and_cards,
    told_errors,
)
from switch.cli.replaying.reporting import RulesFile


class Made(StrEnum):
    """What is made of a trace."""

    LOAD = "load"
    TERMINAL = "terminal"
    HOST = "host"


def to_scenario(
    source: Source,
    *,
    into: Into = "-",
    made: Annotated[
        Made, typer.Option("--as", help="A load mix, cases for a terminal, probes of a host.")
    ] = Made.LOAD,
    name: Annotated[str, typer.Option(help="Its name; else that of the trace.")] = "",
    terminal: Annotated[str, typer.Option(help="Whose conversation (DE 41), for a case.")] = "",
    rules: RulesFile = "",
    record_key: KeyOfTrace = "",
    dialect: OwnDialect = "",
    seconds: Annotated[
        float, typer.Option(min=0.0, help="How long a load runs; 0 is as long as the trace.")
    ] = 0.0,
    closed: Annotated[
        bool, typer.Option("--closed", help="Terminals rest as they did, whatever the rate.")
    ] = False,
) -> None:
    """Learn a load scenario from a trace, or a conformance case from a conversation.

    \b
    Examples:
      jinbao trace to-scenario traces --into tuesday.toml
      jinbao trace to-scenario traces --as terminal --terminal 50010001 --into case.toml
      jinbao trace to-scenario traces --as host --terminal 50010001 --into probes.toml
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if made is Made.LOAD and (terminal or rules or record_key):
        stop("--terminal, --rules and --record-key are for a case: --as terminal or --as host")
    if made is not Made.LOAD and (seconds or closed):
        stop("--seconds and --closed are for a load")
    with told_errors():
        trace = Trace(source, note)
        name = name or Path(source).stem
        if made is Made.LOAD:
            text, left_out = _load(trace, name, dialect, seconds=seconds, closed=closed)
        else:
            found, cards = rules_and_cards(rules, record_key)
            numbers = {token: _number(card.pan) for token, card in cards.items()}
            told = Conversation(_dialects(trace, dialect), numbers).of(trace, terminal)
            writes = cases_of if made is Made.TERMINAL else probes_of
            text, left_out = writes(told, case_name(name), found.volatile), told.left_out
        with whole_file(into) as stream:
            stream.write(text.encode("utf-8"))
    for why, count in left_out.most_common():
        note(f"left out: {count} {why}")


def _load(
    trace: Trace, name: str, dialect: str, *, seconds: float, closed: bool
) -> tuple[str, Counter[str]]:
    spoken = dialects_in(trace.header, dialect, "interbank")["terminal"]
    try:
        learnt = Learnt(Wire(spoken)).of(trace)
        return scenario(learnt, name, seconds=seconds, closed=closed), learnt.left_out
    except ValueError as error:
        return stop(f"{trace.source}: {error}")


def _dialects(trace: Trace, given: str) -> list[Dialect]:
    """Return the dialects that terminals share in a trace, each on its own."""
    names = (given or trace.header.dialects.get("terminal", "pos")).split(JOINT)
    try:
        return [load_dialect(name) for name in names]
    except SpecError as error:
        return stop(str(error))


def _number(pan: str) -> int:
    """Return which test card a card is; the first for one that is none of ours."""
    try:
        return card_number(pan)
    except ValueError:
        return 0
