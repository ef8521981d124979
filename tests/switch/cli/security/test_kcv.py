"""The verb that gives a check value."""

from __future__ import annotations

import pytest

from tests.switch.cli.running import run

_TMK = "0123456789ABCDEFFEDCBA9876543210"


@pytest.mark.parametrize(
    ("key", "kcv"),
    [
        (_TMK, "08D7B4FB"),
        ("1A2C3E4F5D6E7F8091A2B3C4D5E6F708", "5A5DE06A"),
        ("2A4C 6E80 A2C4 E608", "B3EBCBBD"),
        ("3b5d7f91b3d5f71929384a5b6d7c8f9e", "35AF68FD"),
    ],
)
def test_published_check_values_are_given(key: str, kcv: str) -> None:
    status, out, err = run("kcv", "--key-file", "-", stdin=key)
    assert (status, err) == (0, "")
    assert out == f"{kcv}  3des, {len(key.replace(' ', '')) // 2} bytes\n"


def test_an_sm4_key_has_another_check_value() -> None:
    status, out, _ = run("kcv", "--sm4", "--key-file", "-", stdin=_TMK)
    assert status == 0
    assert not out.startswith("08D7B4FB")
    assert "sm4, 16 bytes" in out
