"""The host's books: a deed is done once, and a cancelled one never comes to life again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulators.services.deeds import Deed, Deeds
from simulators.social_security.books import Books, Due, Person
from simulators.social_security.sample import contribution, person_of, sample_books, treatment

BILL, VISIT = contribution(0), treatment(0)


def _deed(rrn: str, bill: str = BILL, fen: int = 12_000, undoes: str = "") -> Deed:
    return Deed(
        rrn=rrn, bill=bill, amount_fen=fen, terminal="50010001", day=20260601, undoes=undoes
    )


def _reserve(books: Books, rrn: str, bill: str = BILL, fen: int = 12_000) -> str:
    return books.reserve(_deed(rrn, bill, fen), books.persons[person_of(0).number])


def _undo(books: Books, rrn: str, bill: str = BILL, fen: int = 12_000) -> str:
    return books.reserve(_deed(rrn, bill, fen, books.dues[bill].paid_by or "nothing"), None)


def _person(books: Books) -> Person:
    return books.persons[person_of(0).number]


def _due(books: Books, bill: str = BILL) -> Due:
    return books.dues[bill]


def test_a_bill_is_reserved_confirmed_and_paid_once() -> None:
    books = sample_books(range(1))
    assert _reserve(books, "1") == "00"
    assert _reserve(books, "1") == "00"
    assert _reserve(books, "2") == "09"
    assert books.confirm("1") == books.confirm("1") == "00"
    assert _due(books).paid_by == "1"
    assert _reserve(books, "3") == "94"
    assert books.totals("50010001", 20260601) == (1, 12_000)


def test_a_copy_of_what_was_refused_is_refused_the_same_whatever_has_changed() -> None:
    books = sample_books(range(1))
    _reserve(books, "1")
    assert _reserve(books, "2") == "09"
    books.cancel("1")
    assert _reserve(books, "2") == "09"
    assert books.refuse("2", "75") == "09"
    assert _reserve(books, "3") == "00"
    assert books.refuse("3", "75") == "00"


def test_a_cancelled_deed_is_never_confirmed() -> None:
    books = sample_books(range(1))
    assert books.cancel("1") == "25"
    assert _reserve(books, "1") == "22"
    assert books.confirm("1") == "22"
    assert _reserve(books, "2") == "00"
    assert books.cancel("2") == books.cancel("2") == "00"
    assert books.confirm("2") == "22"
    assert _reserve(books, "2") == "22"
    assert not _due(books).reserved_by


def test_a_confirmed_deed_can_still_be_cancelled() -> None:
    books = sample_books(range(1))
    _reserve(books, "1")
    books.confirm("1")
    assert books.cancel("1") == "00"
    assert not _due(books).paid_by


def test_a_payment_is_undone_and_the_undoing_too() -> None:
    books = sample_books(range(1))
    assert _undo(books, "3") == "25"
    _reserve(books, "1")
    books.confirm("1")
    assert _undo(books, "4", fen=11_999) == "64"
    assert _undo(books, "2") == "00"
    assert _due(books).paid_by == "1"
    assert books.confirm("2") == "00"
    assert not _due(books).paid_by
    assert books.cancel("2") == "00"
    assert _due(books).paid_by == "1"


def test_the_personal_account_bears_its_part_and_gets_it_back() -> None:
    books = sample_books(range(1))
    assert _reserve(books, "1", VISIT, 6_000) == "00"
    assert _person(books).account_fen == 44_000
    books.cancel("1")
    assert _person(books).account_fen == 50_000
    _reserve(books, "2", VISIT, 6_000)
    books.confirm("2")
    _undo(books, "3", VISIT, 6_000)
    books.confirm("3")
    assert _person(books).account_fen == 50_000
    books.cancel("3")
    assert _person(books).account_fen == 44_000


def test_a_deed_on_which_another_rests_is_not_cancelled() -> None:
    books = sample_books(range(1))
    _reserve(books, "1", VISIT, 6_000)
    books.confirm("1")
    _undo(books, "2", VISIT, 6_000)
    assert books.cancel("1") == "22"
    books.confirm("2")
    assert books.cancel("1") == "22"
    assert _person(books).account_fen == 50_000


def test_who_is_not_insured_or_has_too_little_is_refused() -> None:
    books = sample_books(range(1))
    _person(books).account_fen = 5_999
    assert _reserve(books, "1", VISIT, 6_000) == "51"
    _person(books).is_insured = False
    assert _reserve(books, "2") == "57"


def test_the_bill_of_somebody_else_or_of_nobody_is_refused() -> None:
    books = sample_books(range(2))
    assert _reserve(books, "1", contribution(1)) == "05"
    assert _reserve(books, "1", "NONE") == "25"
    assert books.confirm("1") == "25"


def test_a_person_is_who_all_marks_agree_on() -> None:
    books, person = sample_books(range(2)), person_of(0)
    assert books.person("", person.number, person.pan) is _person(books)
    assert books.person(person.identity, "") is _person(books)
    assert books.person(person_of(1).identity, person.number) is None
    assert books.person("", person.number, person_of(1).pan) is None
    assert books.person("", "") is None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["reserve", "undo", "confirm", "cancel"]), st.sampled_from("1234")
        )
    )
)
def test_whatever_is_asked_the_account_is_what_the_bill_says(asked: list[tuple[str, str]]) -> None:
    books = sample_books(range(1))
    for what, rrn in asked:
        match what:
            case "reserve":
                _reserve(books, rrn, VISIT, 6_000)
            case "undo":
                _undo(books, rrn, VISIT, 6_000)
            case "confirm":
                books.confirm(rrn)
            case _:
                books.cancel(rrn)
    due = _due(books, VISIT)
    pays = {rrn for rrn, deed in books.deeds.items() if not deed.undoes}
    borne = bool(due.paid_by) or due.reserved_by in pays
    assert _person(books).account_fen == 50_000 - 6_000 * borne
    if due.paid_by:
        assert books.deeds[due.paid_by].state is Deeds.CONFIRMED
