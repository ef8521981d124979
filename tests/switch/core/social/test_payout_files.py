"""Pay-out files: what is written is read, and one wrong line refuses them all, with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.cards import fictional_card
from switch.config.registry.funds import load_funds
from switch.core.social.payout_files import PayoutFileError, read, result, write
from switch.core.social.payouts import Outcome, Payout
from tests.house.source import ROOT

FUNDS = load_funds("chongqing-2014", ROOT)
AGENCY = "99980000"
_ROWS = [Payout(f"{100100000000 + n}", fictional_card(n).pan, 1_000 + n, "1001") for n in range(3)]
GOOD = write(AGENCY, "1001", "20140620", _ROWS)


@given(st.lists(st.integers(1, 10**12 - 1), min_size=1, max_size=20))
def test_what_is_written_is_read_back(amounts: list[int]) -> None:
    rows = [
        Payout(f"{n:012d}", fictional_card(n).pan, fen, "1002") for n, fen in enumerate(amounts)
    ]
    file = read(write(AGENCY, "1002", "20140620", rows), FUNDS, AGENCY)
    assert (list(file.payouts), file.fund, file.day) == (rows, "1002", "20140620")


@pytest.mark.parametrize(
    ("old", "new", "line", "reason"),
    [
        ("H,JB", "X,JB", 1, "should be H,JBPAYOUT1,agency,fund,YYYYMMDD,count,sum in fen"),
        ("99980000", "99980001", 1, "agency '99980001' is not 99980000"),
        (",1001,2014", ",9999,2014", 1, "fund '9999' is none of 1001, 1002, 2001"),
        ("20140620", "20140632", 1, "'20140632' is no day YYYYMMDD"),
        (",3,3003", ",4,3003", 1, "the head says 4 payments, there are 3"),
        (",3,3003", ",3,3004", 1, "the head says 3004 fen, the payments are 3003"),
        (",3,3003", ",x,3003", 1, "count and sum should be digits"),
        ("P,100100000001", "Q,100100000001", 3, "should be P,payment number,card,amount in fen"),
        ("P,100100000001", "P,10010000000", 3, "a payment number has 12 digits"),
        ("P,100100000001", "P,100100000000", 3, "payment 100100000000 is in line 2 already"),
        (_ROWS[1].pan, _ROWS[1].pan[:-1] + "9", 3, "the card's number is none"),
        (",1002\n", ",0\n", 4, "the amount is no number of fen above 0"),
        (",1002\n", ",-5\n", 4, "the amount is no number of fen above 0"),
    ],
)
def test_one_wrong_line_refuses_the_whole_with_line_and_reason(
    old: str, new: str, line: int, reason: str
) -> None:
    assert old in GOOD
    with pytest.raises(PayoutFileError) as refused:
        read(GOOD.replace(old, new, 1), FUNDS, AGENCY)
    (wrong,) = [each for each in refused.value.wrong if each.line == line]
    assert reason in wrong.reason
    assert all(row.pan not in str(refused.value) for row in _ROWS)


def test_every_wrong_line_is_told() -> None:
    with pytest.raises(PayoutFileError) as refused:
        read(GOOD.replace("P,", "Q,"), FUNDS, AGENCY)
    assert [each.line for each in refused.value.wrong] == [2, 3, 4]


@pytest.mark.parametrize("text", ["", "\n", write(AGENCY, "1001", "20140620", [])])
def test_a_file_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(PayoutFileError):
        read(text, FUNDS, AGENCY)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(PayoutFileError):
        read(text, FUNDS, AGENCY)


def test_a_result_has_both_sums_and_shows_no_card() -> None:
    file = read(GOOD, FUNDS, AGENCY)
    outcomes = {
        "100100000000": Outcome("paid", "", "417100000001"),
        "100100000001": Outcome("rejected", "14", "417100000002"),
        "100100000002": Outcome("pending", "", "417100000003"),
    }
    lines = result(file, outcomes).splitlines()
    assert lines[0] == "H,JBRESULT1,99980000,1001,20140620,1,1000,2,2003"
    assert lines[2] == "P,100100000001,621999*********0010,1001,rejected,14,417100000002"
    assert all(row.pan not in "".join(lines) for row in _ROWS)
