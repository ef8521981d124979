"""Which engine an installation has, and what is not kept where a digest is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.cli.books.stores import on_postgres
from switch.cli.ledger.engines import Embedded, OnPostgres, engine_of
from switch.cli.registering.storing import place_of
from switch.ledger.moving.records import Record
from switch.ledger.protocol import LedgerOpenError
from tests.switch.cli.ledger import test_verbs
from tests.switch.config import folders
from tests.switch.ledger.moving.stories import embedded


def test_what_has_another_digest_than_it_should_is_not_kept(
    tmp_path: Path, ledger_url: str
) -> None:
    source = Embedded(embedded(tmp_path / "ledger.db"))
    records: list[Record] = list(source.read())
    target = Embedded(tmp_path / "copy.db")
    assert target.write(records, lambda: "wrong") != "wrong"
    assert not (tmp_path / "copy.db").exists()
    folder = test_verbs.on_postgres(folders.make(tmp_path / "city"), ledger_url)
    shared = engine_of(place_of(folder), on_postgres)
    assert isinstance(shared, OnPostgres)
    shared.write(records, lambda: "wrong")
    assert list(shared.read()) == []
    shared.close()


def test_an_embedded_ledger_is_made_by_init_alone(tmp_path: Path) -> None:
    engine = Embedded(tmp_path / "state" / "ledger.db")
    with pytest.raises(LedgerOpenError, match="ledger init"):
        engine.migrate(is_new=False)
    assert engine.migrate(is_new=True) == ["made"]
    assert engine.migrate(is_new=False) == []
