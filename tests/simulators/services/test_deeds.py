"""Deeds of any host: whatever order they are told in, a bill is paid once and nothing is lost."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.services.deeds import DONE, NOT_FOUND, RELATED, Deed, DeedBooks, Deeds

WORDS = st.lists(
    st.tuples(st.sampled_from(["reserve", "undo", "confirm", "cancel"]), st.sampled_from("abc")),
    max_size=14,
)


class Bill(msgspec.Struct, kw_only=True):
    """A bill of 10 fen."""

    number: str = "B"
    card_fen: int = 10
    reserved_by: str = ""
    paid_by: str = ""


class Counting(DeedBooks[Bill]):
    """Counts what bills move."""

    moved = 0

    def _carry(self, due: Bill, sign: int) -> None:
        self.moved += sign * due.card_fen


def _books() -> Counting:
    books = Counting()
    books.dues["B"] = Bill()
    return books


def _tell(books: Counting, word: str, rrn: str) -> str:
    if word == "confirm":
        return books.confirm(rrn)
    if word == "cancel":
        return books.cancel(rrn)
    undoes = (books.dues["B"].paid_by or "nothing") if word == "undo" else ""
    return books.reserve_deed(_deed(rrn, undoes), lambda _: "")


def _deed(rrn: str, undoes: str = "") -> Deed:
    return Deed(rrn=rrn, bill="B", amount_fen=10, terminal="50010001", day=20170101, undoes=undoes)


@settings(max_examples=150)
@given(WORDS)
def test_what_a_bill_moved_is_what_its_deeds_say(words: list[tuple[str, str]]) -> None:
    books = _books()
    for word, rrn in words:
        code = _tell(books, word, rrn)
        # The same word again changes nothing, and says the same.
        before = msgspec.json.encode([*books.deeds.values(), *books.dues.values()]), books.moved
        assert _tell(books, word, rrn) == (RELATED if code == RELATED else code)
        after = msgspec.json.encode([*books.deeds.values(), *books.dues.values()]), books.moved
        assert before == after
        due, paying = books.dues["B"], _reserving(books)
        assert books.moved == 10 * (bool(due.paid_by) or paying)
        if due.paid_by:
            assert books.deeds[due.paid_by].state is Deeds.CONFIRMED


def _reserving(books: Counting) -> bool:
    """Tell whether a payment (no undoing) holds the bill."""
    deed = books.deeds.get(books.dues["B"].reserved_by)
    return deed is not None and not deed.undoes


def test_a_void_of_an_earlier_payment_does_not_undo_what_paid_the_bill_since() -> None:
    books = _books()
    for rrn, undoes in (("a", ""), ("b", "a"), ("c", "")):
        assert books.reserve_deed(_deed(rrn, undoes), lambda _: "") == DONE
        books.confirm(rrn)
    assert books.reserve_deed(_deed("d", "a"), lambda _: "") == NOT_FOUND
    assert books.dues["B"].paid_by == "c"


def test_a_deed_that_was_cancelled_first_never_comes_to_life() -> None:
    books = _books()
    _tell(books, "cancel", "a")
    assert _tell(books, "reserve", "a") == RELATED
    assert _tell(books, "reserve", "b") == DONE
