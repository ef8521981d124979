"""What is imported on demand is there, and under the names that are used."""

from __future__ import annotations

import pytest
import typer

from switch.cli import load
from switch.cli.messages import table
from switch.cli.specs import tables


@pytest.mark.parametrize("name", load.VERBS)
def test_every_verb_can_be_imported(name: str) -> None:
    assert isinstance(load.verb(name), typer.Typer)


def test_the_version_is_that_of_the_distribution() -> None:
    assert load.version().count(".") == 2


def test_a_name_that_is_no_verb_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        load.verb("no-such")


def test_tables_come_from_their_own_modules() -> None:
    assert load.message_table() is table.message_table
    assert load.difference_table() is table.difference_table
    assert load.dialect_list() is tables.dialect_list
    assert load.dialect_table() is tables.dialect_table
