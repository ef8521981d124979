"""Stop 9: the issuer of the card, the way to it, a line that can be used now."""

from __future__ import annotations

from switch.core.configuration import Issuer
from switch.core.rules import Rule
from switch.registry.snapshot import Connection
from tests.switch.core.stage import Stage
from tests.switch.core.stage.registered import open_registry
from tests.switch.core.stage.ways import JINBAO, down, registered, two_ways


def test_a_card_of_an_issuer_that_nobody_registered_gets_15() -> None:
    stage = Stage(issuers={})
    stage.sign_on()
    stage.withdraw()
    assert stage.code == "15"


def test_a_way_without_a_line_of_a_registered_class_is_told_with_what_was_left_out() -> None:
    stage = two_ways(issuers={"99910000": Issuer(id="99910000", name="I", links=("bank",))})
    stage.reconfigure(**registered(JINBAO, None))
    stage.withdraw()
    assert stage.code == "92"
    assert stage.report("declined")["rule"] == Rule.ROUTE_EXISTS


def test_a_repeat_of_what_was_answered_gets_its_94_though_every_line_is_down() -> None:
    stage = two_ways()
    stage.withdraw()
    for link in ("jinbao", "bank"):
        down(stage, link)
    stage.withdraw()
    stage.withdraw("000003")
    assert stage.codes()[1:] == ["00", "94", "91"]


def test_an_issuer_without_an_approved_plan_is_not_asked_over_the_jinbao_network() -> None:
    for approved, expected in ((None, "bank"), (20140619, "bank"), (20140618, "jinbao")):
        plans = {} if approved is None else {"99910000": Connection(approved)}
        stage = two_ways(registry=open_registry(connections=plans))
        stage.withdraw()
        assert stage.code == "00"
        assert stage.row().record.link == expected


def test_cards_that_the_plan_does_not_cover_do_not_go_over_the_jinbao_network() -> None:
    for ranges, expected in (((), "jinbao"), (("6219",), "jinbao"), (("6218",), "bank")):
        plans = {"99910000": Connection(20140618, ranges)}
        stage = two_ways(registry=open_registry(connections=plans))
        stage.withdraw()
        assert stage.code == "00"
        assert stage.row().record.link == expected
