"""The one place that imports on demand (switch/cli), so that a verb starts fast.

A verb's package is imported when the verb is used, and what draws tables when one is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Final

import typer

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

    from messages.dialects.dialect import Dialect
    from switch.cli.messages.diff import Difference
    from switch.cli.messages.reading import Reading
    from switch.config.registry.changes import Changes
    from switch.ledger.postgres import PostgresLedger
    from switch.ledger.registry.embedded import SqliteRegistry
    from switch.ledger.registry.on_postgres import PostgresRegistry
    from switch.ledger.settling.on_postgres import PostgresSettlement
    from switch.ledger.shared.store import PostgresStore
    from switch.settlement.calendar import Calendar

NO_DRIVER: Final = "a ledger on PostgreSQL needs asyncpg: pip install 'jinbao[postgres]'"
VERBS: Final = {
    "decode": "switch.cli.messages.decode",
    "encode": "switch.cli.messages.encode",
    "diff": "switch.cli.messages.diff",
    "demo": "switch.cli.demo.verb",
    "mac": "switch.cli.security.mac",
    "pin": "switch.cli.security.pin",
    "kcv": "switch.cli.security.kcv",
    "keys": "switch.cli.security.keys",
    "specs": "switch.cli.specs.verbs",
    "init": "switch.cli.serving.init",
    "check": "switch.cli.serving.check",
    "serve": "switch.cli.serving.serve",
    "reload": "switch.cli.serving.reload",
    "control": "switch.cli.serving.control",
    "registry": "switch.cli.registering.registry",
    "peers": "switch.cli.serving.peers",
    "issuer": "switch.cli.simulating.issuer",
    "social-host": "switch.cli.social.host",
    "product-host": "switch.cli.social.products",
    "terminal": "switch.cli.simulating.terminal",
    "simulate": "switch.cli.simulating.simulate",
    "route": "switch.cli.routing.route",
    "network": "switch.cli.simulating.network",
    "centre": "switch.cli.simulating.centre",
    "load": "switch.cli.loading.load",
    "payouts": "switch.cli.social.payouts",
    "txn": "switch.cli.books.transactions",
    "caps": "switch.cli.books.caps",
    "saf": "switch.cli.books.reversals",
    "bills": "switch.cli.social.bills",
    "ledger": "switch.cli.ledger.verbs",
    "clear": "switch.cli.settling.clear",
    "cases": "switch.cli.settling.cases",
    "report": "switch.cli.reporting.report",
    "fees": "switch.cli.pricing.fees",
    "conform": "switch.cli.conforming.verb",
    "trace": "switch.cli.replaying.trace",
    "replay": "switch.cli.replaying.replay",
}
"""Verb -> the module that holds it as `app`, in the order of the help."""


def verb(name: str) -> typer.Typer:
    """Return the Typer application of one verb; KeyError for a name that is no verb."""
    app: typer.Typer = import_module(VERBS[name]).app
    return app


def version() -> str:
    """Return the version of the installed distribution."""
    from importlib.metadata import version as version_of

    return version_of("jinbao")


def message_table() -> Callable[[Reading, bool], str]:
    """Return what draws a decoded message (with rich)."""
    from switch.cli.messages.table import message_table as draw

    return draw


def dialect_list() -> Callable[[Sequence[Dialect]], str]:
    """Return what draws the list of dialects (with rich)."""
    from switch.cli.specs.tables import dialect_list as draw

    return draw


def dialect_table() -> Callable[[Dialect], str]:
    """Return what draws one dialect (with rich)."""
    from switch.cli.specs.tables import dialect_table as draw

    return draw


def difference_table() -> Callable[[Sequence[Difference]], str]:
    """Return what draws the differences of two messages (with rich)."""
    from switch.cli.messages.table import difference_table as draw

    return draw


def postgres_store() -> type[PostgresStore]:
    """Return the ledger on PostgreSQL for a switch (with asyncpg; ImportError without)."""
    from switch.ledger.shared.store import PostgresStore as Store

    return Store


def postgres_ledger() -> type[PostgresLedger]:
    """Return the ledger on PostgreSQL for commands (with asyncpg; ImportError without)."""
    from switch.ledger.postgres import PostgresLedger as Ledger

    return Ledger


def postgres_settlement() -> type[PostgresSettlement]:
    """Return the settlement on PostgreSQL (with asyncpg; ImportError without)."""
    from switch.ledger.settling.on_postgres import PostgresSettlement as Store

    return Store


def postgres_registry() -> type[PostgresRegistry]:
    """Return the registry's changes on PostgreSQL (with asyncpg; ImportError without)."""
    from switch.ledger.registry.on_postgres import PostgresRegistry as Store

    return Store


def sqlite_registry() -> type[SqliteRegistry]:
    """Return the registry's changes in an embedded ledger, for whoever writes some."""
    from switch.ledger.registry.embedded import SqliteRegistry as Store

    return Store


def read_registry() -> Callable[..., Changes]:
    """Return what reads the registry's changes from the ledger's database (with apsw)."""
    from switch.cli.registering.storing import read

    return read


def calendar_of() -> Callable[[Path], Calendar]:
    """Return what reads China's calendar with the corrections of a folder (with holidays)."""
    from switch.cli.reporting.facts import calendar_of as of

    return of


def postgres_tools() -> ModuleType:
    """Return what makes, checks and moves a whole ledger on PostgreSQL."""
    from switch.ledger.moving import tools

    return tools


def serve_metrics() -> Callable[..., tuple[int, Callable[[], None]]]:
    """Return what answers scrapes (with prometheus-client)."""
    from switch.shell.watching.metrics import serve_metrics as serve

    return serve


def load_workers() -> ModuleType:
    """Return what shares a load out over machines (with asyncpg; ImportError without)."""
    return import_module("switch.cli.loading.worker")
