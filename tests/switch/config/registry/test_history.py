"""A file of changes: what is read of one that was written whole, cut off, or by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.config.faults import ConfigurationError
from switch.config.registry.history import OLD, old_file, read_history
from switch.config.registry.kinds import District

_LINE = (
    b'{"number":%d,"at":"2014-06-18T09:30:00+08:00","by":"wang","why":"x",'
    b'"rows":{"district":[{"id":"d","name":"%s"}]}}'
)
_CARD = b"6219991234567890120"


def _write(path: Path, *lines: bytes) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\n".join(lines))
    return path


def test_a_last_line_that_is_not_whole_never_happened_in_the_folders_own_file(
    tmp_path: Path,
) -> None:
    second = _LINE % (2, b"two")
    for end in range(len(second) + 1):
        path = _write(tmp_path / "file", _LINE % (1, b"one"), second[:end])
        assert read_history(path, is_own=True).state["district"] == {
            "d": District(id="d", name="one")
        }
    path = _write(path, _LINE % (1, b"one"), second, b"")
    assert read_history(path, is_own=True).number == 2


def test_a_file_from_elsewhere_that_was_cut_off_is_refused(tmp_path: Path) -> None:
    second = _LINE % (2, b"two")
    path = _write(tmp_path / "file", _LINE % (1, b"one"), second)
    assert read_history(path, is_own=False).number == 2
    _write(path, _LINE % (1, b"one"), second[:-1])
    with pytest.raises(ConfigurationError, match=r"file:2: .*truncated"):
        read_history(path, is_own=False)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"nonsense", "file:2: JSON is malformed"),
        (b'{"number":3,"at":"","by":"","why":""}', "file:2: is change 3, not 2"),
        (b'{"number":2,"at":"","by":"","why":"","rows":{"planet":[{}]}}', "file:2: .*kind planet"),
        (b'{"number":2,"at":"","by":"","why":"","rows":{"district":[{}]}}', "file:2: id: is miss"),
    ],
)
def test_a_line_that_is_wrong_is_told(tmp_path: Path, line: bytes, told: str) -> None:
    path = _write(tmp_path / "file", _LINE % (1, b"one"), line, b"")
    for is_own in (True, False):
        with pytest.raises(ConfigurationError, match=told):
            read_history(path, is_own=is_own)


@pytest.mark.parametrize("old", [b'"x"', b'"wang"', b'"one"'])
def test_texts_of_before_are_taken_from_the_folders_own_file_alone(
    tmp_path: Path, old: bytes
) -> None:
    line = (_LINE % (1, b"one")).replace(old, b'"%s"' % _CARD)
    path = _write(tmp_path / "file", line, b"")
    assert read_history(path, is_own=True).number == 1
    with pytest.raises(ConfigurationError, match=r"file:1: .*whole card number") as caught:
        read_history(path, is_own=False)
    assert _CARD.decode() not in str(caught.value)


def test_a_folder_has_a_file_of_before_only_with_a_change_in_it(tmp_path: Path) -> None:
    assert old_file(tmp_path) is None
    path = _write(tmp_path / OLD, b"")
    assert old_file(tmp_path) is None
    _write(path, _LINE % (1, b"one"))
    assert old_file(tmp_path) is None
    _write(path, _LINE % (1, b"one"), b"")
    assert old_file(tmp_path) == path
    path.unlink()
    path.mkdir()
    with pytest.raises(ConfigurationError, match="Is a directory"):
        old_file(tmp_path)


def test_a_whole_settlement_card_comes_in_by_no_history(tmp_path: Path) -> None:
    row = b'{"id":"50010001","merchant":"999653080110001","acquirer":"99900000","category":"8011",'
    row += b'"place":"VILLAGE","settlement_card":"%s"}' % _CARD
    line = b'{"number":1,"at":"","by":"","why":"","rows":{"terminal":[%s]}}' % row
    path = _write(tmp_path / "file", line, b"")
    for is_own in (True, False):
        with pytest.raises(ConfigurationError, match="whole card number, which is never kept"):
            read_history(path, is_own=is_own)
