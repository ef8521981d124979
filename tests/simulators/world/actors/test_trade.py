"""What people ask of terminals: every kind comes, and what takes of another names its slip."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace

from simulators.cards import Card, fictional_card
from simulators.requests import CODES
from simulators.terminal_memory import Habits, Kind, Slip
from simulators.terminals.services import SERVICES
from simulators.world.actors.trade import TRADES, Desk, job
from simulators.world.weather.faults import stream
from tests.simulators import recording

_CARDS = [Card(), fictional_card(1)]
[_PRINTED] = recording.memory(10_000)["50010001"].slips


def _slips() -> list[Slip]:
    shown = _CARDS[1].shown
    kinds = (Kind.SALE, Kind.AUTHORISATION, Kind.COMPLETION, Kind.PAYMENT, Kind.WITHDRAWAL)
    return [replace(_PRINTED, kind=kind, shown_card=shown) for kind in kinds]


def _desk(seed: int, slips: list[Slip]) -> Desk:
    return Desk(stream(seed, "desk"), _CARDS[0], _CARDS, slips, Habits())


def test_every_financial_kind_is_asked_for() -> None:
    asked = Counter(job(_desk(seed, _slips())).kind for seed in range(1_000))
    elsewhere = SERVICES | {Kind.TRANSFER, Kind.REMITTANCE}
    assert set(CODES) - elsewhere <= set(asked)
    assert asked[Kind.WITHDRAWAL] > 300
    assert sum(share for share, _ in TRADES) == 100


@pytest.mark.parametrize("seed", range(100))
def test_what_takes_of_another_has_its_slip_and_its_card(seed: int) -> None:
    asked = job(_desk(seed, _slips()))
    if asked.of is None:
        assert asked.card is None or asked.card.pan == _CARDS[0].pan
        return
    assert asked.of.kind not in {Kind.WITHDRAWAL, Kind.VOID}
    assert asked.card is _CARDS[1]
    assert 0 < asked.amount_fen <= 13_000


def test_without_slips_nothing_takes_of_another() -> None:
    asked = [job(_desk(seed, [])) for seed in range(500)]
    assert not any(each.of for each in asked)
    assert not {each.kind for each in asked} & {Kind.VOID, Kind.REFUND, Kind.COMPLETION}


def test_only_recent_slips_are_brought_back() -> None:
    old = [replace(_PRINTED, kind=Kind.SALE, stan="000009")]
    newer = [replace(_PRINTED, kind=Kind.WITHDRAWAL)] * 12
    asked = [job(_desk(seed, old + newer)) for seed in range(300)]
    assert not any(each.of for each in asked)
