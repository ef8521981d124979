"""The verb that unwraps the keys of a sign-on."""

from __future__ import annotations

from pathlib import Path

import pytest

from messages.crypto.keys import Mak, Pik, Tdk, Tmk, wrap_field_62
from tests.switch.cli.running import leaks, run

_FIELD_62 = (
    "EBDE39982D454516B175E781A8F636965A5DE06A"
    "B3A04961AD5B8E130000000000000000B3EBCBBD"
)  # fmt: skip
_TMK = "0123456789ABCDEFFEDCBA9876543210"
_PIK = "1A2C3E4F5D6E7F8091A2B3C4D5E6F708"


@pytest.fixture
def tmk(tmp_path: Path) -> str:
    (tmp_path / "tmk").write_text(_TMK, encoding="ascii")
    return str(tmp_path / "tmk")


def test_good_keys_are_shown_by_their_check_values(tmk: str) -> None:
    outcome = run("keys", "unwrap", "--key-file", tmk, _FIELD_62)
    assert outcome == (
        0,
        "good  PIK  16 bytes  check value 5A5DE06A\ngood  MAK   8 bytes  check value B3EBCBBD\n",
        "",
    )
    assert leaks(outcome) == []


def test_the_keys_themselves_are_shown_only_if_that_is_asked_for(tmk: str) -> None:
    assert _PIK in run("keys", "unwrap", "--reveal", "--key-file", tmk, _FIELD_62).out
    assert _PIK not in run("keys", "unwrap", "--key-file", tmk, _FIELD_62).out


def test_a_damaged_key_is_told_from_a_good_one(tmk: str) -> None:
    status, out, err = run("keys", "unwrap", "--key-file", tmk, _FIELD_62[:-1] + "E")
    assert (status, out) == (1, "good  PIK\nbad   MAK\n")
    assert err == "jinbao: the check value differs for MAK\n"


def test_a_wrong_tmk_makes_every_key_bad_and_reveals_none(tmp_path: Path) -> None:
    (tmp_path / "tmk").write_text(_PIK, encoding="ascii")
    content = wrap_field_62(
        Tmk.from_hex(_TMK), Pik.from_hex(_PIK), Mak.from_hex(_PIK), Tdk.from_hex(_PIK)
    )
    key_file = ("--key-file", str(tmp_path / "tmk"))
    status, out, _ = run("keys", "unwrap", "--reveal", *key_file, content.hex())
    assert (status, out) == (1, "bad   PIK\nbad   MAK\nbad   TDK\n")


@pytest.mark.parametrize("content", ["00", "zz", "000"])
def test_what_is_no_field_62_is_bad(content: str, tmk: str) -> None:
    status, out, err = run("keys", "unwrap", "--key-file", tmk, content)
    assert (status, out) == (1, "")
    assert "field 62" in err
