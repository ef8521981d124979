"""Results: parts of several workers add up to the whole, and files come back as they were."""

from __future__ import annotations

import json

import pytest

from simulators.load.measuring.recorder import End, Recorder, Ticket
from simulators.load.measuring.results import (
    Health,
    Part,
    Result,
    ResultError,
    from_json,
    part_from_json,
    to_json,
    together,
)

_MS = 1_000_000


def record(recorders: list[Recorder], count: int) -> None:
    """Record the same transactions over some recorders, in turn."""
    for number in range(count):
        recorder = recorders[number % len(recorders)]
        ticket = Ticket(number * 37 * _MS, ("withdrawal", "balance")[number % 2], 0, 100)
        ticket.link, ticket.sent_ns = f"bank-{number % 3}", ticket.due_ns
        recorder.meant(ticket)
        code = "00" if number % 5 else "51"
        outcome = "approved" if number % 5 else "declined"
        end = End(outcome, code, terminal=f"T{number % 4}")
        recorder.ended(ticket, ticket.due_ns + (number % 91) * _MS, end)


def _parts(workers: int) -> list[Part]:
    recorders = [Recorder(0, 0, None) for _ in range(workers)]
    record(recorders, 300)
    return [recorder.part() for recorder in recorders]


def test_the_parts_of_three_workers_are_exactly_the_whole_of_one() -> None:
    one, three = together(_parts(1)), together(_parts(3))
    assert json.loads(to_json(three)) == json.loads(to_json(one))
    assert one.accounts.intended == 300
    assert sum(len(cell.intended) for cell in one.cells) == 300


def test_a_part_and_a_result_come_back_from_their_files() -> None:
    part = together(_parts(2))
    assert to_json(part_from_json(to_json(part))) == to_json(part)
    result = Result(whole=part, target="h:1", invalid=["why"])
    back = from_json(to_json(result))
    assert to_json(back) == to_json(result)
    assert not back.is_valid


@pytest.mark.parametrize("text", [b"", b"{}x", b'{"format": 2}', b'{"whole": {"cells": 3}}'])
def test_what_is_no_result_is_refused(text: bytes) -> None:
    with pytest.raises(ResultError):
        from_json(text)


def test_a_result_is_good_only_if_it_is_valid_and_keeps_everything() -> None:
    good = Result(judged=[{"is_kept": True}])
    assert good.is_good
    assert not Result(judged=[{"is_kept": False}]).is_good
    assert not Result(invalid=["the generator"]).is_good


def test_cpu_a_transaction_leaves_looking_at_the_clock_out() -> None:
    parts = [Part(health=Health(cpu_s=2.0, spun_s=1.5, transactions=10, away_s=0.25))] * 2
    health = together(parts).health
    assert health.cpu_us == 50_000
    assert (health.away_s, health.transactions) == (0.5, 20)
    assert Health().cpu_us == 0
