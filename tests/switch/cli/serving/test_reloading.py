"""What a reload takes up, and what it refuses as a whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.cli.serving.reloading import reload_of
from switch.config.faults import ConfigurationError
from switch.config.installation import KEYS, load
from switch.config.keystore import KeyStore
from tests.switch.config import folders


def test_an_unchanged_folder_is_the_same_configuration_with_the_next_number(folder: Path) -> None:
    running = load(folder)
    made = reload_of(folder, running)(running.configuration)
    assert made.number == running.configuration.number + 1
    assert made.vault is running.configuration.vault
    assert made.terminals == running.configuration.terminals


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("caps", "limit_fen = 200000", "limit_fen = 150000"),
        ("cards", 'prefix = "621999"', 'prefix = "62199"'),
        ("banks", 'alternate = "bank"', ""),
        ("terminals", 'category = "8011"', 'category = "8062"'),
        ("jinbao", "# issuer_ms = 45000 ", "issuer_ms = 30000 "),
        ("jinbao", "# transactions_in_flight = 20000", "transactions_in_flight = 20"),
    ],
)
def test_what_decides_can_change(folder: Path, name: str, old: str, new: str) -> None:
    running = load(folder)
    folders.change(folder, name, old, new)
    made = reload_of(folder, running)(running.configuration)
    before = running.configuration
    fields = ("caps", "card_ranges", "acquirers", "terminals", "timers", "limits")
    assert [f for f in fields if getattr(made, f) != getattr(before, f)]


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("jinbao", 'bank = ["127.0.0.1:0"]', 'bank = ["127.0.0.2:0"]', "[listen]"),
        ("jinbao", "state/ledger.sqlite", "state/other.sqlite", "[ledger] path"),
        ("jinbao", 'commit = "inline"', 'commit = "thread"', "[ledger] commit"),
        ("jinbao", '["pos", "composite"]', '["pos"]', "[dialects] terminals"),
        ("jinbao", "test_keys = true", "test_keys = false", "[keys] test_keys"),
        ("jinbao", "# backlog = 1024 ", "backlog = 99 ", "[connections]"),
        ("jinbao", "state/control.sock", "state/c.sock", "[paths] control"),
        ("banks", '"127.0.0.1:1"', '"127.0.0.2:1"', "the addresses of the links"),
        ("banks", 'peer_id = "00010000"', 'peer_id = "00010009"', "the links or their keys"),
    ],
)
def test_what_connections_and_rows_depend_on_needs_a_restart(
    folder: Path, name: str, old: str, new: str, told: str
) -> None:
    running = load(folder)
    folders.change(folder, name, old, new)
    with pytest.raises(ValueError, match="needs a restart") as refused:
        reload_of(folder, running)(running.configuration)
    assert told in str(refused.value)


@pytest.mark.parametrize("box", ["hash", "data"])
def test_other_keys_of_card_data_need_a_restart(folder: Path, box: str) -> None:
    running = load(folder)
    KeyStore.open(folder / KEYS).put("vault", {box: bytes(range(32))})
    with pytest.raises(ValueError, match=r"keys/vault\.toml"):
        reload_of(folder, running)(running.configuration)


def test_a_mistake_refuses_the_whole_folder(folder: Path) -> None:
    running = load(folder)
    folders.change(folder, "caps", "limit_fen = 200000", "limit_fen = 150000")
    folders.change(folder, "terminals", 'acquirer = "99900000"', 'acquirer = "99990000"')
    with pytest.raises(ConfigurationError, match="no acquirer 99990000"):
        reload_of(folder, running)(running.configuration)
