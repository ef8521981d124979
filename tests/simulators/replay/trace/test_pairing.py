"""Requests and answers find each other, and what is alone is told."""

from __future__ import annotations

from random import Random

import pytest

from simulators.replay.trace import pairing
from simulators.replay.trace.pairing import exchanges
from tests.simulators.replay.days import day, frames


def test_every_request_gets_its_own_answer() -> None:
    found = list(exchanges(frames(list(day(50)))))
    assert len(found) == 50
    for each in found:
        assert each.request is not None
        assert each.answer is not None
        assert each.latency_us == 30_000
        assert each.request.summary is not None
        assert each.rrn == f"0618{int(each.request.summary.stan) - 1:08d}"


def test_answers_may_come_in_another_order() -> None:
    told = frames(list(day(60, terminals=1)))
    requests = [frame for frame in told if frame.to == "switch"]
    answers = [frame for frame in told if frame.to == "peer"]
    Random(7).shuffle(answers)  # noqa: S311 - no secret
    found = list(exchanges([*requests, *answers]))
    assert len(found) == 60
    assert all(
        each.request and each.answer and each.request.summary and each.answer.summary
        and each.request.summary.stan == each.answer.summary.stan
        for each in found
    )  # fmt: skip


def test_what_is_missing_is_told() -> None:
    told = frames(list(day(3)))
    lone = list(exchanges(told[1:-1]))
    assert [(each.request is None, each.answer is None) for each in lone] == [
        (True, False), (False, False), (False, True),
    ]  # fmt: skip
    assert lone[0].latency_us is None


def test_a_request_that_comes_again_leaves_the_first_unanswered() -> None:
    request, answer = frames(list(day(1)))
    first, second = exchanges([request, request, answer])
    assert first.answer is None
    assert second.answer == answer


def test_requests_without_answers_are_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pairing, "MOST_OPEN", 10)
    requests = [frame for frame in frames(list(day(30))) if frame.to == "switch"]
    taken = iter(requests)
    first = next(exchanges(taken))
    assert first.request == requests[0]
    assert len(list(taken)) == 30 - 11
