"""Two traces are paired request by request, whatever their order, and what one lacks is told."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Final

import pytest

from simulators.replay.again.rules import Rules
from simulators.replay.trace.form import Side
from simulators.replay.trace.reading import Trace
from simulators.replay.verdict import between
from simulators.replay.verdict.between import LONE, UNREADABLE, Between
from simulators.replay.verdict.comparing import Comparer
from simulators.wire import Wire
from tests.simulators.replay.days import DIALECTS, INTERBANK, POS, START_US, Raw, bare, day, written

_SIDES: Final[tuple[Side, ...]] = ("terminal", "issuer")
_WIRES: Final[dict[Side, Wire]] = {"terminal": POS, "issuer": INTERBANK}


def _compared(
    tmp_path: Path, one: list[Raw], other: list[Raw], *, any_stan: bool = False
) -> Between:
    traces = [
        Trace(str(written(tmp_path / f"{n}.jsonl", raws))) for n, raws in enumerate((one, other))
    ]
    comparers = {side: Comparer(DIALECTS[side], Rules(format=1), side) for side in _SIDES}
    return Between(_WIRES, comparers, any_stan=any_stan).of(*traces)


def _found(told: Between) -> dict[str, tuple[str, str, int]]:
    return {
        each.field: (each.recorded, each.answered, each.count)
        for comparer in told.comparers.values()
        for each in comparer.groups.values()
    }


def _changed(raw: Raw, **changed: str) -> Raw:
    """Return the same with other fields."""
    wire = _WIRES[raw.side]
    heard = wire.hear(raw.frame)
    said = {**heard.fields, **{int(name[1:]): text for name, text in changed.items()}}
    size = wire.dialect.frame.head_size
    said = dict(sorted(said.items()))
    return raw._replace(frame=wire.bare(wire.say(heard.frame[:size], heard.mti, said)))


def test_a_day_is_like_itself_in_any_order_of_its_terminals(tmp_path: Path) -> None:
    raws = list(day(30))
    chance = Random(3)  # noqa: S311 - no secret
    pairs = [raws[at : at + 2] for at in range(0, len(raws), 2)]
    chance.shuffle(pairs)
    told = _compared(tmp_path, raws, [raw for pair in pairs for raw in pair])
    assert (told.comparers["terminal"].compared, _found(told)) == (30, {})


def test_what_differs_in_request_or_answer_is_named(tmp_path: Path) -> None:
    raws = list(day(3))
    other = [_changed(raws[0], f49="840"), _changed(raws[1], f39="05", f37="1" * 12), *raws[2:]]
    told = _compared(tmp_path, raws, other)
    assert _found(told) == {"39": ("00", "05", 1), "request 49": ("156", "840", 1)}
    assert told.comparers["terminal"].unexplained == 1


def test_what_one_lacks_is_told_of_either(tmp_path: Path) -> None:
    raws = list(day(4))
    told = _compared(tmp_path, raws[:6], raws[2:])
    comparer = told.comparers["terminal"]
    assert (comparer.compared, comparer.equal) == (4, 2)
    groups = comparer.groups.values()
    assert sorted((each.field, each.recorded, each.answered) for each in groups) == [
        ("request", "given", "none"), ("request", "none", "given"),
    ]  # fmt: skip


def test_an_answer_that_is_missing_is_no_missing_request(tmp_path: Path) -> None:
    raws = list(day(2))
    told = _compared(tmp_path, raws, raws[:3])
    assert _found(told) == {"answer": ("given", "none", 1)}


def test_other_trace_numbers_are_the_same_request_where_that_is_asked(tmp_path: Path) -> None:
    raws = list(day(2))
    other = [_changed(raw, f11=f"{700 + at // 2:06d}") for at, raw in enumerate(raws)]
    assert _found(_compared(tmp_path, raws, other))["request"][2] == 2
    assert _found(_compared(tmp_path, raws, other, any_stan=True)) == {
        "11": ("000001", "000700", 2), "request 11": ("000001", "000700", 2),
    }  # fmt: skip


def test_the_issuer_side_is_paired_without_trace_numbers(tmp_path: Path) -> None:
    asked = Raw(START_US, "bank-1", "issuer", "peer", bare("interbank-withdrawal"))
    echo = Raw(START_US, "bank-1", "issuer", "peer", bare("interbank-sign-on"))
    other = _changed(asked, f11="999999", f41="50010009")
    again = _changed(asked, f11="999999", f49="840")
    assert _found(_compared(tmp_path, [asked, echo], [again])) == {"request 49": ("156", "840", 1)}
    assert _compared(tmp_path, [asked, echo], [again]).left_out.total() == 1
    assert _found(_compared(tmp_path, [asked], [other]))["request"][2] == 1


def test_what_waits_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(between, "MOST_WAITING", 2)
    raws = list(day(20))
    backwards = [raw for at in range(38, -1, -2) for raw in raws[at : at + 2]]
    told = _compared(tmp_path, raws, backwards)
    comparer = told.comparers["terminal"]
    assert comparer.compared > comparer.equal
    assert {each.field for each in comparer.groups.values()} == {"request"}


def test_lone_answers_and_unreadable_frames_are_told(tmp_path: Path) -> None:
    raws = list(day(2))
    odd = Raw(START_US, "t", "terminal", "switch", bare("withdrawal")[:50])
    told = _compared(tmp_path, [*raws[1:], odd], raws)
    assert told.left_out == {LONE: 1, UNREADABLE: 1}
