"""Transactions are found with all their legs; frames are kept, cut and joined."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.cards import fictional_card
from simulators.replay.trace.choosing import (
    Wanted,
    Where,
    clock_of,
    cut,
    find,
    keeps,
    merge,
    zone_of,
)
from simulators.replay.trace.form import Frame, Header, To, TraceError
from simulators.replay.trace.reading import Trace
from tests.simulators.replay.days import START_US, Raw, bare, day, frames, written

SHANGHAI = zone_of(Header(made_by="", dialects={}))


def _both_legs(tmp_path: Path) -> str:
    """Write a withdrawal with the issuer's leg inside it: they share the RRN."""
    raws = [
        Raw(START_US, "t", "terminal", "switch", bare("withdrawal")),
        Raw(START_US + 5, "bank-1", "issuer", "peer", bare("interbank-withdrawal")),
        Raw(START_US + 90, "t", "terminal", "peer", bare("withdrawal-response")),
        Raw(START_US + 120_000_000, "t", "terminal", "switch", bare("balance")),
    ]
    return str(written(tmp_path / "t.jsonl", raws))


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(rrn="061809350002"),
        Wanted(stan="000002", terminal="50010001"),
        Wanted(card="621999x0120", at="10:00"),
    ],
)
def test_one_transaction_comes_with_both_legs(tmp_path: Path, wanted: Wanted) -> None:
    found = list(find(Trace(_both_legs(tmp_path)), wanted))
    assert {each.request.side for each in found if each.request} == {"terminal", "issuer"}
    assert len(found) == 2


def test_a_minute_has_its_own(tmp_path: Path) -> None:
    (found,) = find(Trace(_both_legs(tmp_path)), Wanted(at="10:02"))
    assert found.request is not None
    assert found.request.summary is not None
    assert found.request.summary.stan == "000003"
    for other in ("11:02", "2014-06-17 10:02", "2014-06-19T10:02"):
        assert list(find(Trace(_both_legs(tmp_path)), Wanted(at=other))) == []
    for same in ("2014-06-18 10:02", "2014-06-18T10:02:00"):
        assert list(find(Trace(_both_legs(tmp_path)), Wanted(at=same))) == [found]


@pytest.mark.parametrize("wanted", [Wanted(card="6219"), Wanted(at="10 o'clock")])
def test_a_wish_that_makes_no_sense_is_said(tmp_path: Path, wanted: Wanted) -> None:
    with pytest.raises(TraceError, match="should be"):
        list(find(Trace(_both_legs(tmp_path)), wanted))


def test_frames_are_kept_by_what_they_are() -> None:
    told = frames(list(day(9)))
    assert len(list(filter(keeps(Where(terminal="50010002")), told))) == 6
    assert len(list(filter(keeps(Where(code="00", connection="terminal-1")), told))) == 3
    assert len(list(filter(keeps(Where(side="issuer")), told))) == 0


def test_a_time_of_the_day_is_cut_out() -> None:
    told = frames(list(day(10, gap_us=60_000_000)))
    found = list(cut(told, "10:03", "10:05", SHANGHAI))
    assert [frame.at_us for frame in found] == [frame.at_us for frame in told[6:10]]
    assert list(cut(told, "2014-06-18 10:03", "2014-06-18T10:05", SHANGHAI)) == found
    assert list(cut(told, "2014-06-19 10:03", "", SHANGHAI)) == []
    assert list(cut(told, "", "2014-06-18 10:00", SHANGHAI)) == []
    for wrong in ("noon", "2014-06-18", "2014-06-18 10"):
        with pytest.raises(TraceError, match="is written like"):
            list(cut(told, wrong, "", SHANGHAI))


def test_an_absurd_time_is_an_error_of_the_trace() -> None:
    frame = Frame(at_us=10**30, connection="c", side="issuer", to="peer", hex="")
    with pytest.raises(TraceError, match="outside all calendars"):
        list(cut([frame], "10:03", "", SHANGHAI))
    with pytest.raises(TraceError, match="time zone"):
        zone_of(Header(made_by="", dialects={}, time_zone="Mars"))
    with pytest.raises(TraceError, match="time zone"):
        zone_of(Header(made_by="", dialects={}, time_zone="+99:99"))


def test_traces_join_in_the_order_of_time(tmp_path: Path) -> None:
    raws = list(day(10))
    paths = [written(tmp_path / f"{n}.jsonl", raws[n::2]) for n in (0, 1)]
    header, joined = merge([Trace(str(path)) for path in paths])
    assert list(joined) == sorted(frames(raws), key=lambda frame: frame.at_us)
    assert header.made_by == "jinbao trace merge"


def test_traces_under_other_keys_do_not_join(tmp_path: Path) -> None:
    one = written(tmp_path / "1.jsonl", day(1))
    other = tmp_path / "2.jsonl"
    text = one.read_text().replace('"key":"', '"key":"0')
    other.write_text(text)
    with pytest.raises(TraceError, match="other masking"):
        merge([Trace(str(one)), Trace(str(other))])


def test_the_stand_in_keeps_what_a_card_is_searched_by(tmp_path: Path) -> None:
    path = str(written(tmp_path / "t.jsonl", day(5)))
    pan = fictional_card(3).pan
    (found,) = find(Trace(path), Wanted(card=f"{pan[:6]}x{pan[-4:]}"))
    assert found.request is not None
    assert pan not in found.request.hex


@pytest.mark.parametrize("text", ["99:99", "24:00", "10:60", "10:04:61", "2014-02-30 10:04"])
def test_times_that_no_clock_shows_are_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TraceError, match="--at should be"):
        list(find(Trace(_both_legs(tmp_path)), Wanted(at=text)))
    with pytest.raises(TraceError, match="is written like"):
        list(cut(frames(list(day(1))), text, "", SHANGHAI))


def test_a_cut_goes_over_midnight() -> None:
    told = frames(list(day(26, gap_us=3_600_000_000)))
    found = {f"{clock_of(each, SHANGHAI):%d %H}" for each in cut(told, "22:00", "02:00", SHANGHAI)}
    assert found == {"18 22", "18 23", "19 00", "19 01"}


def test_legs_of_another_day_are_another_transaction(tmp_path: Path) -> None:
    week_us = 7 * 86_400 * 1_000_000
    legs: tuple[tuple[str, To], ...] = (("withdrawal", "switch"), ("withdrawal-response", "peer"))
    raws = [
        Raw(START_US + late, "t", "terminal", to, bare(name))
        for late in (0, week_us)
        for name, to in legs
    ]
    trace = str(written(tmp_path / "w.jsonl", raws))
    assert len(list(find(Trace(trace), Wanted(rrn="061809350002")))) == 2
    (found,) = find(Trace(trace), Wanted(at="2014-06-18 10:00"))
    assert found.frames[0].at_us == START_US
