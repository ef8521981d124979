"""Institutions, cards and terminals in the registry, by the verbs that a person uses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from switch.cli.outcome import USAGE
from switch.config.faults import ConfigurationError
from switch.config.installation import KEYS
from switch.config.keystore import KeyStore
from switch.config.sections.rows import SECTIONS
from tests.switch.cli.registering.bringing import FIRST, change, registry
from tests.switch.cli.running import run
from tests.switch.config import folders
from tests.switch.config.registry.making import bring_in, history, installed
from tests.switch.config.sections.moving import empty, rows_of

_CARD = "6219990000000007775"
_TERMINALS = "id,merchant,acquirer,category,place\n"
_RANGES = "prefix,length,issuer,social,debit\n"


@pytest.fixture
def moved(folder: Path) -> Path:
    """Return a folder whose registry has all that its files had."""
    rows = rows_of(folder)
    for kind in SECTIONS:
        empty(folder, kind)
    bring_in(folder, rows)
    return folder


def _terminals(path: Path, wrong: Mapping[int, str]) -> Path:
    rows = (
        f"{number:08},{number:015},{wrong.get(number, '99900000')},8011,VILLAGE {number}\n"
        for number in range(10_000)
    )
    path.write_text(_TERMINALS + "".join(rows), "utf-8")
    return path


def test_one_wrong_terminal_of_10_000_refuses_all_of_them(moved: Path, tmp_path: Path) -> None:
    numbers = [f"{number:08}" for number in range(10_000)]
    KeyStore.open(moved / KEYS).put("terminals", dict.fromkeys(numbers, bytes(range(16))))
    before = history(moved).changes
    path = _terminals(tmp_path / "terminal.csv", {4_321: "99999999"})
    outcome = change(moved, "import", str(path))
    assert outcome.status == USAGE
    assert outcome.err.splitlines() == [
        "jinbao: refused, and nothing is changed",
        f"{path}:4323: terminal.00004321.acquirer: no acquirer 99999999 in the registry",
    ]
    assert history(moved).changes == before


def test_one_wrong_range_of_10_000_refuses_all_of_them(moved: Path, tmp_path: Path) -> None:
    before = history(moved).changes
    path = tmp_path / "range.csv"
    rows = [f"70{number:04},19,99930000,false,true\n" for number in range(10_000)]
    rows[77] = rows[77].replace("99930000", "99999999")
    path.write_text(_RANGES + "".join(rows), "utf-8")
    outcome = change(moved, "import", str(path))
    assert outcome.status == USAGE
    told = f"{path}:79: range.700077/19.issuer: no issuer 99999999 in the registry"
    assert outcome.err.splitlines()[1:] == [told]
    assert history(moved).changes == before


@pytest.mark.parametrize("kind", SECTIONS)
@pytest.mark.parametrize("option", [(), ("--toml",)])
def test_what_is_exported_is_imported_again_without_a_change(
    moved: Path, tmp_path: Path, option: tuple[str, ...], kind: str
) -> None:
    path = tmp_path / (f"{kind}.toml" if option else f"{kind}.csv")
    path.write_text(registry(moved, "export", kind, *option).out, "utf-8")
    assert path.read_text("utf-8").count("\n") > 1
    assert change(moved, "import", str(path)).out.startswith("nothing changes")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("remove", "issuer", "99930000"), "no issuer 99930000 in the registry"),
        (("remove", "group", "first"), "no group first in the registry"),
        (("set", "issuer", "id=99930000", "name=n", "links=none"), "no link none in banks.toml"),
        (("set", "range", "prefix=70", "length=19", "issuer=99939999", "social=true", "debit=true"),
         "range.70/19.issuer: no issuer 99939999"),
        (("set", "terminal", "id=50010009", "merchant=999653080110009", "acquirer=99900000",
          "category=8011", "place=X", "transactions=dance"), "dance is no transaction"),
        (("set", "acquirer", "id=99910000", "name=n", "group=second", "access=bank",
          "alternate=bank"), "acquirer.99910000.alternate: is the access itself"),
        (("set", "issuer", "id=99980000", "name=n", "links=outside"),
         "social.id: 99980000 is an issuer too"),
    ],
)  # fmt: skip
def test_what_would_break_a_file_or_another_row_changes_nothing(
    moved: Path, arguments: tuple[str, ...], told: str
) -> None:
    before = history(moved).changes
    outcome = change(moved, *arguments)
    assert outcome.status == USAGE
    assert told in outcome.err
    assert history(moved).changes == before


def test_a_kind_that_stands_in_its_file_is_not_imported_beside_it(
    folder: Path, tmp_path: Path
) -> None:
    path = tmp_path / "terminal.csv"
    path.write_text(_TERMINALS + "59990001,999653080110009,99900000,8011,VILLAGE\n", "utf-8")
    outcome = change(folder, "import", str(path))
    assert outcome.status == USAGE
    assert "terminals.toml:4: terminal[0]: this kind is in the registry" in outcome.err
    assert not registry(folder, "show").out


def test_a_mistake_in_a_file_does_not_stop_the_change_that_mends_it(moved: Path) -> None:
    folders.change(moved, "banks", 'name = "outside"', 'name = "beyond"')
    fields = ("id=99930000", "name=Bank of another city", "in_city=false")
    refused = change(moved, "set", "issuer", *fields, "links=outside", "group=first")
    assert "no link outside" in refused.err
    assert change(moved, "set", "issuer", *fields, "links=beyond").status == 0


def test_a_settlement_card_comes_from_a_file_and_its_number_is_not_kept(
    moved: Path, tmp_path: Path
) -> None:
    fields = ("id=50010001", "merchant=999653080110001", "acquirer=99900000", "category=8011")
    told = change(moved, "set", "terminal", *fields, "place=X", f"settlement_card={_CARD}")
    assert (told.status, "comes from a file" in told.err) == (USAGE, True)
    path = tmp_path / "terminal.csv"
    path.write_text(
        "id,merchant,acquirer,category,place,settlement_card\n"
        f"50010001,999653080110001,99900000,8011,X,{_CARD}\n",
        "utf-8",
    )
    assert change(moved, "import", str(path)).status == 0
    assert _CARD not in str(history(moved).changes)
    shown = registry(moved, "show", "terminal").out + registry(moved, "show", "--history").out
    assert _CARD not in shown
    assert "621999*********7775/" in shown
    configuration = installed(moved).configuration
    terminal = configuration.terminals["50010001"]
    assert terminal.settlement_card == configuration.vault.card_hash(_CARD)
    assert change(moved, "import", str(path)).out.startswith("nothing changes")


def test_every_change_of_a_terminal_is_kept_with_who_and_why(moved: Path) -> None:
    fields = ("id=50010001", "merchant=999653080110001", "acquirer=99900000", "category=8011")
    assert change(moved, "set", "terminal", *fields, "place=A", "key_check=08D7B4FB").status == 0
    assert change(moved, "set", "terminal", *fields, "place=B", "dialect=pos").status == 0
    assert installed(moved).configuration.terminals["50010001"].only_dialect == 0
    history = registry(moved, "show", "terminal", "--history").out.splitlines()
    last = json.loads(history[-1])
    assert (last["number"], last["by"], last["why"]) == (3, "wang", "test")
    assert last["rows"]["terminal"][0]["dialect"] == "pos"


def test_a_terminal_gets_its_key_and_is_registered_with_its_check_value(moved: Path) -> None:
    fields = ("id=59990001", "merchant=999653080110009", "acquirer=99900000", "category=8011")
    refused = change(moved, "set", "terminal", *fields, "place=A")
    assert (refused.status, "`jinbao keys terminal new` makes one" in refused.err) == (USAGE, True)
    made = run("keys", "terminal", "new", "59990001", "-c", str(moved))
    assert (made.status, "59990001 is not registered yet" in made.err) == (0, True)
    kcv = made.out.split()[-1]
    wrong = change(moved, "set", "terminal", *fields, "place=A", "key_check=00000000")
    assert f"is 00000000, and the key in keys/terminals.toml has {kcv}" in wrong.err
    assert change(moved, "set", "terminal", *fields, "place=A", f"key_check={kcv}").status == 0
    assert "59990001" in installed(moved).configuration.terminals


def test_a_recorded_key_is_changed_with_who_and_why(moved: Path) -> None:
    assert change(moved, "set", "terminal", "id=50010001", "key_check=08d7b4fb").status == 0
    again = ("keys", "terminal", "new", "50010001", "--force", "-c", str(moved))
    refused = run(*again)
    assert (refused.status, "--by and --why" in refused.err) == (USAGE, True)
    assert installed(moved).configuration.terminals
    made = run(*again, "--by", "li", "--why", "stolen")
    assert made.status == 0, made.err
    kcv = made.out.splitlines()[0].split()[-1]
    terminal = installed(moved).configuration.terminals["50010001"]
    assert terminal.master_key.kcv().hex().upper() == kcv != "08D7B4FB"
    last = json.loads(registry(moved, "show", "--history").out.splitlines()[-1])
    assert (last["by"], last["why"]) == ("li", "stolen")
    assert last["rows"]["terminal"][0]["key_check"] == kcv


def test_what_is_taken_is_what_a_load_takes(moved: Path) -> None:
    day = ("id=99900000", "other_cards_from=2014-12-01")
    assert change(moved, "set", "acquirer", *day).status == 0
    refused = change(moved, "import", str(FIRST))
    told = "acquirer.99900000.other_cards_from: the registry says this here"
    assert (refused.status, told in refused.err) == (USAGE, True)
    assert change(moved, "set", "acquirer", "id=99900000", "other_cards_from=").status == 0
    assert change(moved, "import", str(FIRST)).status == 0
    refused = change(moved, "set", "acquirer", *day)
    assert (refused.status, told in refused.err) == (USAGE, True)
    assert installed(moved).configuration.registry is not None


def test_while_a_kind_stands_twice_only_adopt_goes_on(moved: Path) -> None:
    text = 'format = 1\n[[terminal]]\nid = "50010001"\nmerchant = "999653080110001"\n'
    text += 'acquirer = "99900000"\ncategory = "8011"\nplace = "X"\n'
    (moved / "terminals.toml").write_text(text, "utf-8")
    refused = change(moved, "remove", "terminal", "50010003")
    assert (refused.status, "this kind is in the registry" in refused.err) == (USAGE, True)
    assert change(moved, "set", "group", "id=third", "name=x").status == USAGE


def test_a_kind_is_the_registrys_for_good(moved: Path) -> None:
    for key in ("621999/19", "621999000000001/19", "621999000000002/19"):
        assert change(moved, "remove", "range", key).status == 0
    assert not installed(moved).configuration.card_ranges
    defaults = FIRST.with_name("cards.toml").read_text("utf-8")
    (moved / "cards.toml").write_text(defaults, "utf-8")
    with pytest.raises(ConfigurationError, match="this kind is in the registry"):
        installed(moved)


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("group", (f"id={_CARD}", "name=x")),
        ("issuer", ("id=99930000", f"links={_CARD}")),
        ("acquirer", ("id=99900000", f"group={_CARD}")),
        ("terminal", ("id=50010001", f"dialect={_CARD}")),
        ("terminal", ("id=50010001", f"transactions={_CARD}")),
        ("tariff", ("institution=99900000", "from_day=2014-07-01", f"file={_CARD}")),
        ("range", ("prefix=621999000000000777", "length=19", "issuer=99900000", "social=true",
                   "debit=true")),
        ("terminal", ("id=50010001", "settlement_card=621999*********7775/" + 32 * "0")),
        ("terminal", ("id=50010001", "settlement_card=621999*7775/" + 32 * "0")),
    ],
)  # fmt: skip
def test_no_field_keeps_or_tells_a_whole_card_number(
    moved: Path, kind: str, fields: tuple[str, ...]
) -> None:
    before = history(moved).changes
    outcome = change(moved, "set", kind, *fields)
    assert outcome.status == USAGE
    assert _CARD not in outcome.out + outcome.err
    assert history(moved).changes == before


def test_rows_are_shown_as_they_were_recorded_on_a_day(folder: Path) -> None:
    for day, place in (("2014-06-17", "A"), ("2014-06-19", "B")):
        row = rows_of(folder)["terminal"][0].model_copy(update={"place": place})
        bring_in(folder, {"terminal": [row]}, (f"{day}T23:59:59+08:00", "wang", "test"))
    places = {"2014-06-16": [], "2014-06-17": ["A"], "2014-06-18": ["A"], "2014-06-19": ["B"]}
    for day, told in places.items():
        shown = registry(folder, "show", "terminal", "--on", day).out.splitlines()
        assert [json.loads(line)["place"] for line in shown] == told
    history = registry(folder, "show", "--history", "--on", "2014-06-18").out.splitlines()
    assert len(history) == 1
    row = rows_of(folder)["terminal"][0].model_copy(update={"place": "C"})
    bring_in(folder, {"terminal": [row]}, ("2014-06-18T00:00:00+08:00", "wang", "clock set back"))
    told_until = registry(folder, "show", "terminal", "--history", "--on", "2014-06-18").out
    assert len(told_until.splitlines()) == 3
    for mistaken in ("tomorrow", "2014-02-30", "20140618"):
        outcome = registry(folder, "show", "--on", mistaken)
        assert (outcome.status, "a day like 2014-06-18" in outcome.err) == (USAGE, True)


def test_an_institution_follows_a_tariff_from_a_day_on(folder: Path, tmp_path: Path) -> None:
    fields = ("institution=99910000", "from_day=2014-07-01", "file=at-ceiling")
    assert change(folder, "set", "tariff", *fields).status == 0
    configuration = installed(folder).configuration
    assert configuration.registry is None
    fees = {
        day: run(
            "fees", "quote", "withdrawal", "500", "--side", "off_us", "--issuer", "99910000",
            "--acquirer", "99910000", "--day", day, "-c", str(folder), "--json",
        )
        for day in ("20140630", "20140701")
    }  # fmt: skip
    assert [json.loads(each.out)["cardholder_fen"] for each in fees.values()] == [0, 400]
    path = tmp_path / "tariff.csv"
    path.write_text(
        "institution,from_day,file\n"
        "99910000,2015-01-01,free\n99999999,2015-01-01,free\n99900000,2015-01-01,nothing\n"
        "99900000,2016-01-01,national\n99900000,2002-01-01,free\n",
        "utf-8",
    )
    outcome = change(folder, "import", str(path))
    assert outcome.status == USAGE
    told = [
        "3: tariff.99999999/2015-01-01.institution: no institution in banks.toml is 99999999",
        "4: tariff.99900000/2015-01-01.file: nothing: no tariff file of this name",
        "5: tariff.99900000/2016-01-01.file: national is of kind 'national-prices'",
    ]
    for line, expected in zip(outcome.err.splitlines()[1:], told, strict=True):
        assert line.startswith(f"{path}:{expected}")
    assert len(registry(folder, "show", "tariff").out.splitlines()) == 1
    early = ("institution=99910000", "from_day=2002-01-01", "file=free")
    refused = change(folder, "set", "tariff", *early)
    assert "free has no tariff of 99910000 on 20020101" in refused.err


def test_fields_that_are_not_given_stay_as_the_row_has_them(moved: Path) -> None:
    (before,) = registry(moved, "show", "issuer").out.splitlines()[2:]
    fields = ("id=99930000", "name=Another")
    assert change(moved, "set", "issuer", *fields).status == 0
    (after,) = registry(moved, "show", "issuer").out.splitlines()[2:]
    assert json.loads(after) == json.loads(before) | {"name": "Another"}
    assert json.loads(after)["in_city"] is False
    assert change(moved, "set", "acquirer", "id=99900000", "alternate=").status == 0
    assert installed(moved).configuration.acquirers["99900000"].alternate is None
    whole = ("--whole", "id=99930000", "name=Whole", "links=outside")
    assert change(moved, "set", "issuer", *whole).status == 0
    (after,) = registry(moved, "show", "issuer").out.splitlines()[2:]
    assert json.loads(after)["in_city"] is True
