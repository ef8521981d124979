"""Of a settlement card a row keeps what may be shown, and the hash that finds it."""

from __future__ import annotations

from messages.crypto.vault import KEY_BYTES, Vault
from switch.config.registry.fields import Row
from switch.config.registry.kinds import District
from switch.config.sections.cards import concealed
from switch.config.sections.rows import TerminalRow

_CARD = "6219991234567890120"
_VAULT = Vault(bytes(KEY_BYTES), bytes(KEY_BYTES))


def _terminal(card: str) -> TerminalRow:
    return TerminalRow(
        id="50010001",
        merchant="999653080110001",
        acquirer="99900000",
        category="8011",
        place="VILLAGE",
        settlement_card=card,
    )


def test_the_whole_number_is_replaced_by_its_hash() -> None:
    (kept,) = concealed({"terminal": [_terminal(_CARD)]}, lambda: _VAULT)["terminal"]
    assert isinstance(kept, TerminalRow)
    shown, _, found = kept.settlement_card.partition("/")
    assert shown == "621999*********0120"
    assert bytes.fromhex(found) == _VAULT.card_hash(_CARD)
    assert TerminalRow.model_validate(kept.model_dump()) == kept


def test_rows_without_a_card_need_no_keys() -> None:
    def asked() -> Vault:
        raise AssertionError

    (kept,) = concealed({"terminal": [_terminal(_CARD)]}, lambda: _VAULT)["terminal"]
    rows: dict[str, list[Row]] = {
        "district": [District(id="d", name="D")],
        "terminal": [_terminal(""), kept],
    }
    assert concealed(rows, asked) is rows
