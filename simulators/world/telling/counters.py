"""How often remittances were at stake in a world (simulators/world): caps, payers, undone ones.

Only counted where cash is remitted.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from simulators.world.history import History
from switch.core.operations import Open
from switch.core.outcomes import CapExceeded, Closed, Opened
from switch.core.transaction import State

REMITTANCES: Final = (
    "remittance at its cap",
    "remittance over its cap",
    "remittance taken back",
    "remittance with another card",
)
"""Counted where cash is remitted, and only wanted of a profile of such worlds."""
_KIND: Final = "cash_remittance"
_CREDIT: Final = f"{_KIND}_credit"
_OTHER_CARD: Final = "57"
_REMITTED: Final = ("480000", "80")
"""DE 3 and the first digits of DE 60."""


def count_remittances(history: History, counted: Counter[str]) -> None:
    """Count what came close, and what was undone."""
    if not any(each.settlement_card for each in history.configuration.terminals.values()):
        return
    for applied in history.applied:
        operation, outcome = applied.operation, applied.outcome
        if isinstance(operation, Open) and operation.record.kind == _CREDIT:
            is_over = isinstance(outcome, CapExceeded)
            counted["remittance over its cap"] += is_over
            cap = operation.cap
            if isinstance(outcome, Opened) and cap is not None:
                there_fen = outcome.committed_fen + outcome.held_fen
                counted["remittance at its cap"] += there_fen == cap.limit_fen
        elif isinstance(outcome, Closed) and outcome.row.record.kind == _KIND:
            counted["remittance taken back"] += outcome.row.state is State.REVERSED
    for told in history.answers():
        if told.heard.get(39) == _OTHER_CARD:
            what = told.heard.get(3), told.heard.get(60)[:2]
            counted["remittance with another card"] += what == _REMITTED
