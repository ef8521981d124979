"""What is read where the registry of an installation is kept."""

from __future__ import annotations

from pathlib import Path

from switch.cli.registering.storing import kept
from switch.config.registry.changes import Place
from tests.switch.config.registry.making import bring_in, first_rows


def test_what_was_brought_in_is_kept_and_an_empty_place_has_none(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "state" / "ledger.sqlite")
    assert kept(place) is None
    bring_in(tmp_path, first_rows())
    found = kept(place)
    assert found is not None
    assert found.number == 1
