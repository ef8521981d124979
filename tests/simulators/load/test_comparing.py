"""Comparing results: chance is no difference, a slower host is."""

from __future__ import annotations

from simulators.load.comparing import Comparison, compare
from simulators.load.measuring.recorder import End, Recorder, Ticket
from simulators.load.measuring.results import Machine, Result, together
from simulators.load.scenario.draws import stream

_MS = 1_000_000


def _result(seed: int, slower: float = 1.0, declined: float = 0.02) -> Result:
    recorder, chance = Recorder(0, 0, None), stream(seed, "test")
    for number in range(5_000):
        ticket = Ticket(number * _MS, "withdrawal", 0, 100)
        ticket.link, ticket.sent_ns = "bank-1", ticket.due_ns
        recorder.meant(ticket)
        took_ns = int(chance.lognormvariate(1.5, 0.4) * slower * _MS)
        is_declined = chance.random() < declined
        end = End("declined" if is_declined else "approved", "51" if is_declined else "00")
        recorder.ended(ticket, ticket.due_ns + took_ns, end)
    part = together([recorder.part()])
    return Result(whole=part, seconds=5.0, scenario={"seed": 1}, machine=Machine(host="a"))


def _matter(found: Comparison) -> set[str]:
    return {each.name for each in found.differences if each.matters}


def test_two_runs_of_one_host_do_not_differ() -> None:
    found = compare(_result(1), _result(2))
    assert _matter(found) == set()
    assert not found.is_worse
    assert found.cautions == []


def test_a_slower_host_is_worse_and_the_other_way_round_better() -> None:
    found = compare(_result(1), _result(2, slower=1.4))
    assert {"all p50", "all p99", "withdrawal bank-1 p99"} <= _matter(found)
    assert found.is_worse
    assert found.differences[0].matters
    back = compare(_result(2, slower=1.4), _result(1))
    assert _matter(back)
    assert not back.is_worse


def test_more_refusals_are_worse() -> None:
    found = compare(_result(1), _result(2, declined=0.08))
    assert {"approved", "declined", "code 51", "code 00"} <= _matter(found)
    assert all(each.is_worse for each in found.differences if each.name in {"approved", "code 51"})


def test_what_makes_runs_hard_to_compare_is_said() -> None:
    other = _result(2)
    other.invalid, other.scenario = ["the generator was late"], {"seed": 2}
    other.machine = Machine(host="b")
    cautions = " ".join(compare(_result(1), other).cautions)
    assert "invalid" in cautions
    assert "seed" in cautions
    assert "machines" in cautions
