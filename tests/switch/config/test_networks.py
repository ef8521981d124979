"""Profiles of networks: what is packaged loads, and a mistake is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.links import LinkClass
from switch.config.networks import NetworkError, load_profile, packaged_profiles

_GOOD = """format = 1
kind = "network"
class = "bank"
en = "x"
zh = "线"
[[hop]]
name = "line"
bandwidth_kbps = 64
latency_ms = { least = 1, p50 = 2, p90 = 3, p99 = 4, most = 5.5 }
[outage]
kind = "cut"
every_s = 10
lasts_s = 2
"""


def test_every_packaged_profile_loads_and_the_jinbao_network_has_three_levels() -> None:
    assert set(packaged_profiles()) == {"bank-link", "even", "jinbao-city", "jinbao-village"}
    for name in packaged_profiles():
        assert load_profile(name).name == name
    village = load_profile("jinbao-village")
    assert village.link_class is LinkClass.JINBAO
    assert [hop.name for hop in village.hops] == ["village", "district", "city"]


def test_a_file_of_ones_own_is_read_in_its_units(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(_GOOD, "utf-8")
    found = load_profile(str(path))
    assert (found.name, found.hops[0].latency.most_us) == ("mine", 5_500)
    assert found.outage is not None
    assert (found.outage.is_cut, found.outage.every_ms, found.outage.lasts_ms) == (
        True,
        10_000,
        2_000,
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("format = 1", "format = 2", "format: Input should be 1"),
        ('class = "bank"', 'class = "isdn"', "class: Input should be"),
        ("p50 = 2", "p50 = 9", "hop[0].latency_ms: should not fall from least to most"),
        ("bandwidth_kbps = 64", "bandwidth_kbps = 0", "hop[0].bandwidth_kbps: Input should be"),
        ("lasts_s = 2", "", "outage.lasts_s: is missing"),
        ("[outage]", "[outage", "at line"),
    ],
)
def test_a_mistake_is_told_with_file_and_key(
    tmp_path: Path, old: str, new: str, complaint: str
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(_GOOD.replace(old, new), "utf-8")
    with pytest.raises(NetworkError) as raised:
        load_profile(str(path))
    assert str(raised.value).startswith(str(path))
    assert complaint in str(raised.value)


def test_a_name_that_is_none_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="no network profile isdn; there are bank-link"):
        load_profile("isdn")
    with pytest.raises(NetworkError, match="cannot be read"):
        load_profile(str(tmp_path / "none.toml"))
