"""From options to a case."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from fees.matrix import CHANNELS
from switch.cli.pricing.asking import CHANNEL_OF, Asked, amount_of, case_of, tariffs_of
from switch.cli.serving.folder import loaded
from switch.core.configuration import Channel
from tests.switch.config import folders


def _asked(**changes: str) -> Asked:
    values = dict.fromkeys(
        ("side", "city", "channel", "category", "issuer", "acquirer"), ""
    )  # fmt: skip
    return Asked(
        transaction="sale", day=20140620, card="debit", public_welfare=True, **(values | changes)
    )


def test_what_is_left_out_has_a_default() -> None:
    case = case_of(_asked(), tariffs_of([], None), None)
    assert (case.side, case.city, case.channel, case.category) == ("off_us", "in", "R", "8011")
    assert (case.issuer, case.acquirer, case.institution) == ("*", "*", "W")


def test_public_welfare_needs_a_category_of_it() -> None:
    assert case_of(_asked(category="5411"), tariffs_of([], None), None).institution == "O"


def test_every_channel_of_a_terminal_is_one_of_the_tables() -> None:
    assert {CHANNEL_OF[channel] for channel in Channel} == set(CHANNELS)


def test_amounts_are_yuan_with_or_without_fen() -> None:
    assert [amount_of(text) for text in ("5", "5.01", "0")] == [500, 501, 0]
    with pytest.raises(typer.Exit):
        amount_of("five")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"day": 20140631}, "20140631: a day is YYYYMMDD"),
        ({"category": "80"}, "80: a merchant category has four digits"),
        ({"category": "abcd"}, "abcd: a merchant category has four digits"),
    ],
)
def test_what_cannot_be_asked_about_is_refused(
    changes: dict[str, object], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = _asked()
    for name, value in changes.items():
        setattr(asked, name, value)
    with pytest.raises(typer.Exit):
        case_of(asked, tariffs_of([], None), None)
    assert complaint in capsys.readouterr().err


def test_a_bank_that_is_not_of_the_installation_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city = loaded(folders.make(tmp_path / "city")).configuration
    for name in ("issuer", "acquirer"):
        with pytest.raises(typer.Exit):
            case_of(_asked(**{name: "12345678"}), city.tariffs, city)
        assert f"no {name} 12345678 in this installation; there are " in capsys.readouterr().err


def test_what_is_asked_for_counts_before_what_the_terminal_has(tmp_path: Path) -> None:
    city = loaded(folders.make(tmp_path / "city")).configuration
    there = case_of(_asked(), city.tariffs, city, "50010001")
    assert (there.category, there.institution) == (city.terminals["50010001"].category, "W")
    shop = case_of(_asked(category="5812"), city.tariffs, city, "50010001")
    assert (shop.category, shop.institution) == ("5812", "O")
