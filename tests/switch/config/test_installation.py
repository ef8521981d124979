"""A folder is an installation, or every reason why not; and a large one loads fast."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from messages.crypto.keys import Mak, Pik, Tmk
from switch.config.faults import ConfigurationError
from switch.config.installation import KEYS, TEST_MAKS, TEST_PIK, ListenAddress, load
from switch.config.keystore import MASTER, KeyStore
from tests.switch.config import folders

_MANY = 5_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return folders.make(tmp_path / "city")


def _faults(folder: Path) -> list[str]:
    with pytest.raises(ConfigurationError) as raised:
        load(folder)
    return [str(fault).removeprefix(f"{folder}/") for fault in raised.value.faults]


def test_the_defaults_are_the_worked_examples(folder: Path) -> None:
    found = load(folder)
    configuration = found.configuration
    terminal = configuration.terminals["50010001"]
    assert (terminal.merchant, terminal.acquirer, terminal.category) == (
        "999653080110001",
        "99900000",
        "8011",
    )
    assert terminal.place == "CQ TEST VILLAGE CLINIC".ljust(40)
    assert terminal.master_key == Tmk.from_hex("0123456789ABCDEFFEDCBA9876543210")
    assert "999653080110001" in configuration.merchants
    link = configuration.links["issuer"]
    assert (link.own_id, link.peer_id) == ("99900000", "00010000")
    assert found.link_addresses["issuer"] == ("127.0.0.1", 9583)
    card_range = configuration.card_range("6219991234567890120")
    assert card_range is not None
    assert configuration.issuers[card_range.issuer].links == ("issuer-jinbao", "issuer")
    assert [(c.counter, c.from_day, c.limit_fen) for c in configuration.caps] == [
        ("withdrawal", 20110101, 100_000),
        ("withdrawal", 20140910, 200_000),
        ("remittance", 20140910, 200_000),
    ]
    assert found.listen == (
        ListenAddress("127.0.0.1", 8583, "jinbao"),
        ListenAddress("127.0.0.1", 8584, "bank"),
    )
    assert found.ledger == folder / "state" / "ledger.sqlite"
    assert found.connection_limits == {}
    assert found.log is None


def test_test_keys_are_the_published_ones_and_can_be_switched_off(folder: Path) -> None:
    fixed = load(folder).fixed_keys
    assert fixed is not None
    assert (fixed.pik, fixed.mak) == (Pik.from_hex(TEST_PIK), Mak.from_hex(TEST_MAKS[8]))
    folders.change(folder, "jinbao", "mak_bytes = 8", "mak_bytes = 16")
    longer = load(folder)
    assert longer.configuration.mak_bytes == 16
    assert longer.fixed_keys is not None
    assert longer.fixed_keys.mak.length == 16
    folders.change(folder, "jinbao", "test_keys = true", "test_keys = false")
    assert load(folder).fixed_keys is None


def test_what_is_commented_out_in_the_defaults_is_the_default(folder: Path) -> None:
    text = (folder / "jinbao.toml").read_text("utf-8")
    before = load(folder)
    stated = "\n".join(
        line.removeprefix("# ") if line.startswith("# ") and "_ms = " in line else line
        for line in text.splitlines()
    )
    assert stated != text
    (folder / "jinbao.toml").write_text(stated, "utf-8")
    assert load(folder).configuration.timers == before.configuration.timers


def test_options_reach_those_who_use_them(folder: Path) -> None:
    folders.change(folder, "jinbao", "# advice_retry_ms = [1000, 5000", "advice_retry_ms = [7, 8")
    folders.change(folder, "jinbao", "# pending_per_link = 10000", "pending_per_link = 5")
    folders.change(folder, "jinbao", "# half_frame_ms = 10000", "half_frame_ms = 9")
    folders.change(folder, "jinbao", 'commit = "inline"', 'commit = "thread"')
    folders.change(folder, "jinbao", "# fill_ms = 1000", "fill_ms = 250")
    folders.change(folder, "jinbao", 'log = ""', 'log = "logs/switch.json"')
    folders.change(
        folder, "jinbao", "repeats_get_stored_answer = false", "repeats_get_stored_answer = true"
    )
    folders.change(folder, "banks", "# other_cards_from", "other_cards_from")
    found = load(folder)
    assert found.configuration.timers.advice_retry_ms[:2] == (7, 8)
    assert found.configuration.limits.pending_per_link == 5
    assert found.connection_limits == {"half_frame_ms": 9}
    assert found.commit_in_thread
    assert found.fill_ms == 250
    assert found.log == folder / "logs" / "switch.json"
    assert found.configuration.repeats_get_stored_answer
    assert found.configuration.acquirers["99900000"].other_cards_from == 20141201


def test_the_longest_prefix_of_a_card_decides(folder: Path) -> None:
    folders.change(
        folder,
        "cards",
        "[[range]]",
        '[[range]]\nprefix = "62"\nlength = 19\nissuer = "99910000"\nsocial = false\n'
        "debit = true\n\n[[range]]",
    )
    configuration = load(folder).configuration
    special = configuration.card_range("6219991234567890120")
    other = configuration.card_range("6220001234567890120")
    assert special is not None
    assert special.is_social
    assert other is not None
    assert not other.is_social


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        (
            "jinbao",
            'terminals = ["pos", "composite"]',
            'terminals = "poss"',
            "jinbao.toml:11: dialects.terminals: poss: no dialect of this name",
        ),
        (
            "jinbao",
            '["127.0.0.1:8583"]',
            '["8583"]',
            "jinbao.toml:6: listen.jinbao[0]: should be an address like",
        ),
        ("jinbao", "format = 1", "format = 2", "jinbao.toml:3: format: Input should be 1"),
        ("jinbao", "[listen]", "[listn]", "jinbao.toml:5: listn: there is no such key; did you"),
        (
            "terminals",
            'id = "50010001"',
            'id = "50010009"',
            "keys/terminals.toml: 50010009: there is no such key; `jinbao keys terminal new`",
        ),
        (
            "banks",
            'name = "issuer"',
            'name = "other"',
            "keys/zones.toml: other.zmk: there is no such key; link other needs it",
        ),
        ("cards", "social = true", 'social = "yes"', "cards.toml:8: range[0].social: Input"),
        ("caps", "limit_fen = 100000", "limit_fen = 1e5", "caps.toml:7: cap[0].limit_fen: Input"),
    ],
)
def test_a_mistake_is_told_with_file_line_key_and_reason(
    folder: Path, name: str, old: str, new: str, fault: str
) -> None:
    folders.change(folder, name, old, new)
    assert any(found.startswith(fault) for found in _faults(folder)), _faults(folder)


def test_mistakes_in_several_files_are_all_told_at_once(folder: Path) -> None:
    folders.change(folder, "caps", "rule", "rul")
    folders.change(folder, "cards", "length = 19", "length = 99")
    (folder / "banks.toml").unlink()
    told = "\n".join(_faults(folder))
    for part in ("caps.toml", "cards.toml:6: range[0].length", "banks.toml: cannot be read"):
        assert part in told


def test_another_master_key_opens_nothing_and_no_key_is_told(folder: Path) -> None:
    path = folder / KEYS / MASTER
    path.write_text("00" * 64, "ascii")
    found = _faults(folder)
    assert "keys/terminals.toml: 50010001: does not open under keys/master.key" in found
    assert "keys/vault.toml: data: does not open under keys/master.key" in found
    assert "0123456789ABCDEF" not in "".join(found).upper()


def test_a_missing_or_open_master_key_is_told_once(folder: Path) -> None:
    path = folder / KEYS / MASTER
    path.chmod(0o644)
    assert _faults(folder) == ["keys/master.key: others may use it (mode 0644); should be 0600"]
    path.unlink()
    assert _faults(folder) == ["keys/master.key: cannot be read: FileNotFoundError"]


def test_a_damaged_file_of_boxes_is_told_once(folder: Path) -> None:
    (folder / KEYS / "terminals.toml").write_text("[boxes", "ascii")
    assert _faults(folder) == ["keys/terminals.toml: cannot be read: TOMLDecodeError"]


def test_an_empty_folder_is_told_what_it_lacks(tmp_path: Path) -> None:
    assert len(_faults(tmp_path)) == len(folders.NAMES)


def test_a_dialect_of_ones_own_is_found_in_the_folder(folder: Path) -> None:
    (folder / "mine.toml").write_text(
        'format = 1\nkind = "dialect"\nname = "mine"\nextends = "pos"\n', "utf-8"
    )
    speaks = 'terminals = ["pos", "composite"]'
    folders.change(folder, "jinbao", speaks, 'terminals = "./mine.toml"')
    assert load(folder).configuration.terminal_dialect.name == "mine"


def test_five_thousand_terminals_load_in_two_seconds(folder: Path) -> None:
    numbers = range(50_020_002, 50_020_002 + _MANY)
    entry = (
        '\n[[terminal]]\nid = "{}"\nmerchant = "999653080110001"\nacquirer = "99900000"\n'
        'category = "8011"\nplace = "CQ TEST VILLAGE CLINIC"\n'
    )
    path = folder / "terminals.toml"
    path.write_text(path.read_text("utf-8") + "".join(map(entry.format, numbers)), "utf-8")
    KeyStore.open(folder / KEYS).put("terminals", {str(n): bytes(range(16)) for n in numbers})
    begun = time.process_time()
    assert len(load(folder).configuration.terminals) == _MANY + len(folders.TERMINALS)
    assert time.process_time() - begun < 2.0


@pytest.mark.parametrize(
    ("names", "reasons"),
    [
        (["free"], ["0 files of kind fee-matrix, not one", "0 files of kind national-prices"]),
        (["chongqing-2014", "national", "free", "none"], ["none: no tariff file of this name"]),
    ],
)
def test_a_set_of_tariffs_that_is_none_is_told_where_it_is_named(
    folder: Path, names: list[str], reasons: list[str]
) -> None:
    path = folder / "jinbao.toml"
    before, after = path.read_text("utf-8").split('["chongqing-2014", "national", "free"]')
    path.write_text(before + str(names).replace("'", '"') + after, "utf-8")
    line = before.count("\n") + 1
    faults = _faults(folder)
    assert len(faults) == len(reasons)
    for fault, reason in zip(faults, reasons, strict=True):
        assert fault.startswith(f"jinbao.toml:{line}: fees.tariffs: ")
        assert reason in fault
