"""The kinds of rows: each has a key of fields that it must have."""

from __future__ import annotations

import pytest

from switch.config.registry.fields import plain
from switch.config.registry.kinds import KINDS
from tests.switch.config.registry.making import first_rows


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_is_made_of_fields_that_are_never_left_out(kind: str) -> None:
    fields = KINDS[kind].model_fields
    assert all(fields[name].is_required() for name in KINDS[kind].KEY)


def test_a_row_is_told_in_plain_values_and_read_back_from_them() -> None:
    for kind, rows in first_rows().items():
        for row in rows:
            assert KINDS[kind].model_validate(plain(row)) == row
            assert None not in plain(row).values()
