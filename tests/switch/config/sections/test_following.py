"""Which tariff holds on a day: the bank's own, and from a day on that of what it follows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fees.tariff import BankTariff, in_force, latest_first
from switch.config.registry.kinds import KINDS, State, TariffRow
from switch.config.sections.following import Follow, follows_of, spliced

_DAYS = st.integers(20140101, 20140131)
_VERSIONS = st.sets(_DAYS, min_size=1, max_size=4)


def _versions(bank: str, days: set[int]) -> tuple[BankTariff, ...]:
    return latest_first([
        BankTariff(
            bank=f"{bank}/{day}", valid_from=day, refunds_in_proportion=True,
            discount_percent={}, as_issuer={}, standard={}, as_acquirer={},
        )
        for day in days
    ])  # fmt: skip


@given(st.sets(_DAYS, max_size=4), st.dictionaries(_DAYS, _VERSIONS, max_size=4), _DAYS)
def test_on_every_day_holds_what_was_followed_last(
    own: set[int], files: dict[int, set[int]], day: int
) -> None:
    files = {start: versions | {20130101} for start, versions in files.items()}
    followed = {day: _versions(str(day), versions) for day, versions in files.items()}
    found = in_force(spliced(_versions("own", own), followed), day)
    begun = [start for start in files if start <= day]
    expected = (
        in_force(followed[max(begun)], day) if begun else in_force(_versions("own", own), day)
    )
    assert (found and found.bank) == (expected and expected.bank)


def test_a_file_that_has_nothing_yet_on_its_day_is_told_by_that_day() -> None:
    with pytest.raises(ValueError, match="20140110") as refused:
        spliced((), {20140110: _versions("late", {20140111})})
    assert refused.value.args == (20140110,)


def test_rows_are_in_the_order_of_banks_and_days() -> None:
    rows = [
        TariffRow.model_validate({"institution": bank, "from_day": day, "file": "free"})
        for bank, day in (("9992", "2014-01-01"), ("9991", "2015-01-01"), ("9991", "2014-01-01"))
    ]
    state: State = {kind: {} for kind in KINDS}
    state["tariff"] = {row.key: row for row in rows}
    assert follows_of(state) == (
        Follow("9991/2014-01-01", "9991", 20140101, "free"),
        Follow("9991/2015-01-01", "9991", 20150101, "free"),
        Follow("9992/2014-01-01", "9992", 20140101, "free"),
    )
