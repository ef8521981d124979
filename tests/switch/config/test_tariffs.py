"""Sets of tariff files: what is packaged, and everything that can be wrong."""

from __future__ import annotations

import re
import shutil
from importlib import resources
from pathlib import Path

import pytest

from fees.matrix import Options
from switch.config.faults import ConfigurationError
from switch.config.sections.following import Follow
from switch.config.tariffs import PACKAGED, load_tariffs, packaged_names, packaged_tariffs
from tests.fees.tariffs import FILE, case, load

_SPECS = Path(str(resources.files("specs") / "tariffs"))


def _faults(folder: Path, *names: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_tariffs(names, folder)
    return str(caught.value)


def _changed(folder: Path, name: str, old: str, new: str) -> str:
    """Copy a packaged file with one change; return the name to load it by."""
    text = (_SPECS / f"{name}.toml").read_text("utf-8")
    assert old in text
    (folder / f"{name}.toml").write_text(text.replace(old, new, 1), encoding="utf-8")
    return f"./{name}.toml"


def test_every_packaged_file_is_part_of_a_good_set() -> None:
    assert set(packaged_names()) == {*PACKAGED, "at-ceiling"}
    assert packaged_tariffs() is packaged_tariffs()
    both = load_tariffs((*PACKAGED, "at-ceiling"))
    assert both.quote(case(), 50_000).cardholder_fen == 400


def test_options_of_the_installation_replace_those_of_the_matrix(tmp_path: Path) -> None:
    assert load(tmp_path).matrix.options == Options()
    changed = load(tmp_path, {"waiver_scope": "purchase_only", "waiver_urban": False})
    assert changed.matrix.options == Options(waiver_scope="purchase_only", waiver_urban=False)


def test_files_instead_replace_those_of_their_kind_and_leave_the_others(tmp_path: Path) -> None:
    changed = _changed(tmp_path, "national", "rate_ppm = 8_000", "rate_ppm = 1_000")
    own = ("chongqing-2014", changed, "free")
    made = load_tariffs(own, tmp_path, {"in_city": "terminal_and_card"}, ["at-ceiling"])
    # The folder's ceiling (0.1 %, 1 yuan at least) and its reading, the other file's price.
    assert made.quote(case(), 50_000).cardholder_fen == 100
    assert made.matrix.options.in_city == "terminal_and_card"
    back = load_tariffs(own, tmp_path, {}, ["at-ceiling", "national"])
    assert back.quote(case(), 50_000).cardholder_fen == 400
    with pytest.raises(ConfigurationError, match="no tariff file of this name"):
        load_tariffs(own, tmp_path, {}, ["nothing"])


def test_what_a_bank_follows_holds_from_its_day_and_goes_with_the_tariffs_of_banks(
    tmp_path: Path,
) -> None:
    follow = Follow("99910001/2014-07-01", "99910001", 20140701, "at-ceiling")
    both = load_tariffs(PACKAGED, tmp_path, {}, (), (follow,))
    days = {
        day: case(issuer="99910001", acquirer="99910001", day=day) for day in (20140630, 20140701)
    }
    assert [both.quote(each, 50_000).cardholder_fen for each in days.values()] == [0, 400]
    others = case(issuer="99930003", acquirer="99930003", day=20140701)
    assert both.quote(others, 50_000).cardholder_fen == 0
    instead = load_tariffs(PACKAGED, tmp_path, {}, ("free",), (follow,))
    assert instead.quote(days[20140701], 50_000).cardholder_fen == 0
    other_kind = load_tariffs(PACKAGED, tmp_path, {}, ("national",), (follow,))
    assert other_kind.quote(days[20140701], 50_000).cardholder_fen == 400


def test_a_bank_has_its_own_tariff_and_the_others_the_common_one(tmp_path: Path) -> None:
    (tmp_path / "two.toml").write_text(FILE, encoding="utf-8")
    tariffs = load_tariffs((*PACKAGED, "./two.toml"), tmp_path)
    payment = {"transaction": "payment", "side": "on_us"}
    assert tariffs.quote(case(**payment), 10_000).cardholder_fen == 43
    assert tariffs.quote(case(**payment, issuer="99930003"), 10_000).cardholder_fen == 0
    before = case(**payment, day=20091231)
    assert tariffs.quote(before, 10_000).cardholder_fen == 0


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        (
            'side = ["on_us"], city = ["out"]',
            'side = ["on_us"], city = ["in"]',
            "table C: C5 and C6 both cover transaction=withdrawal.*city=in",
        ),
        (
            'transaction = ["inquiry"], channel = ["R", "M"]',
            'transaction = ["inquiry"], channel = ["R"]',
            "table C: nothing covers transaction=inquiry.*channel=M.*and 23 more cases",
        ),
    ],
)
def test_a_table_with_a_hole_or_an_overlap_is_refused_with_the_case(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    name = _changed(tmp_path, "chongqing-2014", old, new)
    assert re.search(f"chongqing-2014.toml: {complaint}", _faults(tmp_path, name, *PACKAGED[1:]))


def test_a_table_that_is_whole_under_one_reading_only_is_refused_under_the_other(
    tmp_path: Path,
) -> None:
    name = _changed(tmp_path, "chongqing-2014", 'not_under = ["I3"]\n', "")
    text = _faults(tmp_path, name, "national", "free")
    assert "table I: I3 and I4 both cover transaction=sale, card=social" in text
    with pytest.raises(ConfigurationError, match="I3 and I4"):
        load_tariffs((name, "national", "free"), tmp_path, {"waiver_urban": False})


_MATRIX, _NATIONAL, _FREE = PACKAGED
_STANDARD = "standard = [{ price"


@pytest.mark.parametrize(
    ("file", "old", "new", "complaint"),
    [
        (_FREE, 'payment = "free"', 'paymemt = "free"', r"free.toml:\d+: .*did you mean payment\?"),
        (_FREE, "2003-01-01", '"soon"', r"bank\[0\].valid_from"),
        (_FREE, 'kind = "bank-tariffs"', 'kind = "prices"', "kind is 'prices', not fee-matrix or"),
        (_FREE, 'kind = "bank-tariffs"', "", "has no kind"),
        (_FREE, "format = 1", "format = 2", "format"),
        (_FREE, "format = 1", "format = ", "free.toml:3: Invalid value"),
        (_FREE, _STANDARD, 'standard = [{ channel = ["R"], price', "by transaction, side and city"),
        (_FREE, _STANDARD, 'standard = [{ city = ["in"], price', "nothing covers .*city=out"),
        (_FREE, '[{ price = "free" }]', "[{ price = { fixed_fen = 1 } }]", "an inquiry moves no"),
        (_NATIONAL, '["5411"', '["5812"', "5812 is in catering and in daily_life"),
        (_NATIONAL, 'categories = ["5411", "5541"]', "", "2 classes without categories"),
        (_NATIONAL, "2014-09-10", "2007-02-01", "is there already"),
        (_MATRIX, '"issuer.remittance"', '"issuer.remitance"', "no price issuer.remitance"),
        (_MATRIX, 'payee = "acquirer"', 'payee = "aquirer"', "should be one of cardholder"),
    ],
)
def test_what_is_wrong_is_told_with_file_and_key(
    tmp_path: Path, file: str, old: str, new: str, complaint: str
) -> None:
    changed = _changed(tmp_path, file, old, new)
    names = [changed if name == file else name for name in PACKAGED]
    assert re.search(complaint, _faults(tmp_path, *names))


def test_a_set_has_one_matrix_and_one_list_of_national_prices(tmp_path: Path) -> None:
    text = _faults(tmp_path, "free")
    assert "0 files of kind fee-matrix, not one" in text
    assert "0 files of kind national-prices, not one" in text
    shutil.copy(_SPECS / "national.toml", tmp_path / "mine.toml")
    assert "2 files of kind national-prices" in _faults(tmp_path, *PACKAGED, "./mine.toml")


def test_two_tariffs_of_a_bank_from_one_day_are_refused(tmp_path: Path) -> None:
    shutil.copy(_SPECS / "free.toml", tmp_path / "mine.toml")
    text = _faults(tmp_path, *PACKAGED, "./mine.toml")
    assert re.search(r"mine.toml:\d+: bank\[0\].valid_from: \* has a tariff from 2003-01-01", text)


def test_a_name_that_is_no_file_is_refused_with_those_there_are(tmp_path: Path) -> None:
    text = _faults(tmp_path, *PACKAGED, "nothing", "./none.toml")
    assert "nothing: no tariff file of this name; there are at-ceiling, chongqing-2014" in text
    assert "none.toml: cannot be read: FileNotFoundError" in text
