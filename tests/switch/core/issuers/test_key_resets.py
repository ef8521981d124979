"""Who gives keys: the switch, where it is the clearing centre; a centre, to which it belongs."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Mak, Pik
from messages.crypto.mac import make_mac
from simulators.accounts import Accounts
from simulators.installation import issuer_identity
from simulators.issuer import Issuer
from switch.core.moment import Moment
from tests.simulators.acting import INTERBANK as WIRE
from tests.switch.core.stage import PIK, Issue, Stage, approve
from tests.switch.core.stage.ways import two_ways

_ASK = {7: "0618093000", 11: "000009", 33: "00010000", 70: "101"}


def _resets(stage: Stage) -> list[dict[int, str]]:
    return [fields for mti, fields in stage.sent if mti == "0800"]


def _asked(kind: str, issue: Issue = approve) -> Stage:
    stage = Stage(issue)
    stage.sign_on()
    stage.bank_sends("0820", _ASK | {53: kind + "600000000000000"})
    return stage


@pytest.mark.parametrize(("kind", "named"), [("1", "PIK"), ("2", "MAK")])
def test_a_host_that_asks_is_given_a_key_which_is_in_force_once_it_accepts(
    kind: str, named: str
) -> None:
    stage = _asked(kind)
    (reset,) = _resets(stage)
    link = stage.engine._links["bank"]
    assert reset[48][:2] == "NK"
    unwrapped = link.link.zmk.unwrap(Pik if kind == "1" else Mak, bytes.fromhex(reset[48][2:]))
    assert unwrapped.reveal() == bytes.fromhex(PIK)
    assert stage.report("key_changed") == {"link": "bank", "kind": named}
    assert ("0830", "00") in [(mti, fields.get(39)) for mti, fields in stage.sent]
    if kind == "1":
        assert link.pik == Pik.from_hex(PIK)
    else:
        stage.zone_mac = make_mac("x9.19", Mak.from_hex(PIK))
    stage.withdraw()
    assert stage.code == "00"


def test_a_refused_key_changes_nothing() -> None:
    stage = _asked("1", lambda mti, f: {39: "30"} if mti == "0800" else approve(mti, f))
    assert stage.report("key_reset_refused")["code"] == "30"
    assert stage.engine._links["bank"].pik == stage.configuration.links["bank"].pik


def test_a_silence_is_followed_by_the_same_key_and_in_the_end_by_a_report() -> None:
    stage = _asked("1", lambda mti, f: None if mti == "0800" else approve(mti, f))
    stage.pass_time(40_000)
    offered = _resets(stage)
    assert len(offered) == 3
    assert len({fields[48] for fields in offered}) == 1
    assert len({fields[11] for fields in offered}) == 3
    assert stage.report("key_reset_unanswered") == {"link": "bank", "kind": "PIK"}
    assert stage.engine._links["bank"].pik == stage.configuration.links["bank"].pik


def test_a_member_asks_for_both_keys_after_its_sign_on_and_gives_none() -> None:
    stage = two_ways(centre=("bank", "jinbao"))
    asked = [fields[53][:2] for mti, fields in stage.sent if mti == "0820" and 53 in fields]
    assert sorted(asked) == ["16", "16", "26", "26"]
    stage.bank_sends("0820", _ASK | {53: "1600000000000000"})
    assert not _resets(stage)
    assert stage.report("link_request_refused")["code"] == "101"


def test_a_centre_that_gives_no_key_is_told_and_the_link_stays() -> None:
    stage = two_ways(
        lambda mti, f: {39: "96"} if 53 in f and mti == "0820" else approve(mti, f),
        centre=("bank", "jinbao"),
    )
    assert stage.report("key_not_given")
    stage.withdraw()
    assert stage.code == "00"


@pytest.mark.parametrize("kind", ["PIK", "MAK"])
def test_the_simulated_host_takes_the_key_that_the_switch_gives(kind: str) -> None:
    identity = issuer_identity()
    host = Issuer(identity, WIRE, Accounts())
    at = Moment(0, 1_403_055_000_000)
    asked = WIRE.hear(WIRE.bare(host.ask_key(kind, at)))
    assert (asked.mti, asked.get(70)) == ("0820", "101")
    key = Pik(bytes(range(16))) if kind == "PIK" else Mak(bytes(range(16)))
    fields = {
        7: "0618093000",
        11: "000007",
        48: "NK" + identity.zmk.wrap(key).hex().upper(),
        53: asked.get(53),
        70: "101",
        100: identity.id,
    }
    heads = WIRE.framing.build_heads({})
    good = WIRE.say(heads, "0800", fields, WIRE.mac(identity.mak))
    (answer,) = host.received(WIRE.bare(good), at)
    heard = WIRE.hear(WIRE.bare(answer))
    assert (heard.mti, heard.get(39)) == ("0810", "00")
    bad = WIRE.say(heads, "0800", fields, WIRE.mac(Mak(bytes(range(16, 32)))))
    (answer,) = host.received(WIRE.bare(bad), at)
    assert WIRE.hear(WIRE.bare(answer)).get(39) == "A0"
