"""A new installation is good at once, and an old one is never touched."""

from __future__ import annotations

import stat
from pathlib import Path

from messages.crypto.keys import Mak, Pik, Tmk, Zmk
from switch.cli.outcome import USAGE
from switch.cli.serving.init import FILES
from switch.config.installation import load
from tests.switch.cli.running import run


def test_a_new_installation_is_good_and_has_the_worked_examples(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "city"
    outcome = run("init", str(folder))
    assert outcome.status == 0
    assert outcome.out.startswith(f"{folder} is ready: jinbao serve -c {folder}\n")
    found = load(folder).configuration
    tmk = Tmk.from_hex("0123456789ABCDEFFEDCBA9876543210")
    assert found.terminals["50010001"].master_key == tmk
    link = found.links["issuer"]
    assert link.zmk == Zmk.from_hex("70F2A84CCBC2AE8625CBB0F2C22AB923")
    assert link.pik == Pik.from_hex("54687A8C9EB0C2D4E6F8091A2B3C4D5E")
    assert link.mak == Mak.from_hex("6B2D4F91A3C5E7081929384A5B6C7D8E")
    assert stat.S_IMODE((folder / "keys").stat().st_mode) == 0o700
    assert run("check", str(folder)).status == 0


def test_what_protects_real_data_differs_in_each_installation(tmp_path: Path) -> None:
    pan = "6219991234567890120"
    for name in ("one", "two"):
        assert run("init", str(tmp_path / name)).status == 0
    one, two = (load(tmp_path / name).configuration.vault for name in ("one", "two"))
    assert one.card_hash(pan) != two.card_hash(pan)
    keys = [(tmp_path / name / "keys" / "master.key").read_text("ascii") for name in ("one", "two")]
    assert keys[0] != keys[1]


def test_an_empty_folder_is_filled_and_another_is_left_alone(tmp_path: Path) -> None:
    assert run("init", str(tmp_path)).status == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {f"{path.name}" for path in before} >= set(FILES)
    again = run("init", str(tmp_path))
    assert (again.status, again.err) == (USAGE, f"jinbao: {tmp_path} is not empty\n")
    assert {path: path.read_bytes() for path in before} == before


def test_a_place_where_no_folder_can_be_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    outcome = run("init", str(tmp_path / "file" / "city"))
    assert outcome.status == USAGE
    assert "Not a directory" in outcome.err
