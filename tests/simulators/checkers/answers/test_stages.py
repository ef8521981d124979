"""What is done is what the matrix admits: a second computation, and what it finds."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.cards import FIRST_PAN
from simulators.checkers.answers.stages import KINDS, check, verdict
from simulators.installation import ACQUIRER, Size, configuration
from simulators.world.history import History, Reported
from simulators.world.matrix.asking import Asked, Gate
from simulators.world.matrix.drawing import changed
from simulators.world.weather.faults import stream
from switch.core.outcomes import Opened
from switch.registry import snapshot
from switch.registry.snapshot import Registry, Why
from tests.simulators import recording
from tests.simulators.world.matrix.test_drawing import DAY, drawn
from tests.switch.ledger import making

_CODES = {Why.QUALIFICATION: "58", Why.POINT: "58", Why.AGREEMENT: "58", Why.PILOT: "40",
          Why.DEVICE: "58"}  # fmt: skip
_KEY = ("50010001", "000000", "000000")
_DAYS = (20141230, DAY, 20150101, 20150102)


def _history(seed: int) -> History:
    made, history = drawn(seed), recording.blank()
    history.configuration = made.set_up(configuration(Size(terminals=4, issuers=2)))
    history.gate = Gate(frozenset({FIRST_PAN}) if seed % 2 else frozenset())
    return history


def _asked(registry: Registry, codes: tuple[str, str, str], day: int = DAY) -> Asked:
    key = (making.opening(1).key.terminal, *_KEY[1:])
    return Asked(1, 1, "a", key, codes, FIRST_PAN, day, registry, None)


@pytest.mark.parametrize("seed", range(6))
def test_it_says_what_the_switch_says_in_every_drawn_registry_and_after_every_change(
    seed: int,
) -> None:
    history, chance = _history(seed), stream(seed, "changes")
    registry = drawn(seed).registry
    for _ in range(12):
        for codes, kind in KINDS.items():
            for day in _DAYS:
                _agree(history, _asked(registry, codes, day), kind)
        registry = changed(registry, chance, DAY)


def _agree(history: History, asked: Asked, kind: str) -> None:
    terminal = history.configuration.terminals[asked.key[0]]
    mine = verdict(history, asked, asked.registry, asked.day)
    said = asked.registry.judge(
        snapshot.Asked(
            kind,
            terminal.channel,
            terminal.merchant,
            ACQUIRER,
            not history.gate.others if history.gate else True,
            asked.day,
            asked.registry.devices.get(terminal.id, ""),
        )
    )
    assert (mine is None) == said.is_open, (kind, asked.day)
    if mine is not None:
        never = "58" if not said.stage else "40"
        code = _CODES.get(said.why, "57" if said.why is Why.CARD else never)
        assert (code, said.from_day) == (mine.code, mine.from_day), (kind, asked.day)
        assert said.stage in mine.stages
        assert said.clause in mine.clauses


def test_worlds_keep_to_it_and_each_wrong_switch_is_seen() -> None:
    assert recording.is_content(check)
    assert not list(check(recording.blank()))
    for plant in ("yesterday", "any-card", "late-reload"):
        assert recording.sees(check, plant), plant


def test_what_was_opened_though_no_copy_was_admitted_is_found() -> None:
    closed = replace(drawn(0).registry, stages=(), openings=())
    history = _history(0)
    opening = making.opening(1)
    key = opening.key
    asked = replace(
        _asked(closed, ("0200", "010000", "70")), key=(key.terminal, key.batch, key.stan), number=0
    )
    assert history.gate is not None
    history.gate.asked.append(asked)
    recording.applied(history, opening, Opened(0, 0))
    [found] = check(history)
    assert "was opened, and had to be refused" in found


@pytest.mark.parametrize(
    ("code", "clause", "is_found"), [("58", "四(二)", False), ("40", "四(二)", True)]
)
def test_a_refusal_that_says_something_else_is_found(
    code: str,
    clause: str,
    is_found: bool,
) -> None:
    closed = replace(drawn(0).registry, stages=(), openings=())
    history = _history(0)
    assert history.gate is not None
    asked = replace(_asked(closed, ("0200", "010000", "70")), number=0)
    history.gate.asked.append(asked)
    facts: dict[str, object] = {
        "terminal": asked.key[0],
        "stan": asked.key[2],
        "code": code,
        "stage": "",
        "open_from": None,
        "clause": clause,
    }
    history.reported.append(Reported(2, 2, "declined", facts, b""))
    assert bool(list(check(history))) is is_found
