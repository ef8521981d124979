"""Connections on virtual time: in order, once, until an end that each side notices once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from simulators.network.path import Network
from simulators.world.agenda import SECOND, Agenda
from simulators.world.lines import Line, Road, Way
from simulators.world.weather.faults import Faults, stream
from switch.config.networks import load_profile
from tests.simulators.acting import POS

_HEADS = POS.framing.build_heads()


def _framed(text: bytes) -> bytes:
    """Return a whole frame with this in its body."""
    return POS.framing.join(_HEADS + text.ljust(20))


class _Ends:
    """A line whose two ends write down what they hear."""

    def __init__(self, seed: int = 0, faults: Faults | None = None) -> None:
        self.agenda = Agenda(0)
        self.heard: dict[str, list[bytes | None]] = {"server": [], "client": []}
        road = Road(self.agenda, faults or Faults(), stream(seed, "network"))
        self.line = Line(
            road,
            there=Way(
                road,
                POS.framing,
                self._note("server"),
                lambda: self.heard["server"].append(None),
            ),
            back=Way(
                road,
                POS.framing,
                self._note("client"),
                lambda: self.heard["client"].append(None),
            ),
        )

    def _note(self, side: str) -> Callable[[bytes], None]:
        return lambda frame: self.heard[side].append(frame[len(_HEADS) :].rstrip())

    def send(self, *texts: bytes, back: bool = False) -> None:
        for text in texts:
            (self.line.back if back else self.line.there).send(_framed(text))

    def rest(self) -> None:
        self.agenda.run_until(self.agenda.now_ns + 100 * SECOND)


@pytest.mark.parametrize("seed", range(20))
def test_frames_arrive_in_order_however_long_each_is_delayed(seed: int) -> None:
    ends = _Ends(seed, Faults(delay=0.5, delay_ms=3_000))
    sent = [b"frame %d" % number for number in range(20)]
    ends.send(*sent)
    assert not ends.line.is_empty
    ends.rest()
    assert ends.heard["server"] == sent
    assert ends.line.is_empty


@pytest.mark.parametrize("seed", range(20))
def test_pieces_and_glued_frames_are_the_same_frames(seed: int) -> None:
    ends = _Ends(seed, Faults(split=0.6, merge=0.4, duplicate=0.2, delay=0.2, delay_ms=900))
    sent = [b"frame %d" % number for number in range(30)]
    for text in sent:
        ends.send(text)
        ends.agenda.run_until(ends.agenda.now_ns + SECOND // 20)
    ends.rest()
    heard = ends.heard["server"]
    assert [text for at, text in enumerate(heard) if text not in heard[:at]] == sent
    assert ends.line.is_empty


def test_a_side_that_is_stuck_reads_everything_later() -> None:
    ends = _Ends()
    ends.line.there.stick(50 * SECOND)
    ends.send(b"one", b"two")
    ends.agenda.run_until(49 * SECOND)
    assert not ends.heard["server"]
    ends.rest()
    assert ends.heard["server"] == [b"one", b"two"]


def test_a_half_closed_line_still_carries_the_other_direction() -> None:
    ends = _Ends()
    ends.line.there.end(loses=False)
    ends.send(b"answer", back=True)
    ends.rest()
    assert ends.heard == {"server": [None], "client": [b"answer"]}


def test_a_duplicated_frame_arrives_twice() -> None:
    ends = _Ends(faults=Faults(duplicate=1.0))
    ends.send(b"once")
    ends.rest()
    assert ends.heard["server"] == [b"once", b"once"]


@pytest.mark.parametrize("seed", range(20))
def test_a_cut_is_noticed_once_on_both_sides_and_loses_what_was_on_its_way(seed: int) -> None:
    ends = _Ends(seed)
    ends.send(b"lost")
    ends.line.cut()
    ends.line.cut()
    ends.send(b"too late")
    ends.rest()
    assert ends.heard == {"server": [None], "client": [None]}


def test_a_cut_may_let_what_was_on_its_way_arrive() -> None:
    ends = _Ends(faults=Faults(straggle=1.0))
    ends.send(b"straggler")
    ends.line.cut()
    ends.rest()
    assert ends.heard["server"] == [b"straggler", None]


def test_what_a_client_sent_before_it_hung_up_arrives_and_it_hears_nothing_more() -> None:
    ends = _Ends()
    ends.send(b"last")
    ends.send(b"unheard", back=True)
    ends.line.close_by_client()
    ends.rest()
    assert ends.heard == {"server": [b"last", None], "client": [None]}


@pytest.mark.parametrize("loses", [True, False])
def test_what_a_dying_server_wrote_may_be_lost(*, loses: bool) -> None:
    ends = _Ends()
    ends.send(b"answer", back=True)
    ends.line.close_by_server(loses=loses)
    ends.rest()
    assert ends.heard["client"] == ([None] if loses else [b"answer", None])


@pytest.mark.parametrize("seed", range(10))
def test_over_a_network_frames_take_its_time_as_well_and_keep_their_order(seed: int) -> None:
    near, far = _Ends(seed), _Ends(seed)
    far.line.go_over(Network(load_profile("even"), str(seed)))
    arrivals: list[list[int]] = []
    for ends in (near, far):
        times: list[int] = []
        arrivals.append(times)
        while len(times) < 5:
            ends.send(b"frame")
            before = len(ends.heard["server"])
            while len(ends.heard["server"]) == before:
                ends.agenda.run_until(ends.agenda.now_ns + SECOND // 1_000)
            times.append(ends.agenda.now_ns)
    # 10 ms more for each frame, whatever else delays it.
    assert arrivals[1][-1] - arrivals[0][-1] >= 45 * SECOND // 1_000
    assert far.heard["server"] == near.heard["server"]
