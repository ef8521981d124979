"""What a row of the registry keeps of a settlement card (switch/config/sections).

A history is kept for ever, so it has what may be shown and the keyed hash that finds the card, as
the ledger has of every card, and never the whole number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from messages.crypto.vault import Vault
from messages.values import mask_pan
from switch.config.registry.fields import Row
from switch.config.sections.rows import TerminalRow


def concealed(
    rows: Mapping[str, Sequence[Row]], vault: Callable[[], Vault]
) -> Mapping[str, Sequence[Row]]:
    """Return rows without a whole card number; `vault` is asked only where there is one."""
    if not any(_is_whole(row) for row in rows.get("terminal", ())):
        return rows
    keys = vault()
    return {**rows, "terminal": [_kept(row, keys) for row in rows["terminal"]]}


def _is_whole(row: Row) -> bool:
    return isinstance(row, TerminalRow) and row.settlement_card.isdecimal()


def _kept(row: Row, vault: Vault) -> Row:
    if not isinstance(row, TerminalRow) or not _is_whole(row):
        return row
    pan = row.settlement_card
    kept = f"{mask_pan(pan)}/{vault.card_hash(pan).hex()}"
    return row.model_copy(update={"settlement_card": kept})
