"""A transaction at any stop of its walk: the worked examples with something changed."""

from __future__ import annotations

from typing import Any

from switch.core.moment import local
from switch.core.terminals.request import Transaction
from switch.core.terminals.wire import TerminalWire
from tests.switch.core.stage import FRAMES, POS, START_MS, configuration

_WIRE = TerminalWire(POS)


def walker(name: str = "withdrawal", **changes: Any) -> Transaction:  # noqa: ANN401 - any text
    """Return a transaction that comes from the terminal of the stage; `changes` are its texts.

    `configured` is a dictionary of what differs in the configuration.
    """
    configured = configuration(**changes.pop("configured", {}))
    request = _WIRE.read(1, FRAMES[name][2:])
    for field, text in changes.items():
        setattr(request, field, text)
    txn = Transaction(1, request, configured, 0)
    txn.terminal = configured.terminals["50010001"]
    txn.acquirer = txn.terminal.acquirer
    txn.local = local(START_MS)
    txn.clearing_day = txn.local.day
    rule = _WIRE.classify(request)
    if rule is not None:
        txn.rule = rule
    return txn
