"""A transaction as an object and as lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from switch.cli.books.reading import opened, row_of
from switch.cli.books.telling import brief, lines, rule_words, shown, whole
from switch.core.issuers.messages import NO_REASON, REJECTED
from switch.core.rules import WORDS, Rule
from switch.core.transaction import State
from tests.switch.cli.books.conftest import DECLINED, EXPIRED, FORWARDED, IN_DOUBT, REVERSED, UNSENT
from tests.switch.ledger.making import answer


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
    assert "reversal" in dict(doubt)
    assert "advice" not in dict(doubt)
    assert ("", "no longer queued") in gone
    assert drawn.startswith("RRN ")


@pytest.mark.parametrize("mti", ["0220", "0620", "0200"])
@pytest.mark.parametrize("state", [State.ADVISED, State.APPROVED, State.ADVICE_EXPIRED])
def test_an_advice_is_no_reversal_and_has_no_reason_for_one(
    folder: Path, mti: str, state: State
) -> None:
    with opened(folder) as books:
        row = row_of(books, REVERSED)
        assert row.plan is not None
        sent = replace(row.plan, reason=NO_REASON)
        row = replace(row, state=state, plan=sent, record=replace(row.record, mti=mti))
        told, found = whole(row, books), lines(row, books)
    assert told["reversal"] is None
    assert (told["advice"]["mti"], told["advice"]["queued"]) == (mti, False)
    assert found[-2:] == [
        ("advice", f"通知, sent as {mti}, STAN {sent.stan} at {sent.transmission}"),
        ("", "no longer queued"),
    ]
    assert not any(label == "reversal" or NO_REASON in text.split() for label, text in found)


def test_what_a_header_rejected_was_answered_and_says_so(folder: Path) -> None:
    with opened(folder) as books:
        row = row_of(books, IN_DOUBT)
        assert row.plan is not None
        kept = replace(row, answer=answer("98"), plan=replace(row.plan, reason=REJECTED))
        told = dict(lines(kept, books))
        silent = dict(lines(replace(row, answer=answer("98")), books))
    assert "rejected the message by its header" in told["answer"]
    assert told["reason"].startswith("message rejected by its header, no action taken")
    assert "header" not in silent["answer"]


def test_an_inquiry_that_a_header_rejected_has_no_words_of_silence(folder: Path) -> None:
    with opened(folder) as books:
        row = replace(row_of(books, DECLINED), answer=answer("98"), reason=REJECTED)
        told = dict(lines(row, books))
        silent = dict(lines(replace(row, reason="98"), books))
    for name in ("answer", "reason"):
        assert "rejected the message by its header" in told[name]
        assert "报文头" in told[name]
        assert "header" not in silent[name]


@pytest.mark.parametrize(
    ("reason", "said"), [(" 00123", ": reject code 00123"), ("", "it, no action taken ")]
)
def test_a_reversal_that_a_header_rejected_is_told_with_its_code(
    folder: Path, reason: str, said: str
) -> None:
    with opened(folder) as books:
        row = row_of(books, EXPIRED)
        told = dict(lines(replace(row, reason=f"rejected by the header{reason}"), books))
    assert "the issuer's header rejected it" in told["reason"]
    assert said in told["reason"]


def test_a_transfer_sends_nothing_of_its_own(folder: Path) -> None:
    with opened(folder) as books:
        row = row_of(books, REVERSED)
        assert row.plan is not None
        own = replace(row.plan, stan="", transmission="", reason="")
        row = replace(row, state=State.MOVING, plan=own)
        told, found = whole(row, books), lines(row, books)
    assert (told["reversal"], told["advice"]) == (None, None)
    assert not {"reversal", "advice"} & {label for label, _ in found}


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
