"""THE order of a transaction's walk between its session and the ledger, one tuple per kind.

The engine checks the session and the MAC before it, opens the transaction after it.
"""

from __future__ import annotations

from switch.core.configuration import Configuration
from switch.core.engine import Engine
from switch.core.terminals.intake import Step
from switch.steps.admit import admit
from switch.steps.choose_route import choose_route
from switch.steps.classify import classify
from switch.steps.find_payee import find_payee
from switch.steps.identify_card import identify_card
from switch.steps.quote_fee import quote_fee

FINANCIAL: tuple[Step, ...] = (
    identify_card,
    classify,
    admit,
    quote_fee,
    choose_route,
    find_payee,
)
"""Withdrawal and balance inquiry; sale, payment and the others follow the same order."""


def make_engine(configuration: Configuration) -> Engine:
    """Return an engine that walks transactions in this order."""
    return Engine(configuration, FINANCIAL)
