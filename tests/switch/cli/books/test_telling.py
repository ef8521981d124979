"""A transaction as an object and as lines."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from switch.cli.books.reading import opened, row_of
from switch.cli.books.telling import brief, lines, rule_words, shown, whole
from switch.core.rules import WORDS, Rule
from tests.switch.cli.books.conftest import DECLINED, FORWARDED, IN_DOUBT, REVERSED, UNSENT


def test_every_rule_has_words_and_one_of_another_version_its_number() -> None:
    assert all(rule_words(rule) == WORDS[rule] for rule in Rule)
    assert rule_words(255).en == "rule 255 of another version"


def test_the_whole_has_all_of_the_brief(folder: Path) -> None:
    with opened(folder) as books:
        row = row_of(books, IN_DOUBT)
        assert brief(row, books).items() <= whole(row, books).items()


def test_each_sort_of_transaction_says_why_it_is_what_it_is(folder: Path) -> None:
    with opened(folder) as books:
        told = {
            rrn: dict(lines(row_of(books, rrn), books))["reason"]
            for rrn in (DECLINED, UNSENT, FORWARDED, IN_DOUBT, REVERSED)
        }
    assert "资金不足" in told[DECLINED]
    assert told[UNSENT].startswith("there was no time or no line to send it")
    assert told[FORWARDED].startswith("with the issuer, no outcome yet")
    assert told[IN_DOUBT].startswith("timed out waiting for response")
    assert told[REVERSED].startswith("the issuer acknowledged the reversal with 00")


def test_what_was_answered_and_what_is_queued_is_told(folder: Path) -> None:
    with opened(folder) as books:
        doubt, gone = (lines(row_of(books, rrn), books) for rrn in (IN_DOUBT, REVERSED))
        drawn = shown(row_of(books, IN_DOUBT), books, as_json=False)
    assert ("answer", "none is kept: the terminal was told nothing, or 98") in doubt
    assert any(line.startswith("queued: 0 tries so far") for _, line in doubt)
    assert ("", "no longer queued") in gone
    assert drawn.startswith("RRN ")


def test_a_fee_is_told_with_its_rows_clauses_and_legs(folder: Path) -> None:
    with opened(folder) as books:
        row = row_of(books, REVERSED)
        assert whole(row, books)["fee"] is None
        kept = replace(row.record, fee_fen=400, fee_rules="C7 I3", legs=(("ci", 300), ("ca", 100)))
        charged = replace(row, record=kept)
        told = whole(charged, books)["fee"]
        found = [line for _, line in lines(charged, books)]
        back = lines(replace(row, record=replace(kept, fee_fen=-400)), books)
        other = whole(replace(row, record=replace(kept, fee_rules="C99 I3")), books)["fee"]
    assert told["fee_fen"] == 400
    assert [(rule["id"], rule["clause"]) for rule in told["rules"]] == [
        ("C7", "四(四)3(3)"),
        ("I3", "四(四)3(5)"),
    ]
    assert told["legs"][1] == {
        "payer": "cardholder", "payee": "acquirer", "amount_fen": 100, "rule": "C7",
        "clause": "四(四)3(3)",
    }  # fmt: skip
    assert "the cardholder pays 4.00 yuan" in found
    assert "cardholder to issuer 3.00 by C7" in found
    assert ("fee", "the cardholder gets back 4.00 yuan") in back
    assert other["rules"][0]["en"] == "row C99 of other fee tables"
