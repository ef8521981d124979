"""A network: order, bandwidth, latency by profile, outages; the same seed, the same times."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.links import Hop, Latency, LinkClass, Outage, Profile, Told
from simulators.network.path import Network
from switch.config.networks import load_profile, packaged_profiles

MS = 1_000_000
EVEN = Latency(10_000, 10_000, 10_000, 10_000, 10_000)
SENDS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 5_000)), max_size=30)


def _profile(
    outage: Outage | None = None, kbps: int = 1_000_000, latency: Latency = EVEN
) -> Profile:
    hops = (Hop(name="line", bandwidth_kbps=kbps, latency=latency),)
    words = Told("a line", "线路")
    return Profile(name="t", link_class=LinkClass.BANK, words=words, hops=hops, outage=outage)


@given(st.sampled_from(packaged_profiles()), st.integers(0, 9), SENDS)
def test_pieces_keep_their_order_and_the_same_seed_gives_the_same_times(
    name: str, seed: int, sends: list[tuple[int, int]]
) -> None:
    runs = []
    for _ in range(2):
        direction = Network(load_profile(name), str(seed)).connect()
        now_ns, times = 0, []
        for pause_ms, size in sends:
            now_ns += pause_ms * MS
            times.append(direction.arrival_ns(size, now_ns))
            assert times[-1] > now_ns
        assert times == sorted(times)
        runs.append(times)
    assert runs[0] == runs[1]


@given(st.floats(0, 1))
def test_a_latency_is_between_its_ends_and_meets_its_quantiles(share: float) -> None:
    latency = Latency(1, 10, 20, 100, 500)
    assert 1 <= latency.at(share) <= 500
    assert [latency.at(s) for s in (0.0, 0.5, 0.9, 0.99, 1.0)] == [1, 10, 20, 100, 500]


def test_half_of_all_pieces_take_at_most_the_median() -> None:
    direction = Network(
        _profile(latency=Latency(1_000, 2_000, 9_000, 50_000, 90_000)), "1"
    ).connect()
    took = [direction.arrival_ns(1, s * 1_000 * MS) - s * 1_000 * MS for s in range(2_000)]
    below = sum(each <= 2.001 * MS for each in took)
    assert 900 < below < 1_100
    assert sum(each > 49.9 * MS for each in took) > 5


def test_what_a_hop_carries_is_shared_by_its_connections() -> None:
    network = Network(_profile(kbps=80), "1")
    one, two, back = network.connect(), network.connect(), network.connect(is_back=True)
    assert one.arrival_ns(1_000, 0) == 110 * MS
    assert two.arrival_ns(1_000, 0) == 210 * MS
    assert back.arrival_ns(1_000, 0) == 110 * MS


def test_every_hop_of_a_path_adds_its_own() -> None:
    hops = tuple(Hop(name=n, bandwidth_kbps=8_000, latency=EVEN) for n in "abc")
    words = Told("a path", "路径")
    path = Profile(name="t", link_class=LinkClass.JINBAO, words=words, hops=hops)
    assert Network(path, "1").connect().arrival_ns(1_000, 0) == 33 * MS


@pytest.mark.parametrize("is_cut", [True, False])
def test_outages_come_and_go_and_a_stall_delays_to_its_end(is_cut: bool) -> None:
    outage = Outage(is_cut=is_cut, every_ms=1_000, lasts_ms=500)
    network, direction = Network(_profile(outage), "7"), Network(_profile(outage), "7").connect()
    changes: list[int] = []
    now_ns = 0
    while len(changes) < 40:
        change = network.next_change_ns(now_ns)
        assert change is not None
        assert change > now_ns
        changes.append(change)
        now_ns = change
    assert all(a < b for a, b in pairwise(changes))
    begins, ends = changes[0], changes[1]
    inside = (begins + ends) // 2
    fresh = Network(_profile(outage), "7")
    assert fresh.is_cut(inside) is is_cut
    assert fresh.moves_ns(inside) == (inside if is_cut else ends)
    assert fresh.moves_ns(begins - 1) == begins - 1
    if not is_cut:
        assert direction.arrival_ns(0, inside) == ends + 10 * MS


def test_by_hand_it_is_cut_until_it_is_restored() -> None:
    network = Network(_profile(), "1")
    assert not network.is_cut(0)
    assert network.next_change_ns(0) is None
    network.fail()
    assert network.is_cut(0)
    network.restore()
    assert not network.is_cut(0)
