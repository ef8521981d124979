"""The choice: a registered class, the first that can be used, never another after sending."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from routing.choose import choose, choose_again
from routing.links import LinkClass
from routing.table import Candidate, Case, Destination, Registration, Way, build
from tests.routing.cases import destinations, registrations

JINBAO, BANK = LinkClass.JINBAO, LinkClass.BANK
BOTH = Way(Case.DIRECT, (Candidate("j", JINBAO), Candidate("b", BANK, is_alternate=True)))
NAMES = st.sets(st.sampled_from(["to-jinbao", "to-bank"]))


def _way(registration: Registration, destination: Destination) -> Way:
    return build({"a": registration}, {"i": destination}).way("a", "i")


def _noting(heard: list[str], up: set[str]) -> Callable[[str], bool]:
    def is_usable(link: str) -> bool:
        heard.append(link)
        return link in up

    return is_usable


def test_the_access_is_taken_while_it_can_be_and_then_the_alternate() -> None:
    assert choose(BOTH, lambda _: True) == BOTH.candidates[0]
    assert choose(BOTH, lambda link: link == "b") == BOTH.candidates[1]
    assert choose(BOTH, lambda _: False) is None


@given(registrations(), destinations(), NAMES)
def test_no_line_of_an_unregistered_class_is_ever_taken(
    registration: Registration, destination: Destination, up: set[str]
) -> None:
    taken = choose(_way(registration, destination), up.__contains__)
    if taken is not None:
        assert taken.link_class in registration.classes
        assert taken.link in up
        assert taken.link == destination.links[taken.link_class]


@given(registrations(), destinations(), NAMES)
def test_a_line_is_taken_whenever_one_that_is_registered_can_be(
    registration: Registration, destination: Destination, up: set[str]
) -> None:
    usable = [
        destination.links[each]
        for each in registration.classes
        if destination.links.get(each) in up
    ]
    taken = choose(_way(registration, destination), up.__contains__)
    assert (taken.link if taken else None) == (usable[0] if usable else None)


@given(registrations(), destinations(), NAMES)
def test_the_same_question_has_the_same_answer_and_asks_in_order(
    registration: Registration, destination: Destination, up: set[str]
) -> None:
    way = _way(registration, destination)
    asked: list[list[str]] = [[], []]
    answers = [choose(way, _noting(heard, up)) for heard in asked]
    assert answers[0] == answers[1]
    assert asked[0] == asked[1] == [c.link for c in way.candidates][: len(asked[0])]


@given(registrations(), destinations(), NAMES, st.sampled_from(["", "to-jinbao", "to-bank"]))
def test_after_the_first_byte_there_is_no_other_line(
    registration: Registration, destination: Destination, up: set[str], sent_over: str
) -> None:
    way = _way(registration, destination)
    taken = choose_again(way, up.__contains__, sent_over=sent_over)
    if sent_over:
        assert taken is None or taken.link == sent_over
        assert taken is None or sent_over in up
    else:
        assert taken == choose(way, up.__contains__)


def test_what_was_sent_over_a_line_goes_there_again_once_it_is_back() -> None:
    assert choose_again(BOTH, lambda link: link != "j", sent_over="j") is None
    assert choose_again(BOTH, lambda _: True, sent_over="b") == BOTH.candidates[1]
