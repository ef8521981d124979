"""A row of a section has the fields and bounds of the table in its file, and no other."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from switch.config.faults import ConfigurationError
from switch.config.files import BanksFile, CardsFile, TerminalsFile
from switch.config.registry.fields import KEPT
from switch.config.registry.kinds import KINDS
from switch.config.registry.tables import read_row
from switch.config.sections.rows import FILE_OF, SECTIONS, TerminalRow

_FILES: dict[str, type[BaseModel]] = {
    "banks": BanksFile,
    "cards": CardsFile,
    "terminals": TerminalsFile,
}
_CARD = "6219991234567890120"
_RANGE = {
    "prefix": "621999",
    "length": "19",
    "issuer": "99910000",
    "social": "true",
    "debit": "no",
}


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_row_has_the_fields_of_its_section(kind: str) -> None:
    section = _FILES[FILE_OF[kind]].model_fields[kind].annotation
    (entry,) = section.__args__  # type: ignore[union-attr]
    assert KINDS[kind].model_fields.keys() == entry.model_fields.keys()
    assert issubclass(KINDS[kind], entry)


def test_texts_are_read_as_what_a_field_is() -> None:
    row: Any = read_row("range", _RANGE)
    assert (row.length, row.social, row.debit, row.foreign) == (19, True, False, False)
    assert row.key == "621999/19"


@pytest.mark.parametrize(
    ("kind", "fields", "told"),
    [
        ("range", {**_RANGE, "length": "12"}, "range.length: "),
        ("range", {**_RANGE, "prefix": "62x"}, "range.prefix: "),
        ("range", {**_RANGE, "social": "perhaps"}, "range.social: "),
        ("group", {"id": "first", "name": f"bank {_CARD}"}, "a whole card number"),
        ("acquirer", {"id": "99900000", "name": _CARD}, "a whole card number"),
        ("acquirer", {"id": "99900000", "name": "n", "access": "satellite"}, "acquirer.access: "),
        ("acquirer", {"id": "99900000", "name": "n", "other_cards_from": "20140617"}, "a day like"),
        ("issuer", {"id": "99900000", "name": "n", "links": "a b c"}, "issuer.links: "),
        ("terminal", {"id": "50010001", "place": _CARD}, "a whole card number"),
    ],
)
def test_bounds_are_those_of_the_file(kind: str, fields: dict[str, str], told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_row(kind, fields)
    assert told in str(refused.value)
    assert _CARD not in str(refused.value)


def test_a_history_never_has_a_whole_settlement_card() -> None:
    fields = {
        "id": "50010001",
        "merchant": "999653080110001",
        "acquirer": "99900000",
        "category": "8011",
        "place": "VILLAGE",
        "settlement_card": _CARD,
    }
    assert _CARD not in repr(TerminalRow.model_validate(fields))
    with pytest.raises(ValidationError, match="never kept in clear"):
        TerminalRow.model_validate(fields, context=KEPT)
