"""The table of ways: groups decide on us and off us, registrations decide the lines."""

from __future__ import annotations

import pytest
from hypothesis import given

from routing.links import LinkClass
from routing.table import (
    NOWHERE,
    Candidate,
    Case,
    Destination,
    Registration,
    build,
    is_on_us,
    without,
)
from tests.routing.cases import destinations, registrations

JINBAO, BANK = LinkClass.JINBAO, LinkClass.BANK
BOTH = Destination(group="first", links={BANK: "b", JINBAO: "j"})
CENTRE = Destination(links={BANK: "centre"})
HALL = Destination(links={JINBAO: "hall", BANK: "hall-bank"})


@pytest.mark.parametrize(
    ("mine", "theirs", "is_ours"),
    [("first", "first", True), ("first", "second", False), ("", "", False), ("first", "", False)],
)
def test_on_us_is_one_group_and_who_has_none_is_alone(
    mine: str, theirs: str, *, is_ours: bool
) -> None:
    registration, destination = Registration(group=mine), Destination(group=theirs)
    assert is_on_us(registration, destination) is is_ours


def test_the_access_is_tried_first_and_the_alternate_only_where_it_is_registered() -> None:
    acquirers = {
        "one": Registration(access=JINBAO, alternate=BANK),
        "two": Registration(access=BANK),
    }
    table = build(acquirers, {"i": BOTH})
    assert table.way("one", "i").candidates == (
        Candidate("j", JINBAO),
        Candidate("b", BANK, is_alternate=True),
    )
    assert table.way("two", "i").candidates == (Candidate("b", BANK),)
    assert table.way("two", "i").left_out == (Candidate("j", JINBAO),)


def test_a_centre_takes_what_is_off_us_and_nothing_that_is_on_us() -> None:
    acquirers = {"ours": Registration(group="first"), "other": Registration(group="second")}
    table = build(acquirers, {"i": BOTH}, CENTRE)
    assert table.way("ours", "i").case is Case.ON_US
    assert table.way("ours", "i").candidates == (Candidate("b", BANK),)
    assert table.way("other", "i").case is Case.MEMBER
    assert table.way("other", "i").candidates == (Candidate("centre", BANK),)
    assert build(acquirers, {"i": BOTH}).way("other", "i").case is Case.DIRECT


def test_who_is_not_in_the_table_leads_nowhere() -> None:
    assert build({}, {"i": BOTH}).way("a", "i") is NOWHERE
    assert build({"a": Registration()}, {}).social_way("a") is NOWHERE


def test_a_class_that_does_not_lead_there_is_no_candidate() -> None:
    table = build({"a": Registration(access=JINBAO)}, {"i": Destination(links={BANK: "b"})})
    assert table.way("a", "i").candidates == ()
    assert table.way("a", "i").left_out == (Candidate("b", BANK),)


@given(registrations())
def test_social_services_go_over_the_jinbao_network_whatever_was_registered(
    registration: Registration,
) -> None:
    way = build({"a": registration}, {}, social=HALL).social_way("a")
    assert way.case is Case.SOCIAL
    assert way.candidates == (Candidate("hall", JINBAO),)
    assert way.left_out == (Candidate("hall-bank", BANK),)


@given(registrations(), destinations("issuer"), destinations("centre"))
def test_every_link_of_the_destination_is_a_candidate_or_left_out_by_its_class(
    registration: Registration, issuer: Destination, centre: Destination
) -> None:
    for upstream in (None, centre):
        way = build({"a": registration}, {"i": issuer}, upstream).way("a", "i")
        to_centre = way.case is Case.MEMBER
        assert to_centre is (upstream is not None and not is_on_us(registration, issuer))
        links = centre.links if to_centre else issuer.links
        both = (*way.candidates, *way.left_out)
        assert {each.link_class: each.link for each in both} == links
        assert len(both) == len(links)
        assert all(each.link_class in registration.classes for each in way.candidates)
        assert not any(each.link_class in registration.classes for each in way.left_out)
        assert [each.is_alternate for each in way.candidates] == [
            each.link_class is registration.alternate for each in way.candidates
        ]


def test_a_class_that_is_left_out_is_no_candidate_any_more() -> None:
    lines = {LinkClass.JINBAO: "j", LinkClass.BANK: "b"}
    registration = Registration(access=LinkClass.JINBAO, alternate=LinkClass.BANK)
    way = build({"a": registration}, {"i": Destination(links=lines)}).way("a", "i")
    left = without(way, LinkClass.JINBAO)
    assert [each.link for each in left.candidates] == ["b"]
    assert [each.link for each in left.left_out] == ["j"]
    assert without(left, LinkClass.JINBAO) is left
