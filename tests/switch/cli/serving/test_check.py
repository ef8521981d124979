"""What a check says of a good and of a bad folder."""

from __future__ import annotations

import json
from pathlib import Path

from switch.cli.outcome import USAGE
from tests.switch.cli.running import run
from tests.switch.config import folders


def test_a_good_folder_is_summed_up_and_test_keys_are_told(folder: Path) -> None:
    outcome = run("check", str(folder))
    assert outcome.status == 0
    assert outcome.out == (
        "good\n"
        "terminals    6, 6 merchants, dialects pos, composite\n"
        "acquirers    99900000, 99910000\n"
        "issuers      99910000, 99900000, 99930000, dialect interbank\n"
        "groups       first, second\n"
        "links        issuer (bank) at 127.0.0.1:1, issuer-jinbao (jinbao) at 127.0.0.1:1, "
        "first (bank) at 127.0.0.1:1, first-jinbao (jinbao) at 127.0.0.1:1, "
        "outside (bank) at 127.0.0.1:1, social (jinbao) at 127.0.0.1:1, "
        "products (bank) at 127.0.0.1:1\n"
        "clearing     direct: the switch is the centre\n"
        "social host  99980000 Social security\n"
        "product host 99970000 Products\n"
        "card ranges  3, 3 of social-security cards\n"
        "cap          1000 yuan from 20110101 (银发〔2011〕177号), "
        "2000 yuan from 20140910 (银发〔2014〕235号), "
        "remittance 2000 yuan from 20140910 (银发〔2014〕235号)\n"
        "listening    127.0.0.1:0 (jinbao), 127.0.0.1:0 (bank)\n"
        f"ledger       {folder}/state/ledger.sqlite\n"
    )
    assert "test_keys is on" in outcome.err


def test_as_json_every_dialect_of_the_folder_is_named(folder: Path) -> None:
    told = json.loads(run("check", str(folder), "--json").out)
    assert told["dialects"] == {"terminals": ["pos", "composite"], "issuers": "interbank"}


def test_without_caps_and_banks_the_summary_says_what_that_means(folder: Path) -> None:
    for name in ("caps", "terminals", "cards", "banks"):
        (folder / f"{name}.toml").write_text("format = 1\n", "utf-8")
    folders.change(folder, "jinbao", "test_keys = true", "test_keys = false")
    outcome = run("check", str(folder))
    assert "cap          none: every withdrawal is refused\n" in outcome.out
    assert "links        none\n" in outcome.out
    assert outcome.err == ""


def test_every_fault_of_a_bad_folder_is_told_with_status_2(folder: Path) -> None:
    folders.change(folder, "caps", "limit_fen = 100000", "limit_fen = -1")
    folders.change(folder, "cards", "length = 19", "length = 20")
    outcome = run("check", str(folder))
    assert (outcome.status, outcome.out) == (USAGE, "")
    assert f"{folder}/caps.toml:7: cap[0].limit_fen: " in outcome.err
    assert f"{folder}/cards.toml:6: range[0].length: " in outcome.err
