"""The verdicts of the registry, in the order and with the clauses of the notice."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.registry.snapshot import Asked, Connection, Point, Registry, Span, Why
from switch.registry.stages import NO_END, Opening, Stage

_DAY = 20140618
_LATER = 20141201


def _stage(name: str, kinds: tuple[str, ...], **changes: Any) -> Stage:  # noqa: ANN401 - any field
    stage = Stage(
        id=name,
        en="",
        zh="",
        clause="四(二)",
        channels=frozenset({"rural"}),
        transactions=frozenset(kinds),
        takes_social=True,
        takes_other=False,
    )
    return replace(stage, **changes)


STAGES = (
    _stage("initial", ("withdrawal",), open_from=20140617),
    _stage("other-cards", ("withdrawal",), takes_social=False, takes_other=True, clause="四(四)2"),
    _stage("transfer", ("transfer",), takes_other=True),
    _stage(
        "branches",
        (),
        channels=frozenset({"urban"}),
        transactions=None,
        takes_other=True,
        open_from=20140617,
    ),
)
POINT = Point(
    merchant="m", district="d", is_eligible=True, open_from=20140601, agreed=Span(20140601, NO_END)
)
GOOD = Registry(
    change=1,
    stages=STAGES,
    points={"m": POINT},
    pilots={"d": 20140610},
    qualifications={"a": Span(20120101, 20201231)},
)
ASKED = Asked("withdrawal", "rural", "m", "a", is_social=True, day=_DAY)


def _judged(
    registry: Registry = GOOD,
    **changes: Any,  # noqa: ANN401 - any field
) -> tuple[Why, str, int | None]:
    verdict = registry.judge(replace(ASKED, **changes))
    assert verdict.is_open is (verdict.why is Why.OPEN)
    return verdict.why, verdict.stage, verdict.from_day


def test_a_service_point_does_what_is_open_from_the_beginning() -> None:
    assert _judged() == (Why.OPEN, "initial", 20140617)
    assert _judged(day=20140617) == (Why.OPEN, "initial", 20140617)
    assert _judged(day=20140616) == (Why.STAGE, "initial", 20140617)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"qualifications": {}}, (Why.QUALIFICATION, None)),
        ({"qualifications": {"a": Span(_LATER, 20201231)}}, (Why.QUALIFICATION, _LATER)),
        ({"qualifications": {"a": Span(20120101, 20140617)}}, (Why.QUALIFICATION, None)),
        ({"points": {}}, (Why.POINT, None)),
        ({"points": {"m": replace(POINT, is_eligible=False)}}, (Why.POINT, None)),
        ({"points": {"m": replace(POINT, open_from=_LATER)}}, (Why.POINT, _LATER)),
        ({"points": {"m": replace(POINT, agreed=None)}}, (Why.AGREEMENT, None)),
        ({"points": {"m": replace(POINT, agreed=Span(_LATER, NO_END))}}, (Why.AGREEMENT, _LATER)),
        ({"points": {"m": replace(POINT, agreed=Span(0, _DAY - 1))}}, (Why.AGREEMENT, None)),
        ({"pilots": {}}, (Why.PILOT, None)),
        ({"pilots": {"d": None}}, (Why.PILOT, None)),
        ({"pilots": {"d": _LATER}}, (Why.PILOT, _LATER)),
    ],
)
def test_what_a_point_lacks_refuses_everything_there_and_nothing_in_town(
    changes: dict[str, Any], expected: tuple[Why, int | None]
) -> None:
    registry = replace(GOOD, **changes)
    assert _judged(registry) == (expected[0], "initial", expected[1])
    assert _judged(registry, channel="urban") == (Why.OPEN, "branches", 20140617)
    assert registry.judge(ASKED).clause == expected[0].value


def test_another_card_waits_for_the_approval_of_its_acquirer() -> None:
    assert _judged(is_social=False) == (Why.CARD, "other-cards", None)
    approved = Opening(stage="other-cards", scope="acquirer:a", from_day=_LATER)
    registry = replace(GOOD, openings=(approved,))
    assert _judged(registry, is_social=False) == (Why.CARD, "other-cards", _LATER)
    assert _judged(registry, is_social=False, day=_LATER) == (Why.OPEN, "other-cards", _LATER)
    assert registry.judge(replace(ASKED, is_social=False)).clause == "四(四)2"
    other = replace(registry, qualifications={"b": Span(20120101, 20201231)})
    assert _judged(other, is_social=False, day=_LATER, acquirer="b")[0] is Why.CARD


@pytest.mark.parametrize("scope", ["all", "district:d", "acquirer:a", "point:m"])
def test_a_stage_opens_within_its_scope_and_its_days(scope: str) -> None:
    opening = Opening(stage="transfer", scope=scope, from_day=20140701, until_day=20140731)
    registry = replace(GOOD, openings=(opening,))
    asked = {"transaction": "transfer"}
    assert _judged(registry, **asked) == (Why.STAGE, "transfer", 20140701)
    assert _judged(registry, **asked, day=20140701) == (Why.OPEN, "transfer", 20140701)
    assert _judged(registry, **asked, day=20140731) == (Why.OPEN, "transfer", 20140701)
    assert _judged(registry, **asked, day=20140801) == (Why.STAGE, "transfer", None)


@pytest.mark.parametrize("scope", ["district:e", "acquirer:b", "point:n"])
def test_what_is_open_elsewhere_is_not_open_here(scope: str) -> None:
    opening = Opening(stage="transfer", scope=scope, from_day=20140101)
    registry = replace(GOOD, openings=(opening,))
    assert _judged(registry, transaction="transfer") == (Why.STAGE, "transfer", None)


def test_a_plain_pos_does_nothing_that_only_a_composite_device_does() -> None:
    registry = replace(GOOD, composite_only=frozenset({"withdrawal"}))
    for device in ("", "composite"):
        assert _judged(registry, device=device)[0] is Why.OPEN
    for channel in ("rural", "urban"):
        stage = "initial" if channel == "rural" else "branches"
        assert _judged(registry, device="pos", channel=channel) == (Why.DEVICE, stage, None)
    assert _judged(GOOD, device="pos")[0] is Why.OPEN
    transfers = replace(registry, openings=(Opening(stage="transfer", scope="all", from_day=1),))
    assert _judged(transfers, device="pos", transaction="transfer")[0] is Why.OPEN


def test_what_no_stage_opens_is_said_without_a_stage() -> None:
    assert _judged(transaction="load") == (Why.STAGE, "", None)


@given(
    days=st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=4),
    day=st.integers(1, 20),
)
def test_a_transaction_is_open_on_the_days_of_its_openings_and_the_next_one_is_told(
    days: list[tuple[int, int]], day: int
) -> None:
    point = replace(POINT, open_from=0, agreed=Span(0, NO_END))
    openings = tuple(
        Opening(stage="transfer", scope="point:m", from_day=first, until_day=last)
        for first, last in days
    )
    registry = replace(
        GOOD,
        openings=openings,
        points={"m": point},
        pilots={"d": 0},
        qualifications={"a": Span(0, 99)},
    )
    why, _, from_day = _judged(registry, transaction="transfer", day=day)
    assert (why is Why.OPEN) is any(first <= day <= last for first, last in days)
    if why is not Why.OPEN:
        good = (first for first, last in days if day < first <= last)
        assert from_day == min(good, default=None)


_SOMETIMES = st.none() | st.builds(Span, st.integers(1, 12), st.integers(6, 20))


@given(
    agreed=_SOMETIMES,
    qualified=_SOMETIMES,
    pilot=st.none() | st.integers(1, 12),
    open_from=st.integers(1, 12),
    windows=st.lists(st.tuples(st.integers(1, 20), st.integers(1, 20)), max_size=3),
)
def test_a_refusal_names_the_first_day_on_which_it_would_be_allowed(
    agreed: Span | None,
    qualified: Span | None,
    pilot: int | None,
    open_from: int,
    windows: list[tuple[int, int]],
) -> None:
    registry = replace(
        GOOD,
        openings=tuple(
            Opening(stage="transfer", scope="all", from_day=first, until_day=last)
            for first, last in windows
        ),
        points={"m": replace(POINT, open_from=open_from, agreed=agreed)},
        pilots={"d": pilot},
        qualifications={} if qualified is None else {"a": qualified},
    )
    told = [_judged(registry, transaction="transfer", day=day) for day in range(22)]
    open_days = [day for day, (why, _, _) in enumerate(told) if why is Why.OPEN]
    for day, (why, stage, from_day) in enumerate(told):
        assert stage == "transfer"
        if why is not Why.OPEN:
            assert from_day == min((each for each in open_days if each > day), default=None)


def test_the_first_reason_is_told_with_the_day_on_which_the_last_one_is_gone() -> None:
    """A point that opens in 2016 and whose agreement begins in 2017 does nothing before 2017."""
    late = replace(POINT, open_from=20160617, agreed=Span(20170617, NO_END))
    registry = replace(GOOD, points={"m": late})
    assert _judged(registry) == (Why.POINT, "initial", 20170617)
    assert registry.judge(ASKED).clause == "四(三)1"
    assert _judged(registry, day=20160617) == (Why.AGREEMENT, "initial", 20170617)
    assert _judged(registry, day=20170617)[0] is Why.OPEN
    never = replace(GOOD, points={"m": replace(late, agreed=None)})
    assert _judged(never) == (Why.POINT, "initial", None)


def test_an_issuer_is_connected_from_the_approval_of_its_plan_on() -> None:
    registry = replace(GOOD, connections={"i": Connection(_DAY)})
    asked = (
        ("i", "62", _DAY - 1), ("i", "62", _DAY), ("i", "62", _LATER), ("j", "62", _LATER),
    )  # fmt: skip
    assert [registry.is_connected(*each) for each in asked] == [False, True, True, False]


@pytest.mark.parametrize(
    ("prefix", "is_covered"),
    [("621999", True), ("6219990", True), ("62199", False), ("621998", False), ("4", True)],
)
def test_a_plan_that_names_ranges_covers_their_cards_only(prefix: str, is_covered: bool) -> None:
    registry = replace(GOOD, connections={"i": Connection(_DAY, ("621999", "4"))})
    assert registry.is_connected("i", prefix, _DAY) is is_covered
    assert not registry.is_connected("i", prefix, _DAY - 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"qualifications": {"a": Span(_DAY, _DAY)}},
        {"points": {"m": replace(POINT, open_from=_DAY, agreed=Span(_DAY, _DAY))}},
        {"pilots": {"d": _DAY}},
    ],
)
def test_the_day_itself_counts(changes: dict[str, Any]) -> None:
    assert _judged(replace(GOOD, **changes))[0] is Why.OPEN


def test_verdicts_that_are_kept_are_bounded_and_never_those_of_other_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("switch.registry.snapshot.MOST_VERDICTS", 3)
    registry = replace(GOOD)
    for day in range(20140615, 20140625):
        first = _judged(registry, day=day)
        assert first == _judged(registry, day=day) == _judged(replace(GOOD), day=day)
        assert len(registry.verdicts) <= 3
    assert _judged(replace(registry, pilots={}))[0] is Why.PILOT
