"""`jinbao registry can`: yes or no, with stage, day and clause, in the words of the notice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.registering.bringing import begun, change, registry
from tests.switch.config import folders

_CARD = "6219991234567890120"
_ONLY_SOCIAL = "no: only social-security cards are taken here"
_NO_POINT = "no: the merchant is no service point that takes part, stage initial"


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("50010001", "rural_withdrawal", "social", "--on", "2014-06-18"),
         "yes, stage initial, from 20140617, 四(二)"),
        (("50010001", "rural_withdrawal", _CARD[:8], "--on", "2014-06-18"),
         "yes, stage initial, from 20140617, 四(二)"),
        (("50010001", "rural_withdrawal", "social", "--on", "2014-06-16"),
         f"{_NO_POINT}, from 20140617, 四(三)1"),
        (("50010001", "rural_withdrawal", "other", "--on", "2014-06-18"),
         f"{_ONLY_SOCIAL}, stage other-cards, from 20141201, 四(四)2"),
        (("50010001", "rural_withdrawal", "other", "--on", "2014-12-01"),
         "yes, stage other-cards, from 20141201, 四(四)2"),
        (("50010002", "rural_withdrawal", "other", "--on", "2014-12-01"),
         f"{_ONLY_SOCIAL}, stage other-cards, no day is recorded, 四(四)2"),
        (("50010001", "transfer", "social", "--on", "2014-06-18"),
         "no: the stage is not open here, stage transfer, no day is recorded, 四(二)"),
        (("50010001", "social_payment", "other", "--on", "2014-06-18"),
         f"{_ONLY_SOCIAL}, no stage opens this, 四(四)2"),
        (("50010001", "cash_withdrawal", "social", "--on", "20140618"),
         "no: the stage is not open here, no stage opens this, 四(二)"),
        (("50010003", "rural_withdrawal", "social", "--on", "2014-06-18"),
         f"{_NO_POINT}, no day is recorded, 四(三)1"),
    ],
)  # fmt: skip
def test_a_question_is_answered_with_stage_day_and_clause(
    folder: Path, asked: tuple[str, ...], told: str
) -> None:
    begun(folder)
    outcome = registry(folder, "can", *asked)
    assert outcome.out.strip() == told
    assert outcome.status == (0 if told.startswith("yes") else BAD)


def test_a_program_is_told_what_a_terminal_would_be(folder: Path) -> None:
    begun(folder)
    asked = ("50010001", "transfer", "social", "--on", "2014-06-18", "--json")
    told = json.loads(registry(folder, "can", *asked).out)
    assert told["reason"] == "service_not_open"
    assert (told["may"], told["stage"], told["from"]) == (False, "transfer", None)


def test_an_opening_lets_a_stage_begin(folder: Path) -> None:
    begun(folder)
    opening = ("stage=transfer", "scope=district:test-district", "from_day=2014-07-01")
    assert change(folder, "set", "opening", *opening, "approval=A-1").status == 0
    asked = ("50010001", "transfer", "social", "--on")
    assert "from 20140701" in registry(folder, "can", *asked, "2014-06-30").out
    assert registry(folder, "can", *asked, "2014-07-01").status == 0


def test_what_the_file_of_terminals_leaves_out_is_refused_there(folder: Path) -> None:
    begun(folder)
    folders.change(folder, "terminals", "# transactions", "transactions")
    asked = ("50010001", "bill_payment", "social", "--on", "2014-06-18")
    outcome = registry(folder, "can", *asked)
    assert outcome.status == BAD
    assert "own `transactions` do not name it" in outcome.out


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("59999999", "sale", "social"), "there is no terminal 59999999"),
        (("50010001", "dance", "social"), "there is no transaction dance"),
        (("50010001", "sale", _CARD), "or the whole by --pan-file"),
        (("50010001", "sale", "400000"), "begin with 400000 are of no range"),
        (("50010001", "sale", "social", "--pan-file", "-"), "give CARD or --pan-file, not both"),
        (("50010001", "sale", "social", "--on", "tomorrow"), "a day like 2014-06-18"),
        (("50010001", "sale", "social", "--on", "2014-99-99"), "a day like 2014-06-18"),
        (("50010001", "sale", "social", "--on", "2014-02-30"), "a day like 2014-06-18"),
        (("50010001", "sale", "social", "--on", "0000-01-01"), "a day like 2014-06-18"),
        (("50010001", "sale", "social", "--on", "2014-0618"), "a day like 2014-06-18"),
        (("50010001", "sale", "social", "--on", "２０１４-06-18"), "a day like 2014-06-18"),
    ],
)
def test_a_question_that_is_none_has_status_2(
    folder: Path, asked: tuple[str, ...], told: str
) -> None:
    begun(folder)
    outcome = registry(folder, "can", *asked)
    assert outcome.status == USAGE
    assert told in outcome.err


def test_a_folder_without_a_registry_says_so(folder: Path) -> None:
    outcome = registry(folder, "can", "50010001", "sale", "social")
    assert outcome.status == USAGE
    assert "has no registry that decides" in outcome.err


def test_a_whole_card_number_comes_from_a_file_and_is_not_shown(
    folder: Path, tmp_path: Path
) -> None:
    begun(folder)
    (tmp_path / "pan").write_text(f"{_CARD}\n", "ascii")
    asked = ("50010001", "rural_withdrawal", "--on", "2014-06-18", "--pan-file")
    outcome = registry(folder, "can", *asked, str(tmp_path / "pan"))
    assert outcome.out == "yes, stage initial, from 20140617, 四(二)\n"
    (tmp_path / "pan").write_text("4000000000000002\n", "ascii")
    refused = registry(folder, "can", *asked, str(tmp_path / "pan"))
    assert (refused.status, "is of no range" in refused.err) == (USAGE, True)
    assert "4000000000000002" not in refused.err


def test_a_plain_pos_is_told_that_it_serves_no_social_security(folder: Path) -> None:
    begun(folder)
    asked = ("can", "50010002", "social_payment", "social", "--on", "2014-06-18")
    assert registry(folder, *asked).status == 0
    told = ("machine", "terminal=50010002", "device=pos", "owner=99910000", "installed=2014-06-17")
    assert change(folder, "set", *told).status == 0
    outcome = registry(folder, *asked)
    assert outcome.status == 1
    assert "the registered device is a POS" in outcome.out
    assert outcome.out.strip().endswith("stage initial, no day is recorded, 四(三)3")


def test_a_terminal_row_is_told_with_its_dialect_and_its_transactions(folder: Path) -> None:
    begun(folder)
    assert change(folder, "adopt").status == 0
    asked = ("can", "50010001", "social_payment", "social", "--on", "2014-06-18")
    assert registry(folder, *asked).status == 0
    fields = ("id=50010001", "merchant=999653080110001", "acquirer=99900000", "category=8011")
    row = (*fields, "place=X", "dialect=pos")
    assert change(folder, "set", "terminal", *row).status == 0
    outcome = registry(folder, *asked)
    assert outcome.status == BAD
    assert "no: the terminal may only speak pos, which does not serve this" in outcome.out
    told = json.loads(registry(folder, *asked, "--json").out)
    assert (told["may"], told["reason"]) == (False, "service_not_for_terminal")
    rural = ("can", "50010001", "rural_withdrawal", "social", "--on", "2014-06-18")
    assert registry(folder, *rural).status == 0
    row = (*fields, "place=X", "transactions=sale")
    assert change(folder, "set", "terminal", *row).status == 0
    assert "own `transactions` do not name it" in registry(folder, *rural).out
    assert change(folder, "remove", "terminal", "50010001").status == USAGE  # a machine is there
    assert change(folder, "remove", "machine", "50010001").status == 0
    assert change(folder, "remove", "terminal", "50010001").status == 0
    assert "there is no terminal 50010001" in registry(folder, *rural).err


def test_a_registry_of_institutions_alone_decides_nothing(folder: Path) -> None:
    assert change(folder, "adopt").status == 0
    outcome = registry(folder, "can", "50010001", "sale", "social")
    assert (outcome.status, "no registry that decides" in outcome.err) == (USAGE, True)
