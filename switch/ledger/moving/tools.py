"""Everything that is done to a whole ledger on PostgreSQL (switch/ledger/moving), by short names.

Imported on demand: it needs asyncpg.
"""

from __future__ import annotations

from switch.ledger.moving.checks_on_postgres import check_shared as check
from switch.ledger.moving.on_postgres import read_shared as read
from switch.ledger.moving.on_postgres import read_within
from switch.ledger.moving.on_postgres import write_shared as write
from switch.ledger.shared.migrations import check_version, migrate, version

__all__ = ["check", "check_version", "migrate", "read", "read_within", "version", "write"]
