"""Connections on virtual time: in order, once, until an end that each side notices once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.world.agenda import SECOND, Agenda
from simulators.world.faults import Faults, stream
from simulators.world.lines import Line, Road, Way


class _Ends:
    """A line whose two ends write down what they hear."""

    def __init__(self, seed: int = 0, faults: Faults | None = None) -> None:
        self.agenda = Agenda(0)
        self.heard: dict[str, list[bytes | None]] = {"server": [], "client": []}
        road = Road(self.agenda, faults or Faults(), stream(seed, "network"))
        self.line = Line(
            road,
            there=Way(road, self._note("server"), lambda: self.heard["server"].append(None)),
            back=Way(road, self._note("client"), lambda: self.heard["client"].append(None)),
        )

    def _note(self, side: str) -> Callable[[bytes], None]:
        return self.heard[side].append

    def rest(self) -> None:
        self.agenda.run_until(self.agenda.now_ns + 100 * SECOND)


@pytest.mark.parametrize("seed", range(20))
def test_frames_arrive_in_order_however_long_each_is_delayed(seed: int) -> None:
    ends = _Ends(seed, Faults(delay=0.5, delay_ms=3_000))
    sent = [bytes([number]) for number in range(20)]
    for frame in sent:
        ends.line.there.send(frame)
    assert not ends.line.is_empty
    ends.rest()
    assert ends.heard["server"] == sent
    assert ends.line.is_empty


def test_a_duplicated_frame_arrives_twice() -> None:
    ends = _Ends(faults=Faults(duplicate=1.0))
    ends.line.there.send(b"once")
    ends.rest()
    assert ends.heard["server"] == [b"once", b"once"]


@pytest.mark.parametrize("seed", range(20))
def test_a_cut_is_noticed_once_on_both_sides_and_loses_what_was_on_its_way(seed: int) -> None:
    ends = _Ends(seed)
    ends.line.there.send(b"lost")
    ends.line.cut()
    ends.line.cut()
    ends.line.there.send(b"too late")
    ends.rest()
    assert ends.heard == {"server": [None], "client": [None]}


def test_a_cut_may_let_what_was_on_its_way_arrive() -> None:
    ends = _Ends(faults=Faults(straggle=1.0))
    ends.line.there.send(b"straggler")
    ends.line.cut()
    ends.rest()
    assert ends.heard["server"] == [b"straggler", None]


def test_what_a_client_sent_before_it_hung_up_arrives_and_it_hears_nothing_more() -> None:
    ends = _Ends()
    ends.line.there.send(b"last")
    ends.line.back.send(b"unheard")
    ends.line.close_by_client()
    ends.rest()
    assert ends.heard == {"server": [b"last", None], "client": [None]}


@pytest.mark.parametrize("loses", [True, False])
def test_what_a_dying_server_wrote_may_be_lost(*, loses: bool) -> None:
    ends = _Ends()
    ends.line.back.send(b"answer")
    ends.line.close_by_server(loses=loses)
    ends.rest()
    assert ends.heard["client"] == ([None] if loses else [b"answer", None])
