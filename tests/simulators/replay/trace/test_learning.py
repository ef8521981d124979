"""A scenario that is learned can be read, and has the mix, amounts, rate and rests of the trace."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from random import Random

import pytest

from messages.crypto.keys import Pik
from simulators.cards import fictional_card
from simulators.installation import terminal_identity
from simulators.load.scenario.model import KINDS, Scenario
from simulators.load.scenario.reading import understood
from simulators.replay.trace.learning import MOST_AMOUNTS, Learnt, scenario
from simulators.requests import CODES, fields
from simulators.terminal_memory import Job, Kind, Memory
from tests.simulators.replay.days import POS, START_US, Raw, bare, day, frames

_HEAD = bare("withdrawal")[:11]
_PIK = Pik.from_hex("00112233445566778899AABBCCDDEEFF")


def _learnt(raws: list[Raw]) -> Learnt:
    return Learnt(POS).of(frames(raws))


def _scenario(learnt: Learnt, *, closed: bool = False) -> Scenario:
    return understood(tomllib.loads(scenario(learnt, "learned", closed=closed)))


def test_mix_amounts_rate_and_rests_are_those_of_the_day() -> None:
    learnt = _learnt(list(day(300, terminals=3, gap_us=100_000)))
    told = _scenario(learnt)
    assert [(item.kind, item.weight) for item in told.mix] == [("withdrawal", 300.0)]
    assert told.amounts.choices == (50_000,)
    assert told.fleet.terminals == 3
    assert told.cards.count == 50
    assert told.arrivals.rate == pytest.approx(300 / 29.9, rel=0.01)
    # A terminal asks every 300 ms and has its answer after 30.
    assert (told.loop, told.think.ms) == ("open", 270.0)
    closed = _scenario(learnt, closed=True)
    assert (closed.loop, closed.think.draw, closed.think.ms) == ("closed", "fixed", 270.0)


def test_hot_cards_are_found() -> None:
    raws = list(day(100, terminals=1))
    card = fictional_card(7)
    told = []
    for at, raw in enumerate(raws):
        heard = POS.hear(raw.frame)
        said = heard.fields | ({2: card.pan} if at % 4 < 2 and heard.mti == "0200" else {})
        frame = POS.bare(POS.say(heard.frame[:11], heard.mti, dict(sorted(said.items()))))
        told.append(raw._replace(frame=frame))
    cards = _scenario(_learnt(told)).cards
    assert cards.hot == cards.count // 10
    assert cards.hot_share > 0.5


def _asked(kind: Kind, at_us: int, amount_fen: int = 30_000) -> Raw:
    memory = Memory(stan=7)
    memory.pik = _PIK
    job = Job(kind=kind, card=fictional_card(1), amount_fen=amount_fen)
    mti, said = fields(job, terminal_identity(), memory, 20140618)
    frame = POS.bare(POS.say(_HEAD, mti, {**said, 64: "00000000"}))
    return Raw(at_us, "t", "terminal", "switch", frame)


def test_every_kind_that_a_scenario_has_is_known_again() -> None:
    kinds = [*(kind for kind in CODES if kind in KINDS), Kind.SIGN_OFF, Kind.ECHO]
    learnt = _learnt([_asked(kind, START_US + at) for at, kind in enumerate(kinds)])
    assert learnt.kinds == dict.fromkeys(kinds, 1)
    settled = Raw(START_US, "t", "terminal", "switch", bare("settlement"))
    assert _learnt([settled]).kinds == {Kind.SETTLEMENT: 1}
    assert {item.kind for item in _scenario(learnt).mix} == {str(kind) for kind in kinds}


def test_social_services_are_left_out_and_what_is_learnt_can_be_read() -> None:
    asked = [_asked(Kind.SALE, START_US), _asked(Kind.CONTRIBUTION, START_US + 1)]
    learnt = _learnt(asked)
    assert learnt.kinds == {Kind.SALE: 1}
    assert learnt.left_out == {"0200 910000, which no scenario has": 1}
    assert [item.kind for item in _scenario(learnt).mix] == ["sale"]


def test_what_no_scenario_has_is_told() -> None:
    raws = [
        Raw(START_US, "t", "terminal", "switch", bare(name))
        for name in ("sign-on", "reversal", "withdrawal")
    ]
    learnt = _learnt([*raws, raws[0]._replace(frame=bare("withdrawal")[:50])])
    assert learnt.left_out == {
        "sign-ons, which come before the start": 1, "reversals, which come by themselves": 1,
        "unreadable": 1,
    }  # fmt: skip
    assert "# Left out: 1 reversals, which come by themselves." in scenario(learnt, "x")
    with pytest.raises(ValueError, match="no request of a terminal"):
        scenario(_learnt(raws[:2]), "x")


def test_very_many_amounts_become_equal_shares_of_them() -> None:
    chance = Random(5)  # noqa: S311 - no secret
    amounts = [chance.randrange(100, 200_000) for _ in range(400)]
    raws = [_asked(Kind.WITHDRAWAL, START_US + at, fen) for at, fen in enumerate(amounts)]
    told = _scenario(_learnt(raws)).amounts
    assert len(told.choices) == MOST_AMOUNTS
    mean = sum(told.choices) / len(told.choices)
    assert mean == pytest.approx(sum(amounts) / len(amounts), rel=0.05)


@pytest.mark.parametrize(
    ("draw", "drawn"),
    [
        ("exponential", lambda chance: chance.expovariate(1 / 2_000_000)),
        ("uniform", lambda chance: chance.uniform(1_000_000, 3_000_000)),
        ("fixed", lambda chance: 2_000_000 + chance.uniform(-9, 9)),
    ],
)
def test_rests_are_drawn_as_they_were(draw: str, drawn: Callable[[Random], float]) -> None:
    chance, at_us, raws = Random(9), START_US, []  # noqa: S311 - no secret
    for _ in range(800):
        at_us += int(drawn(chance))
        raws.append(_asked(Kind.ECHO, at_us))
    think = _scenario(_learnt(raws), closed=True).think
    assert think.draw == draw
    mean = (think.ms + think.to_ms) / 2 if draw == "uniform" else think.ms
    assert mean == pytest.approx(2_000, rel=0.1)


def test_a_night_is_no_rest() -> None:
    raws = [_asked(Kind.ECHO, START_US), _asked(Kind.ECHO, START_US + 36_000_000_000)]
    assert _learnt(raws).rests.count == 0


def test_a_name_with_quotes_breaks_nothing() -> None:
    learnt = _learnt(list(day(2)))
    told = understood(tomllib.loads(scenario(learnt, 'a "b"\n[x]')))
    assert told.name == 'a "b"\n[x]'
