"""What a switch leaves on its disk, byte by byte: no card data, no keys, killed or not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.serving import until
from simulators.cards import FIRST_PAN, Card
from simulators.issuer import Temper
from switch.config.installation import TEST_MAKS, TEST_PIK
from switch.core.transaction import State
from tests.scenarios.town import FRAMES, Town, call, play, town

_CRYPTOGRAM = "A1B2C3D4E5F60718"
_SECRETS = {
    "the card number": FIRST_PAN,
    "its hidden digits": FIRST_PAN[6:-4],
    "track 2": Card().track_2.split("=")[1],
    "the clear PIN block": "06122662A9876FED",
    "the PIN block": "04F16B5C9021D1EA",
    "the cryptogram": _CRYPTOGRAM,
    "the master key": "0123456789ABCDEFFEDCBA9876543210",
    "the PIN key": TEST_PIK,
    "the MAC key": TEST_MAKS[8],
}


def _forms(secret: str) -> Iterator[bytes]:
    """Yield how a secret could stand in a file: as text, as packed digits, as hex."""
    yield secret.encode()
    yield secret.lower().encode()
    for skipped in (0, 1):
        digits = secret[skipped:]
        yield bytes.fromhex(digits[: len(digits) // 2 * 2])
    yield secret.encode().hex().encode()
    yield secret.encode().hex().upper().encode()


def _left_in(folder: Path) -> list[str]:
    """Return the secrets that files hold, with the file."""
    found = []
    for file in sorted(folder.rglob("*")):
        held = file.read_bytes() if file.is_file() else b""
        found += [
            f"{file.name}: {name}"
            for name, secret in _SECRETS.items()
            if any(form in held for form in _forms(secret))
        ]
    return found


async def _kill_with_a_request_at_the_bank(here: Town) -> None:
    """Sign on, be refused twice, and end in the middle of a withdrawal."""
    caller = await call(here)
    assert (await caller.ask(FRAMES["sign-on"])).get(39) == "00"
    forged = FRAMES["withdrawal"][:-1] + b"0"
    assert (await caller.ask(forged)).get(39) == "A0"
    broken = await call(here)
    broken.write(FRAMES["withdrawal"][:-9] + b"!" * 40)
    here.bank.temper = lambda heard: Temper(answers=int(heard.mti != "0200"))
    caller.write(FRAMES["withdrawal"])
    await until(lambda: bool(here.bank.heard("0200")), 20)
    here.switch.kill()
    caller.close()
    broken.close()


def test_no_file_of_a_killed_and_restarted_switch_holds_card_data_or_keys(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30") as here:
            await _kill_with_a_request_at_the_bank(here)
            assert _left_in(here.folder) == []
            await here.start("2014-06-18T09:40")
            (row,) = await here.rows(lambda rows: [r.state for r in rows] == [State.REVERSED])
            assert row.record.amount_fen
            # There was something to keep: the number is needed again after the kill.
            (request,) = here.bank.heard("0200")
            (reversal, *_) = here.bank.heard("0420")
            assert request.get(2) == reversal.get(2) == FIRST_PAN
            assert _left_in(here.folder) == []

    play(scenario())


@pytest.mark.parametrize("form", range(6))
@pytest.mark.parametrize("name", _SECRETS)
def test_a_secret_is_found_in_any_form(name: str, form: int, tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "wal").write_bytes(b"\0x" + list(_forms(_SECRETS[name]))[form] + b"y\0")
    assert f"wal: {name}" in _left_in(tmp_path)
