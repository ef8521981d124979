"""Days, texts and words of rows, and what of a row is written down."""

from __future__ import annotations

from datetime import date

import pytest

from switch.config.faults import ConfigurationError
from switch.config.registry.fields import plain, words
from switch.config.registry.kinds import Plan, PointRow
from switch.config.registry.tables import read_row
from switch.config.sections.rows import IssuerRow, TerminalRow

_TERMINAL = {
    "id": "50010001",
    "merchant": "999653080110001",
    "acquirer": "99900000",
    "category": "8011",
    "place": "VILLAGE",
}


def test_words_are_a_list_and_a_dash_is_one_with_nothing_in_it() -> None:
    assert words("one two") == ["one", "two"]
    assert words("-") == []
    assert words(["one"]) == ["one"]


@pytest.mark.parametrize("value", ["20140617", "2014-6-17", "tomorrow"])
def test_a_day_is_written_as_one(value: str) -> None:
    with pytest.raises(ConfigurationError, match="a day like 2014-06-17"):
        read_row("district", {"id": "d", "name": "D", "pilot_from": value})


def test_what_is_empty_is_left_out_where_that_says_the_same() -> None:
    plan = Plan.model_validate({"issuer": "9991", "approved": date(2014, 6, 17), "parts": ""})
    assert plain(plan) == {"issuer": "9991", "approved": "2014-06-17", "parts": []}
    assert "clauses" not in plain(PointRow.model_validate({
        "merchant": "999653080110001", "village": "v", "name": "n", "category": "other",
        "open_from": "2014-06-17",
    }))  # fmt: skip


def test_a_terminal_that_may_do_nothing_is_not_one_that_may_do_all() -> None:
    nothing = TerminalRow.model_validate(_TERMINAL | {"transactions": []})
    everything = TerminalRow.model_validate(_TERMINAL)
    assert plain(nothing)["transactions"] == []
    assert "transactions" not in plain(everything)
    assert read_row("terminal", {**_TERMINAL, "transactions": "-"}) == nothing
    assert read_row("terminal", {**_TERMINAL, "transactions": ""}) == everything


def test_links_keep_their_order_and_sets_are_sorted() -> None:
    issuer = IssuerRow(id="99900000", name="n", links=["second", "first"])
    assert plain(issuer)["links"] == ["second", "first"]
    fields = {"issuer": "9991", "approved": date(2014, 6, 17), "parts": "service branches"}
    plan = Plan.model_validate(fields)
    assert plain(plan)["parts"] == ["branches", "service"]
