"""The conversation of one transaction (simulators/world): who said what, and what the ledger did.

Only fields that are never secret are named, and a card by its first six and last four digits.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.wire import Heard
from simulators.world.history import Applied, History, Spoken
from switch.core.operations import Row

_SHOWN = ((11, "STAN"), (37, "RRN"), (38, "authorisation"), (39, "code"))


def conversation(history: History, rrn: str) -> list[str]:
    """Return the lines about the transaction with this RRN, oldest first; none without a trace."""
    row = next((row for row in history.end.rows if row.record.rrn == rrn), None)
    if row is None:
        return []
    lines = [f"{row.record.shown_card}, {_yuan(row.record.amount_fen)} yuan, now {row.state.name}"]
    entries: list[tuple[int, int, str]] = [*_spoken(history, row), *_done(history, row)]
    lines += [f"{at_ns / 1e9:12.6f}  step {step:<6}  {words}" for at_ns, step, words in entries]
    return [lines[0], *sorted(lines[1:])]


def _spoken(history: History, row: Row) -> Iterator[tuple[int, int, str]]:
    for spoken in history.spoken:
        if _is_about(spoken, row):
            yield spoken.at_ns, spoken.step, f"{spoken.who:24} {_words(spoken.heard)}"


def _is_about(spoken: Spoken, row: Row) -> bool:
    heard, key, record = spoken.heard, row.key, row.record
    if heard.get(37) == record.rrn:
        return True
    if spoken.is_terminal:
        place = heard.get(41), heard.get(60)[2:8], heard.get(11)
        return place == (key.terminal, key.batch, key.stan)
    here = record.link_stan, record.transmission
    original = heard.get(90)
    return here in {(heard.get(11), heard.get(7)), (original[4:10], original[10:20])}


def _words(heard: Heard) -> str:
    shown = [f"{name} {heard.get(number)}" for number, name in _SHOWN if heard.get(number)]
    amount = heard.get(4)
    if amount:
        shown.append(f"{_yuan(int(amount))} yuan")
    return f"{heard.mti}  {', '.join(shown)}"


def _done(history: History, row: Row) -> Iterator[tuple[int, int, str]]:
    for applied in history.applied:
        if getattr(applied.operation, "key", None) == row.key:
            yield applied.at_ns, applied.step, f"{'ledger':24} {_operation(applied)}"


def _operation(applied: Applied) -> str:
    state = getattr(applied.operation, "state", None)
    named = f" {state.name}" if state is not None else ""
    return f"{type(applied.operation).__name__}{named} -> {type(applied.outcome).__name__}"


def _yuan(amount_fen: int) -> str:
    return f"{amount_fen // 100}.{amount_fen % 100:02d}"
