"""The verbs about PIN blocks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.switch.cli.running import run

_PAN = "6219991234567890120"
_BLOCK = "04F16B5C9021D1EA"
_BANK_BLOCK = "7B6B4263E0A7B2E9"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    contents = {
        "pik": "1A2C3E4F5D6E7F8091A2B3C4D5E6F708",
        "bank": "54687A8C9EB0C2D4E6F8091A2B3C4D5E",
        "pin": "123456\n",
        "wrong": "123457",
        "short": "123",
    }
    for name, text in contents.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    return {name: str(tmp_path / name) for name in contents}


def test_the_published_block_is_made(files: dict[str, str]) -> None:
    arguments = ("--key-file", files["pik"], "--pin-file", files["pin"], "--pan", _PAN)
    assert run("pin", "encode", *arguments) == (0, f"{_BLOCK}\n", "")


def test_the_pin_may_come_from_standard_input(files: dict[str, str]) -> None:
    arguments = ("--key-file", files["pik"], "--pin-file", "-", "--pan", _PAN)
    assert run("pin", "encode", *arguments, stdin="123456\n").out == f"{_BLOCK}\n"


def test_translation_gives_the_block_of_the_bank(files: dict[str, str]) -> None:
    keys = ("--from-key-file", files["pik"], "--to-key-file", files["bank"])
    assert run("pin", "translate", *keys, "--pan", _PAN, _BLOCK).out == f"{_BANK_BLOCK}\n"


def test_translation_to_sm4_and_back_loses_nothing(files: dict[str, str]) -> None:
    there = ("--from-key-file", files["pik"], "--to-key-file", files["bank"], "--to-sm4")
    wide = run("pin", "translate", *there, "--pan", _PAN, _BLOCK).out.strip()
    assert len(wide) == 32
    back = ("--from-key-file", files["bank"], "--to-key-file", files["pik"], "--from-sm4")
    assert run("pin", "translate", *back, "--pan", _PAN, wide).out == f"{_BLOCK}\n"


def test_a_pin_is_verified_without_being_shown(files: dict[str, str]) -> None:
    arguments = ("pin", "verify", "--key-file", files["pik"], "--pan", _PAN, _BLOCK)
    assert run(*arguments, "--pin-file", files["pin"]) == (0, "good\n", "")
    assert run(*arguments, "--pin-file", files["wrong"]) == (1, "bad: another PIN\n", "")


def test_a_block_of_another_card_or_key_is_bad(files: dict[str, str]) -> None:
    for key, pan in (("pik", "6219991234567890138"), ("bank", _PAN)):
        arguments = ("--key-file", files[key], "--pin-file", files["pin"], "--pan", pan)
        status, out, _ = run("pin", "verify", *arguments, _BLOCK)
        assert status == 1
        assert out.startswith("bad: ")
        assert "123456" not in out


@pytest.mark.parametrize("block", ["00", "zz", "000"])
def test_what_is_no_block_is_bad(block: str, files: dict[str, str]) -> None:
    keys = ("--from-key-file", files["pik"], "--to-key-file", files["bank"])
    status, out, err = run("pin", "translate", *keys, block)
    assert (status, out) == (1, "")
    assert "PIN block" in err


def test_what_is_no_pin_is_bad(files: dict[str, str]) -> None:
    arguments = ("--key-file", files["pik"], "--pin-file", files["short"])
    status, _, err = run("pin", "encode", *arguments)
    assert (status, err) == (1, "jinbao: PIN block: a PIN is 4 to 12 digits\n")
