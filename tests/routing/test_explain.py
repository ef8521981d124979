"""An explanation is the choice itself, told: one verdict a line, and a reason for each."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from routing.choose import choose
from routing.explain import CASE_WORDS, USABLE, Verdict, explain
from routing.links import LinkClass
from routing.table import Case, Destination, Registration, build
from tests.routing.cases import destinations, registrations

JINBAO, BANK = LinkClass.JINBAO, LinkClass.BANK
BOTH = Destination(group="first", links={JINBAO: "j", BANK: "b"})
STANDINGS = st.sampled_from([USABLE, "down", "resting"])


def _verdicts(registration: Registration, **standing: str) -> dict[str, Verdict]:
    way = build({"a": registration}, {"i": BOTH}).way("a", "i")
    told = explain(way, lambda link: standing.get(link, USABLE))
    return {line.link: line.verdict for line in told.lines}


def test_every_line_has_its_verdict() -> None:
    two = Registration(access=JINBAO, alternate=BANK)
    assert _verdicts(two) == {"j": Verdict.TAKEN, "b": Verdict.STANDS_BY}
    assert _verdicts(two, j="down") == {"j": Verdict.DOWN, "b": Verdict.TAKEN}
    assert _verdicts(two, j="resting") == {"j": Verdict.RESTING, "b": Verdict.TAKEN}
    one = Registration(access=BANK)
    assert _verdicts(one) == {"b": Verdict.TAKEN, "j": Verdict.NOT_REGISTERED}
    assert _verdicts(one, b="down") == {"b": Verdict.DOWN, "j": Verdict.NOT_REGISTERED}


def test_a_social_service_is_told_that_nothing_else_is_permitted() -> None:
    table = build({"a": Registration(access=BANK)}, {}, social=BOTH)
    told = explain(table.social_way("a"), lambda link: "down" if link == "j" else USABLE)
    assert told.case is Case.SOCIAL
    assert told.link == ""
    assert {line.link: line.verdict for line in told.lines} == {
        "j": Verdict.DOWN,
        "b": Verdict.NOT_PERMITTED,
    }


@given(
    registrations(),
    destinations(),
    st.fixed_dictionaries({"to-jinbao": STANDINGS, "to-bank": STANDINGS}),
)
def test_the_line_that_is_told_is_the_one_that_is_chosen(
    registration: Registration, destination: Destination, standing: dict[str, str]
) -> None:
    way = build({"a": registration}, {"i": destination}).way("a", "i")
    told = explain(way, standing.__getitem__)
    chosen = choose(way, lambda link: standing[link] == USABLE)
    assert told.link == (chosen.link if chosen else "")
    taken = [line.link for line in told.lines if line.verdict is Verdict.TAKEN]
    assert taken == ([chosen.link] if chosen else [])
    assert {line.link for line in told.lines} == set(destination.links.values())


def test_every_word_is_there_in_both_languages() -> None:
    assert CASE_WORDS.keys() == set(Case)
    for case_words in CASE_WORDS.values():
        assert case_words.en
        assert case_words.zh
    way = build({"a": Registration(access=JINBAO, alternate=BANK)}, {"i": BOTH}).way("a", "i")
    for standing in (USABLE, "down", "resting"):
        for line in explain(way, lambda _, so=standing: so).lines:  # type: ignore[misc]
            assert line.why.en
            assert any(ord(character) > 0x2E80 for character in line.why.zh)
