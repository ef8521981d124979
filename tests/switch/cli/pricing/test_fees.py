"""`jinbao fees`: quotes and tables, from packaged files, from files at hand, from installations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.fees.tariffs import FILE
from tests.switch.cli.running import run
from tests.switch.config import folders

_WITHDRAWAL = ("fees", "quote", "withdrawal", "500.00", "--day", "20140620")


def test_a_quote_shows_every_leg_with_its_row_and_clause() -> None:
    status, out, _ = run(*_WITHDRAWAL, "--tariff", "at-ceiling")
    assert status == 0
    assert "The cardholder pays 4.00 yuan." in out
    assert "C7" in out
    assert "四(四)3(3)" in out


def test_a_quote_as_json_has_its_case_legs_and_rows() -> None:
    status, out, _ = run(*_WITHDRAWAL, "--tariff", "at-ceiling", "--public-welfare", "--json")
    assert status == 0
    told = json.loads(out)
    assert told["case"] == {
        "transaction": "withdrawal", "card": "social", "side": "off_us", "city": "in",
        "channel": "R", "institution": "W", "category": "8011", "day": 20140620,
        "issuer": "*", "acquirer": "*",
    }  # fmt: skip
    assert (told["amount_fen"], told["cardholder_fen"], told["refused"]) == (50_000, 400, False)
    assert [rule["id"] for rule in told["rules"]] == ["C7", "I3"]
    assert told["legs"][0] == {
        "payer": "cardholder", "payee": "issuer", "amount_fen": 400, "rule": "C7",
        "clause": "四(四)3(3)",
    }  # fmt: skip


def test_what_the_tables_refuse_is_told_with_status_1() -> None:
    status, out, _ = run(*_WITHDRAWAL, "--channel", "M")
    assert status == 1
    assert "refused with 57" in out
    assert "C8" in out


def test_a_missing_price_is_told_with_status_2(tmp_path: Path) -> None:
    (tmp_path / "two.toml").write_text(FILE, encoding="utf-8")
    status, out, err = run(*_WITHDRAWAL, "--tariff", str(tmp_path / "two.toml"))
    assert (status, out) == (2, "")
    assert err == "jinbao: a price is missing: C7: no tariff of bank * on 20140620\n"


def test_a_file_at_hand_is_read_with_or_without_a_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "two.toml").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    banks = ("--issuer", "99910001", "--acquirer", "99920002")
    for name in ("two.toml", "./two.toml"):
        status, out, _ = run(*_WITHDRAWAL, "--tariff", name, *banks)
        assert status == 0
        assert "The cardholder pays 3.59 yuan." in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("withdrawall", "5"), "no transaction 'withdrawall'; there are social_service, sale"),
        (("void", "5"), "a void gives back what its original took: quote the original"),
        (("sale", "5.1"), "5.1: an amount is written like 500.00"),
        (("sale", "--", "-5"), "-5: an amount is not negative"),
        (("sale", "5", "--channel", "X"), "no channel 'X'; there are R, U, M"),
        (("sale", "5", "--card", "X"), "no card 'X'; there are social, debit, credit"),
        (("sale", "5", "--terminal", "50010001"), "--terminal needs -c DIR"),
        (("sale", "5", "--tariff", "none"), "none: no tariff file of this name"),
    ],
)
def test_wrong_usage_is_told_in_a_sentence(arguments: tuple[str, ...], complaint: str) -> None:
    status, out, err = run("fees", "quote", "--day", "20140620", *arguments)
    assert (status, out) == (2, "")
    assert complaint in err


def test_a_day_that_is_none_is_refused() -> None:
    status, _, err = run("fees", "quote", "sale", "5", "--day", "140620")
    assert status == 2
    assert "140620: a day is YYYYMMDD" in err


def test_a_terminal_of_an_installation_says_where_it_stands(tmp_path: Path) -> None:
    folder = str(folders.make(tmp_path))
    place = ("-c", folder, "--terminal", "50010001", "--json")
    status, out, _ = run(*_WITHDRAWAL, *place, "--issuer", "99910000")
    assert status == 0
    assert json.loads(out)["case"] == {
        "transaction": "withdrawal", "card": "social", "side": "off_us", "city": "in",
        "channel": "R", "institution": "W", "category": "8011", "day": 20140620,
        "issuer": "99910000", "acquirer": "99900000",
    }  # fmt: skip
    _, out, _ = run(*_WITHDRAWAL, *place, "--issuer", "99900000")
    assert json.loads(out)["case"]["side"] == "on_us"
    status, _, err = run(*_WITHDRAWAL, "-c", folder, "--terminal", "1")
    assert (status, err) == (2, "jinbao: no terminal 1 in this installation\n")
    status, _, err = run(*_WITHDRAWAL, "-c", folder, "--tariff", "free")
    assert (status, err) == (2, "jinbao: give -c or --tariff, not both\n")


def test_the_matrix_shows_both_tables_in_both_languages() -> None:
    status, out, _ = run("fees", "matrix")
    assert status == 0
    for told in ("持卡人收费", "机构间分润", "四(四)3(5)", "not under I3", "waiver_urban = true"):
        assert told in out


def test_the_matrix_as_json_has_every_row() -> None:
    status, out, _ = run("fees", "matrix", "--json")
    assert status == 0
    told = json.loads(out)
    assert [row["id"] for row in told["cardholder"]] == [f"C{n}" for n in range(1, 13)]
    assert [row["id"] for row in told["interbank"]] == [f"I{n}" for n in range(1, 14)]
    assert told["options"] == {
        "waiver_scope": "all", "waiver_urban": True, "in_city": "terminal",
    }  # fmt: skip
    fifth = told["cardholder"][4]
    assert fifth["boxes"] == [
        {
            "option": {},
            "values": {
                "transaction": ["withdrawal"], "side": ["on_us"], "city": ["in"], "channel": ["R"],
            },
        }
    ]  # fmt: skip


def test_an_installation_shows_its_own_tables(tmp_path: Path) -> None:
    folder = folders.make(tmp_path)
    folders.change(folder, "jinbao", "# waiver_urban = true ", "waiver_urban = false ")
    status, out, _ = run("fees", "matrix", "-c", str(folder), "--json")
    assert status == 0
    assert json.loads(out)["options"]["waiver_urban"] is False
