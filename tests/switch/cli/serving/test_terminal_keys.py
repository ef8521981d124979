"""Terminal master keys: random or from parts, shown by check values only."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.crypto.keys import Tmk
from switch.cli.outcome import USAGE
from switch.cli.serving.terminal_keys import odd_parity, split
from switch.config.installation import load
from tests.switch.cli.running import Outcome, run

_TID = "50010001"
_TMK = "0123456789ABCDEFFEDCBA9876543210"
_ONE = "000102030405060708090A0B0C0D0E0F"
_OTHER = f"{int(_TMK, 16) ^ int(_ONE, 16):032X}"


def _keys(verb: str, folder: Path, *arguments: str) -> Outcome:
    return run("keys", "terminal", verb, _TID, "-c", str(folder), *arguments)


def _files(tmp_path: Path, *parts: str) -> list[str]:
    arguments = []
    for number, part in enumerate(parts):
        (tmp_path / f"part{number}").write_text(part + "\n", "ascii")
        arguments += ["--part", str(tmp_path / f"part{number}")]
    return arguments


def _tmk(folder: Path) -> Tmk:
    return load(folder).configuration.terminals[_TID].master_key


def test_a_new_key_is_random_shown_by_its_check_value_and_its_parts_make_it(
    folder: Path, tmp_path: Path
) -> None:
    parts = [tmp_path / "one", tmp_path / "two", tmp_path / "three"]
    arguments = [word for part in parts for word in ("--part", str(part))]
    outcome = _keys("new", folder, "--force", *arguments)
    assert outcome.status == 0
    made = _tmk(folder)
    assert made.has_odd_parity()
    assert made.reveal().hex() != _TMK.lower()
    assert f"terminal {_TID}: check value {made.kcv().hex().upper()}\n" in outcome.out
    texts = [part.read_text("ascii").strip() for part in parts]
    assert Tmk.from_components(texts) == made
    assert all(stat.S_IMODE(part.stat().st_mode) == 0o600 for part in parts)
    told = outcome.out + outcome.err
    assert all(text not in told for text in (*texts, made.reveal().hex().upper()))


@pytest.mark.parametrize("second", ["one", "./one", "there"])
def test_no_part_is_written_unless_all_can_be(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("there").write_text("x", "ascii")
    before = _tmk(folder)
    outcome = _keys("new", folder, "--force", "--part", "one", "--part", second)
    why = "File exists" if second == "there" else "each part has a file of its own"
    assert (outcome.status, outcome.out) == (USAGE, "")
    assert why in outcome.err
    assert not Path("one").exists()
    assert _tmk(folder) == before


def test_parts_read_from_files_make_the_key_and_each_is_shown_by_its_check_value(
    folder: Path, tmp_path: Path
) -> None:
    outcome = _keys("import", folder, "--force", *_files(tmp_path, _ONE, _OTHER))
    assert outcome.status == 0
    assert _tmk(folder) == Tmk.from_hex(_TMK)
    assert f"terminal {_TID}: check value 08D7B4FB\n" in outcome.out
    assert [line.split(":")[0] for line in outcome.out.splitlines()[:2]] == ["part 1", "part 2"]
    assert _ONE not in outcome.out + outcome.err
    assert "odd parity" not in outcome.err


def test_a_key_without_odd_parity_is_kept_and_told(folder: Path, tmp_path: Path) -> None:
    outcome = _keys("import", folder, "--force", *_files(tmp_path, _ONE, "00" * 15 + "FF"))
    assert outcome.status == 0
    assert "does not have odd parity" in outcome.err


@pytest.mark.parametrize("verb", ["new", "import"])
def test_a_key_that_is_there_is_replaced_only_by_force(folder: Path, verb: str) -> None:
    before = _tmk(folder)
    outcome = _keys(verb, folder)
    assert outcome.status == USAGE
    assert "--force replaces it" in outcome.err
    assert _tmk(folder) == before


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ((_ONE,), "two or three components, not 1"),
        ((_ONE, _OTHER[:16]), "one length"),
        ((_ONE, _ONE), "cancel each other out"),
        ((_ONE, "not hexadecimal"), "part 2: "),
        ((_ONE[:16], "FF" * 8), "has 16 bytes, not 8"),
    ],
)
def test_parts_that_make_no_key_are_refused_and_nothing_changes(
    folder: Path, tmp_path: Path, parts: tuple[str, ...], reason: str
) -> None:
    before = _tmk(folder)
    outcome = _keys("import", folder, "--force", *_files(tmp_path, *parts))
    assert outcome.status == USAGE
    assert reason in outcome.err
    assert _ONE not in outcome.out + outcome.err
    assert _tmk(folder) == before


def test_without_files_and_without_a_terminal_to_ask_on_there_are_no_parts(folder: Path) -> None:
    outcome = _keys("import", folder, "--force")
    assert outcome.status == USAGE
    assert "part 1: no terminal to ask on" in outcome.err


def test_a_new_key_needs_two_or_three_files_and_none_that_is_there(
    folder: Path, tmp_path: Path
) -> None:
    before = _tmk(folder)
    one = _keys("new", folder, "--force", "--part", str(tmp_path / "one"))
    assert (one.status, one.err) == (USAGE, "jinbao: a key has two or three parts\n")
    there = _keys("new", folder, "--force", *_files(tmp_path, "old", "old"))
    assert there.status == USAGE
    assert "File exists" in there.err
    assert (tmp_path / "part0").read_text("ascii") == "old\n"
    assert _tmk(folder) == before


def test_a_terminal_can_have_its_key_before_it_is_registered(folder: Path) -> None:
    outcome = run("keys", "terminal", "new", "5001999", "-c", str(folder))
    assert (outcome.status, "8 letters or digits" in outcome.err) == (USAGE, True)
    outcome = run("keys", "terminal", "new", "50019999", "-c", str(folder))
    assert outcome.status == 0
    assert "terminal 50019999 is not registered yet" in outcome.err


def test_a_damaged_list_of_terminals_is_told(folder: Path) -> None:
    (folder / "terminals.toml").write_text("format = 2\n", "utf-8")
    outcome = _keys("new", folder)
    assert outcome.status == USAGE
    assert "terminals.toml:1: format: Input should be 1" in outcome.err


@given(st.binary(min_size=16, max_size=16))
def test_odd_parity_changes_last_bits_only(key: bytes) -> None:
    odd = odd_parity(key)
    assert Tmk(odd).has_odd_parity()
    assert all(a | 1 == b | 1 for a, b in zip(key, odd, strict=True))
    assert odd_parity(odd) == odd


@given(st.binary(min_size=16, max_size=16).filter(any), st.integers(2, 3))
def test_parts_make_the_key_and_no_part_is_the_key(key: bytes, count: int) -> None:
    parts = split(Tmk(key), count)
    assert len(parts) == count
    assert Tmk.from_components([part.hex() for part in parts]) == Tmk(key)
    assert key not in parts
