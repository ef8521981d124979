"""Files in fixed columns: every record as wide as it must be, totals, digests, inert cells."""

from __future__ import annotations

import csv
import hashlib
import io

from hypothesis import given
from hypothesis import strategies as st

from switch.core.transaction import State
from switch.settlement.clearing import Clearer, Entry
from switch.settlement.files import (
    ACQUIRER,
    CLASS,
    RURAL,
    SPECIAL,
    WIDTHS,
    Tally,
    classes_csv,
    csv_lines,
    file_name,
    points_csv,
    positions_csv,
    record,
    signed_amount,
)
from tests.switch.settlement.village import ACQUIRER as ACQUIRING
from tests.switch.settlement.village import DAY, FIRST, row, rules

_WHOLE = sum(WIDTHS) + len(WIDTHS) + SPECIAL + 1 + CLASS


def _entry(kind: str = "rural_withdrawal", sign: int = 1, **changes: object) -> Entry:
    state = State.REVERSED if sign < 0 else State.APPROVED
    of_kind = rules().kind(kind)
    assert of_kind is not None
    return Entry(row(7, 50_000, kind, state, **changes), of_kind, sign)


def _columns(line: str) -> list[str]:
    found, at = [], 0
    for width in WIDTHS:
        found.append(line[at : at + width])
        assert line[at + width] == " "
        at += width + 1
    return found


def test_a_record_has_the_fields_columns_and_its_own_class() -> None:
    line = record(_entry(fee_fen=250, legs=(("ci", 250), ("ia", 100), ("in", 20))), "8011")
    assert len(line) == _WHOLE
    cells = [cell.strip() for cell in _columns(line)]
    assert cells[:6] == [
        ACQUIRING,
        ACQUIRING,
        "000777",
        "0618093512",
        "621999******0120",
        "000000050000",
    ]
    assert cells[7:14] == [
        "D00000000250", "0200", "010000", "8011", "50010001", "999653080110001", "416900000007",
    ]  # fmt: skip
    assert cells[20:23] == ["C00000000100", "C00000000000", "C00000000000"]
    assert cells[28] == FIRST
    issuers = record(
        _entry(fee_fen=250, legs=(("ci", 250), ("ia", 100), ("in", 20))), "8011", is_issuers=True
    )
    assert _columns(issuers)[22].strip() == "D00000000020", "the network fee is the issuer's"


def test_withdrawals_at_points_are_a_class_that_nothing_else_is() -> None:
    """Others have their special fee type (041), so that it tells nothing apart."""
    kinds = [kind for kind in rules().kinds.values() if rules().kind(kind.id) is not None]
    of_class = {kind.id for kind in kinds if record(_entry(kind.id), "8011").endswith(f" {RURAL}")}
    assert of_class == {kind.id for kind in kinds if kind.is_rural_withdrawal}
    assert "rural_withdrawal" in of_class
    assert len([kind for kind in kinds if kind.special == "041"]) > len(of_class)


def test_what_is_given_back_has_its_signs_turned_and_names_its_original() -> None:
    entry = _entry(sign=-1, fee_fen=250, legs=(("ci", 250), ("in", 20)))
    line = record(entry, "8011", is_issuers=True)
    cells = [cell.strip() for cell in _columns(line)]
    assert (cells[2], cells[8], cells[17], cells[27]) == ("000778", "0420", "000777", "0618093512")
    assert (cells[7], cells[22]) == ("C00000000250", "C00000000020")
    assert signed_amount(_entry(sign=-1)) == -50_000
    assert signed_amount(_entry("refund")) == -50_000
    assert signed_amount(_entry("refund", -1)) == 50_000


@given(st.text(max_size=40), st.text(max_size=30), st.integers(0, 10**12 - 1))
def test_whatever_a_terminal_said_a_record_is_as_wide_as_ever(
    authorisation: str, code: str, fen: int
) -> None:
    entry = _entry(amount_fen=fen, condition_code=code, original=authorisation)
    assert len(record(entry, code)) == _WHOLE


def test_a_tally_is_what_was_written() -> None:
    tally = Tally()
    for line, fen in ((b"one\n", 500), (b"two\n", -200), (b"three\n", 0)):
        tally.add(line, fen)
    assert (tally.count, tally.debit_fen, tally.credit_fen) == (3, 500, 200)
    assert tally.digest == hashlib.sha256(b"one\ntwo\nthree\n").hexdigest()


def test_the_sums_stand_below_and_positions_come_to_nothing() -> None:
    clearer = Clearer(DAY, rules(subsidy_fen=10))
    clearer.take_own([row(1), row(2, 8_000, "social_sale", legs=(("ai", 44), ("ma", 12)))])
    made = clearer.done()
    positions = list(csv.reader(io.StringIO(positions_csv(made).decode())))
    assert positions[0] == ["day", "account", "net_fen", "interbank_fen", "inside_fen"]
    assert positions[-1] == [str(DAY), "TOTAL", "0", "0", "0"]
    assert sum(int(line[2]) for line in positions[1:-1]) == 0
    points = list(csv.reader(io.StringIO(points_csv(made).decode())))
    assert points[-1][-1] == points[1][-1] == str(50_000 + 10 + 8_000 - 56)
    classes = list(csv.reader(io.StringIO(classes_csv(made).decode())))
    assert [line[3] for line in classes[1:-1]] == ["rural_withdrawal", "social_sale"]
    assert classes[-1][5:7] == ["2", "58000"]


def test_file_names_are_the_fields() -> None:
    assert file_name(DAY, ACQUIRER) == "IND14061801ACOM"


@given(st.lists(st.lists(st.one_of(st.text(max_size=8), st.integers()), min_size=1, max_size=4)))
def test_no_cell_is_run_by_a_spreadsheet(rows: list[list[object]]) -> None:
    for line in csv.reader(io.StringIO(csv_lines(rows).decode(), newline="")):
        for cell in line:
            is_number = cell.removeprefix("-").replace(".", "", 1).isdecimal()
            assert is_number or cell[:1] not in {"=", "+", "-", "@", "\t", "\r"}
