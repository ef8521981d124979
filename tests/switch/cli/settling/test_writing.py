"""The folder of a day is there whole or not at all, and nothing else is ever touched."""

from __future__ import annotations

import csv
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.cli.settling.writing import DayFolder, PlaceTakenError, is_there
from switch.core.operations import Row
from switch.core.transaction import State
from switch.settlement.clearing import Adjustment, Clearer, Clearing
from switch.settlement.files import WIDTHS
from switch.settlement.movements import Movement, movements, put_right
from tests.switch.settlement.village import ACQUIRER, DAY, FIRST, SECOND, row, rules


def _written(tmp_path: Path | None) -> dict[str, str]:
    folder = DayFolder(tmp_path, DAY, rules())
    clearer = Clearer(DAY, rules(), folder.take)
    clearer.take_own([row(1), row(2)])
    digests = folder.finish(clearer.done())
    assert tmp_path is None or not (tmp_path / f"{DAY}" / "manifest.csv").exists()
    folder.put()
    folder.give_up()
    return digests


def test_a_folder_is_put_in_place_when_it_is_whole(tmp_path: Path) -> None:
    digests = _written(tmp_path)
    made = tmp_path / f"{DAY}"
    details = made / ACQUIRER / "IND14061801ACOM"
    assert details.read_text().count("\n") == 2
    assert (made / FIRST / "IND14061801ICOM").read_text() == details.read_text()
    assert len(digests) == 6
    assert [path.name for path in tmp_path.iterdir()] == [f"{DAY}"]
    assert made.stat().st_mode & 0o777 == 0o755


def test_without_a_folder_the_digests_are_the_same(tmp_path: Path) -> None:
    assert _written(None) == _written(tmp_path)


def test_what_was_given_up_leaves_nothing(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY, rules())
    clearer = Clearer(DAY, rules(), folder.take)
    clearer.take_own([row(1)])
    folder.give_up()
    assert list(tmp_path.iterdir()) == []


def test_what_is_in_its_place_is_left_alone(tmp_path: Path) -> None:
    place = tmp_path / f"{DAY}"
    place.mkdir()
    (place / "mine.txt").write_text("precious")
    with pytest.raises(PlaceTakenError, match="nothing in it is written over"):
        DayFolder(tmp_path, DAY, rules())
    assert [path.read_text() for path in place.iterdir()] == ["precious"]
    assert [path.name for path in tmp_path.iterdir()] == [f"{DAY}"]


def test_what_came_into_its_place_meanwhile_is_left_alone(tmp_path: Path) -> None:
    folder = DayFolder(tmp_path, DAY, rules())
    digests = folder.finish(Clearer(DAY, rules(), folder.take).done())
    place = tmp_path / f"{DAY}"
    place.mkdir()
    (place / "mine.txt").write_text("precious")
    with pytest.raises(OSError, match="not empty"):
        folder.put()
    folder.give_up()
    assert [path.read_text() for path in place.iterdir()] == ["precious"]
    assert not is_there(place, digests)


def test_an_empty_folder_is_as_good_as_none_and_what_another_run_left_stays(
    tmp_path: Path,
) -> None:
    (tmp_path / f"{DAY}").mkdir()
    (tmp_path / f".{DAY}.new").mkdir()
    (tmp_path / f".{DAY}.new" / "notes.txt").write_text("precious")
    _written(tmp_path)
    assert (tmp_path / f".{DAY}.new" / "notes.txt").read_text() == "precious"


@pytest.mark.parametrize("change", ["more", "less", "other"])
def test_files_are_there_only_byte_for_byte(tmp_path: Path, change: str) -> None:
    digests = _written(tmp_path)
    place = tmp_path / f"{DAY}"
    assert is_there(place, digests)
    if change == "more":
        (place / "more.txt").touch()
    elif change == "less":
        (place / "points.csv").unlink()
    else:
        (place / "points.csv").write_text("other")
    assert not is_there(place, digests)


def _fees(line: str) -> list[int]:
    """Return what stands in the three columns of fees, received ones positive."""
    at = sum(WIDTHS[:20]) + 20
    cells = [line[at + n * 13 : at + n * 13 + 12] for n in range(3)]
    return [int(cell[1:]) * (1 if cell[0] == "C" else -1) for cell in cells]


_LEGS = ("ci", "ca", "ai", "an", "in", "ia", "ma", "na", "am")
_KINDS = ("rural_withdrawal", "sale", "refund", "bill_payment", "sale_void")


@given(
    st.lists(
        st.tuples(
            st.sampled_from(_KINDS),
            st.integers(0, 10**7),
            st.lists(st.tuples(st.sampled_from(_LEGS), st.integers(1, 9_999)), max_size=5),
            st.sampled_from(["own", "back", "claim", "credit_adjustment"]),
            st.sampled_from([FIRST, SECOND]),
        ),
        max_size=10,
    )
)
@settings(max_examples=25)
def test_what_stands_in_a_bank_s_files_is_its_position_between_the_banks(
    drawn: list[tuple[str, int, list[tuple[str, int]], str, str]],
) -> None:
    """Amounts and fees of the details, and of what cases put right, for every bank and day."""
    with TemporaryDirectory() as made_in:
        found = replace(rules(), groups={})
        folder = DayFolder(Path(made_in), DAY + 1, found)
        clearer = Clearer(DAY + 1, found, folder.take)
        own: list[Row] = []
        for number, (kind, fen, legs, what, issuer) in enumerate(drawn, 1):
            state = State.REVERSED if what == "back" else State.APPROVED
            day = DAY if what == "back" else DAY + 1
            each = row(number, fen, kind, state, issuer=issuer, legs=tuple(legs), clearing_day=day)
            of_kind = found.kind(kind)
            assert of_kind is not None
            if what == "own":
                own.append(each)
            elif what == "back":
                clearer.take_reversed([each], {})
            elif fen:
                moved = tuple(movements(each, of_kind, found))
                if what == "credit_adjustment":
                    moved = tuple(Movement(m.payee, m.payer, m.fen, m.what) for m in moved)
                clearer.take_adjustments([Adjustment(number, "4169", what, moved, ACQUIRER)])
        clearer.take_own(own)
        made = clearer.done()
        digests = folder.finish(made)
        folder.put()
        assert is_there(Path(made_in) / f"{DAY + 1}", digests)
        sums = _summed(Path(made_in) / f"{DAY + 1}", made)
    banks = {ACQUIRER, FIRST, SECOND}
    assert sums == {bank: made.interbank.get(bank, 0) for bank in banks}
    adjusted = [each for each in drawn if each[3] in {"claim", "credit_adjustment"} and each[1]]
    classes = [key.split("/")[2] for key in made.classes]
    assert {each[3] for each in adjusted} == {"claim", "credit_adjustment"}.intersection(classes)


def _summed(folder: Path, made: Clearing) -> dict[str, int]:
    """Add up each bank's files; what is given back stands in its details, and counts there."""
    listed = csv.DictReader((folder / "manifest.csv").read_text("utf-8").splitlines())
    right = {
        f"{each.case:06d}": put_right(each.movements, each.acquirer)[0] for each in made.adjustments
    }
    sums = dict.fromkeys((ACQUIRER, FIRST, SECOND), 0)
    for line in listed:
        bank, _, name = line["file"].partition("/")
        if not name:
            continue
        sign = 1 if name.endswith(("ACOM", "AERR")) else -1
        is_error = name.endswith("ERR")
        off_card = 0 if is_error else int(line["debit_fen"]) - int(line["credit_fen"])
        for text in (folder / bank / name).read_text("ascii").splitlines():
            part = right.get(text[24:30])
            assert is_error or part is None
            if is_error and part is None:
                continue
            if part is not None:
                assert int(text[62:74]) == abs(part.fen)
                off_card += part.fen
            gets, pays, network = _fees(text)
            sums[bank] += sign * (gets + pays) + network
        sums[bank] += sign * off_card
    return sums
