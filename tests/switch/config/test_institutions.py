"""Groups, registered classes and the centre: what contradicts itself is told where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from routing.links import LinkClass
from routing.table import Case
from switch.config.faults import ConfigurationError
from switch.config.installation import load
from switch.config.institutions import check_institutions
from switch.config.reading import Sources
from switch.core.configuration import Channel
from tests.switch.config import folders

_LINKS = 'links = ["issuer-jinbao", "issuer"]'


def _faults(folder: Path) -> list[str]:
    sources = Sources(folder)
    assert sources.banks.model is not None
    check_institutions(sources.banks, sources.banks.model)
    return [f"{fault.key}: {fault.reason}" for fault in sources.banks.faults]


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('alternate = "bank"', 'alternate = "jinbao"', "acquirer[0].alternate: is the access"),
        ('id = "second"', 'id = "first"', "group[1].id: first is there already, in line 7"),
        (
            'group = "second"\naccess',
            'group = "third"\naccess',
            "acquirer[1].group: no group third in banks.toml",
        ),
        ('group = "second"\nlinks', "links", "issuer[0].group: 99910000 is an acquirer too"),
        (_LINKS, 'links = ["first", "issuer"]', "issuer[0].links: first and issuer are both"),
        (_LINKS, 'links = ["issuer", "issuer"]', "issuer[0].links: issuer is named twice"),
        (_LINKS, 'links = ["issuer", "none"]', "issuer[0].links: no link none in banks.toml"),
        (_LINKS, "links = []", "issuer[0].links: no link leads there"),
        ('profile = "direct"', 'profile = "member"', "clearing.profile: member needs links"),
        ("# links = [", "links = [", "clearing.links: no link centre in banks.toml"),
        ('# links = ["centre"]', 'links = ["outside"]', "clearing.links: direct has no centre"),
    ],
)
def test_a_contradiction_is_told_where_it_stands(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    folder = folders.make(tmp_path)
    folders.change(folder, "banks", old, new)
    found = _faults(folder)
    assert any(each.startswith(fault) for each in found), found


def test_the_defaults_have_two_banks_of_both_kinds_and_one_issuer_of_another_city(
    tmp_path: Path,
) -> None:
    configuration = load(folders.make(tmp_path)).configuration
    both = configuration.acquirers.keys() & configuration.issuers.keys()
    assert both == {"99900000", "99910000"}
    assert [i.id for i in configuration.issuers.values() if not i.is_in_city] == ["99930000"]
    terminals = configuration.terminals.values()
    rural = [each for each in terminals if each.channel is Channel.RURAL]
    assert [each.id for each in rural if not each.is_public_welfare] == ["50010003"]
    urban = [each.type for each in terminals if each.channel is Channel.URBAN]
    assert urban == ["01", "06", "07"]
    assert configuration.groups.keys() == {"first", "second"}
    first = configuration.acquirers["99900000"]
    assert (first.access, first.alternate) == (LinkClass.JINBAO, LinkClass.BANK)
    routes = configuration.routes
    assert routes.way("99900000", "99900000").case is Case.ON_US
    assert [c.link for c in routes.way("99900000", "99910000").candidates] == [
        "issuer-jinbao",
        "issuer",
    ]
    assert [c.link for c in routes.way("99910000", "99900000").candidates] == ["first"]


def test_a_member_sends_what_is_off_us_to_the_centre(tmp_path: Path) -> None:
    folder = folders.make(tmp_path)
    folders.change(folder, "banks", 'profile = "direct"', 'profile = "member"')
    folders.change(folder, "banks", '# links = ["centre"]', 'links = ["outside"]')
    configuration = load(folder).configuration
    assert configuration.centre == ("outside",)
    assert configuration.routes.way("99910000", "99900000").case is Case.MEMBER
    assert configuration.routes.way("99910000", "99910000").case is Case.ON_US


def test_a_link_without_its_keys_is_one_fault_and_not_a_broken_table(tmp_path: Path) -> None:
    folder = folders.make(tmp_path)
    folders.change(folder, "banks", 'name = "outside"', 'name = "abroad"')
    folders.change(folder, "banks", 'links = ["outside"]', 'links = ["abroad"]')
    with pytest.raises(ValueError, match=r"abroad\.zmk: there is no such key"):
        load(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('links = ["social"]', 'links = ["issuer"]', "social services go over 金保专网 only"),
        ('links = ["social"]', 'links = ["nowhere"]', "no link nowhere in banks.toml"),
        ('links = ["social"]', "links = []", "social.links"),
        ('id = "99980000"', 'id = "99930000"', "99930000 is an issuer too"),
    ],
)
def test_a_social_host_that_cannot_be_is_told(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    folder = folders.make(tmp_path / "city")
    folders.change(folder, "banks", old, new)
    with pytest.raises(ConfigurationError) as refused:
        load(folder)
    assert said in str(refused.value)


def test_without_a_social_host_there_is_no_way_to_one(tmp_path: Path) -> None:
    folder = folders.make(tmp_path / "city")
    assert load(folder).configuration.routes.social_way("99900000").candidates
    text = (folder / "banks.toml").read_text("utf-8")
    start = text.index("[social]")
    (folder / "banks.toml").write_text(
        text[:start] + text[text.index("[[link]]", start) :], "utf-8"
    )
    configuration = load(folder).configuration
    assert configuration.social_host is None
    assert not configuration.routes.social_way("99900000").candidates


def test_bill_and_issuer_together_leave_time_for_an_answer(tmp_path: Path) -> None:
    folder = folders.make(tmp_path / "city")
    folders.change(folder, "jinbao", "# social_ms = 8000 ", "social_ms = 10000 ")
    with pytest.raises(ConfigurationError) as refused:
        load(folder)
    assert "timers.social_ms: a bill's 10000 ms and an issuer's 45000 ms" in str(refused.value)
