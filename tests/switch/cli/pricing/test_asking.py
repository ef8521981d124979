"""From options to a case."""

from __future__ import annotations

import pytest
import typer

from fees.matrix import CHANNELS
from switch.cli.pricing.asking import CHANNEL_OF, Asked, amount_of, case_of, tariffs_of
from switch.core.configuration import Channel


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
