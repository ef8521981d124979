"""Keys on disk: in boxes, readable by their owner only, and never half written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from messages.crypto.wrapping import MASTER_KEY_BYTES, WrapError
from switch.config.faults import ConfigurationError
from switch.config.keystore import MASTER, KeyStore

_MASTER_KEY = bytes(range(MASTER_KEY_BYTES))
_KEY = bytes(range(100, 116))


def test_keys_come_back_after_another_start(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    KeyStore.create(folder, _MASTER_KEY).put("terminals", {"50010001": _KEY})
    store = KeyStore.open(folder)
    assert store.key("terminals", "50010001") == _KEY
    assert store.key("terminals", "50010002") is None
    assert store.key("zones", "50010001") is None
    assert store.names("terminals") == {"50010001"}


def test_putting_a_key_leaves_the_others(tmp_path: Path) -> None:
    store = KeyStore.create(tmp_path / "keys", _MASTER_KEY)
    store.put("zones", {"a.pik": _KEY, "a.mak": _KEY[:8]})
    KeyStore.open(tmp_path / "keys").put("zones", {"a.pik": _KEY[::-1]})
    found = KeyStore.open(tmp_path / "keys")
    assert found.key("zones", "a.pik") == _KEY[::-1]
    assert found.key("zones", "a.mak") == _KEY[:8]


def test_only_the_owner_can_read_and_no_file_holds_a_clear_key(tmp_path: Path) -> None:
    folder = tmp_path / "keys"
    KeyStore.create(folder, _MASTER_KEY).put("terminals", {"50010001": _KEY})
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert {f.name for f in files} == {MASTER, "terminals.toml"}
    assert all(stat.S_IMODE(f.stat().st_mode) == 0o600 for f in files)
    assert all(_KEY.hex() not in f.read_text("ascii").lower() for f in files)


def test_a_master_key_is_never_overwritten(tmp_path: Path) -> None:
    KeyStore.create(tmp_path, _MASTER_KEY)
    with pytest.raises(FileExistsError):
        KeyStore.create(tmp_path, bytes(MASTER_KEY_BYTES))
    assert (tmp_path / MASTER).read_text("ascii").strip() == _MASTER_KEY.hex()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_master_key_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    KeyStore.create(tmp_path, _MASTER_KEY)
    (tmp_path / MASTER).chmod(mode)
    with pytest.raises(ConfigurationError, match=rf"mode {mode:04o}\); should be 0600"):
        KeyStore.open(tmp_path)


@pytest.mark.parametrize("content", [b"", b"00" * 63, b"zz" * 64, b"\xff"])
def test_a_damaged_master_key_is_refused_without_quoting_it(tmp_path: Path, content: bytes) -> None:
    KeyStore.create(tmp_path, _MASTER_KEY)
    (tmp_path / MASTER).write_bytes(content)
    with pytest.raises(ConfigurationError, match=MASTER) as raised:
        KeyStore.open(tmp_path)
    assert "zzzz" not in str(raised.value)
    assert "0000" not in str(raised.value).replace(str(tmp_path), "")


def test_a_missing_master_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: FileNotFoundError"):
        KeyStore.open(tmp_path)


def test_a_box_moved_to_another_name_or_group_does_not_open(tmp_path: Path) -> None:
    store = KeyStore.create(tmp_path, _MASTER_KEY)
    store.put("terminals", {"50010001": _KEY})
    path = store.path("terminals")
    moved = path.read_text("ascii").replace("50010001", "50010002")
    path.write_text(moved, "ascii")
    store.path("zones").write_text(moved.replace("50010002", "50010001"), "ascii")
    again = KeyStore.open(tmp_path)
    with pytest.raises(WrapError):
        again.key("terminals", "50010002")
    with pytest.raises(WrapError):
        again.key("zones", "50010001")


def test_a_box_that_is_not_hexadecimal_does_not_open(tmp_path: Path) -> None:
    store = KeyStore.create(tmp_path, _MASTER_KEY)
    store.path("terminals").write_text('format = 1\n[boxes]\na = "xyz"\n', "ascii")
    with pytest.raises(WrapError):
        store.key("terminals", "a")


@pytest.mark.parametrize(
    "content",
    ["[boxes", "format = 2\n[boxes]\n", "format = 1\n", "format = 1\n[boxes]\na = 1\n"],
)
def test_a_file_that_holds_no_boxes_is_refused(tmp_path: Path, content: str) -> None:
    store = KeyStore.create(tmp_path, _MASTER_KEY)
    store.path("terminals").write_text(content, "ascii")
    with pytest.raises(ConfigurationError, match=r"terminals\.toml"):
        store.names("terminals")
