"""The verb that checks a MAC, against the worked examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.cli.messages.reading import Reading, read_frame
from switch.cli.security.mac import message_mab
from tests.switch.cli.running import leaks, run, sample

_POS_MAK = "2A4C6E80A2C4E608"
_DOUBLE_MAK = "2A4C6E80A2C4E6084F6D8BA9C7E50321"
_BANK_MAK = "6B2D4F91A3C5E7081929384A5B6C7D8E"
_INTERBANK_MAB = (
    "0200 196219991234567890120 010000 000000050000 0618093510 100002 8011 00 0899900000 "
    "0899900000 50010001 999653080110001"
)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    return tmp_path / "mak.hex"


@pytest.mark.parametrize(
    "name",
    ["withdrawal", "withdrawal-response", "balance", "balance-response", "reversal",
     "reversal-response"],
)  # fmt: skip
def test_the_mac_of_every_pos_sample_is_good(name: str, key_file: Path) -> None:
    key_file.write_text(f"{_POS_MAK}\n", encoding="ascii")
    status, out, err = run("mac", "--key-file", str(key_file), sample(name))
    assert (status, err) == (0, "")
    assert out.endswith("good\n")


@pytest.mark.parametrize("name", ["interbank-withdrawal", "interbank-reversal"])
def test_the_mac_of_every_interbank_sample_is_good(name: str, key_file: Path) -> None:
    key_file.write_text(_BANK_MAK, encoding="ascii")
    outcome = run("mac", "--dialect", "interbank", "--key-file", str(key_file), sample(name))
    assert outcome.status == 0
    assert "x9.19" in outcome.out


def test_the_bytes_of_an_interbank_mac_are_the_chosen_elements() -> None:
    reading = read_frame(bytes.fromhex(sample("interbank-withdrawal")), "interbank")
    assert isinstance(reading, Reading)
    assert reading.dialect.mac is not None
    assert message_mab(reading, reading.dialect.mac) == _INTERBANK_MAB.encode()


def test_the_steps_are_explained(key_file: Path) -> None:
    key_file.write_text(_POS_MAK, encoding="ascii")
    outcome = run("mac", "--explain", "--key-file", str(key_file), sample("withdrawal"))
    assert outcome.out.splitlines() == [
        "MAB       258 bytes",
        "RB        CDD8AFB9B6ED8B5F",
        "E1        12BEE04DA441F6B7",
        "T         5088A5099C03C3F1",
        "E2        73BAE89DC3EA03FE",
        "MAC       73BAE89D",
        "computed  73BAE89D  pos-ecb",
        "carried   73BAE89D  field 64",
        "good",
    ]
    assert leaks(outcome) == []


@pytest.mark.parametrize(
    ("algorithm", "key", "mac"),
    [
        ("pos-ecb", _DOUBLE_MAK, "9A6C485D"),
        ("x9.9", _DOUBLE_MAK[:16], "0F619F31"),
        ("x9.19", _DOUBLE_MAK, "2557F24A"),
        ("sm4-ecb", _DOUBLE_MAK, "0974BF05"),
    ],
)
def test_other_algorithms_give_their_published_values(
    algorithm: str, key: str, mac: str, key_file: Path
) -> None:
    key_file.write_text(key, encoding="ascii")
    status, out, _ = run(
        "mac", "--algorithm", algorithm, "--key-file", str(key_file), sample("withdrawal")
    )
    assert status == 1
    assert f"computed  {mac}  {algorithm}\n" in out
    assert out.endswith("wrong\n")


def test_a_changed_message_is_wrong(key_file: Path) -> None:
    key_file.write_text(_POS_MAK, encoding="ascii")
    changed = sample("withdrawal").replace("000000050000", "000000900000", 1)
    status, out, _ = run("mac", "--key-file", str(key_file), changed)
    assert (status, out.splitlines()[-1]) == (1, "wrong")


def test_a_message_without_a_mac_is_said_to_have_none(key_file: Path) -> None:
    key_file.write_text(_POS_MAK, encoding="ascii")
    status, out, err = run("mac", "--key-file", str(key_file), sample("echo"))
    assert (status, out) == (1, "")
    assert err == "jinbao: the 0820 carries no MAC: it has no field 64\n"


def test_a_message_that_cannot_be_read_ends_it(key_file: Path) -> None:
    key_file.write_text(_POS_MAK, encoding="ascii")
    status, _, err = run("mac", "--key-file", str(key_file), sample("withdrawal")[:-2])
    assert status == 1
    assert "cut off" in err


def test_wrong_keys_and_algorithms_are_wrong_usage(key_file: Path) -> None:
    key_file.write_text("6219991234567890", encoding="ascii")
    arguments = ["--key-file", str(key_file), sample("interbank-withdrawal")]
    status, _, err = run("mac", *arguments)
    assert status == 2
    assert "MAK: x9.19 takes a 3des MAK of 16 bytes" in err
    assert "6219" not in err
    assert run("mac", "--algorithm", "no-such", *arguments).status == 2
    assert run("mac", "--key-file", "-", "-", stdin="00").status == 2
