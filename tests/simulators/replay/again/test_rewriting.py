"""Recorded requests become those of another host: its keys, numbers, cards, batch and MAC."""

from __future__ import annotations

from datetime import date

import pytest
from msgspec.structs import replace

from messages.crypto.keys import Mak, Pik, Tdk, Tmk, wrap_field_62
from messages.crypto.pin import decode_pin_block
from messages.crypto.track import decrypt_track
from simulators.cards import fictional_card
from simulators.chip import Chip
from simulators.installation import MAK, PIK, TMK
from simulators.replay.again.dates import Dates
from simulators.replay.again.rewriting import Rewriter, Unplayable
from simulators.replay.again.rules import Rewrite
from simulators.replay.capture.logs import SHANGHAI
from simulators.requests import Identity
from simulators.wire import Heard
from tests.simulators.replay.days import POS, START_US, TOKENS, bare, day, frames, means

_CARDS = {TOKENS.pan(fictional_card(n).pan): fictional_card(n) for n in range(50)}


def _recorded() -> bytes:
    return POS.bare(frames(list(day(1)))[0].data)


def _signed_on(rules: Rewrite | None = None, dates: Dates | None = None) -> Rewriter:
    rewriter = Rewriter(POS, rules or Rewrite(), means(_CARDS, dates))
    heard = POS.hear(bare("sign-on-response"))
    keys = wrap_field_62(Tmk.from_hex(TMK), Pik.from_hex(PIK), Mak.from_hex(MAK))
    said = {**heard.fields, 60: "00000777003", 62: keys.hex().upper()}
    for name in ("50010001", "59990009"):
        answer = POS.say(heard.frame[:11], "0810", {**said, 41: name})
        rewriter.answered(POS.bare(answer), None)
    return rewriter


def _heard(data: bytes) -> Heard:
    return POS.hear(POS.bare(data))


def test_a_request_gets_card_pin_block_batch_and_mac_of_the_target() -> None:
    sent = _signed_on().request(_recorded())
    heard, card = _heard(sent.data), fictional_card(0)
    assert heard.fields[2] == card.pan
    assert heard.fields[35] == card.track_2
    assert heard.fields[60][2:8] == "000777"
    block = bytes.fromhex(heard.fields[52])
    assert decode_pin_block(block, card.pan, Pik.from_hex(PIK)) == card.pin
    assert POS.is_authentic(heard, POS.mac(Mak.from_hex(MAK)))
    assert heard.fields[11] == "000001"
    assert sent.answer == ("0210", "000001", "50010001")


def test_a_refused_pin_is_wrong_again_and_a_refused_mac_too() -> None:
    card = fictional_card(0)
    wrong = _heard(_signed_on().request(_recorded(), "55").data)
    block = bytes.fromhex(wrong.fields[52])
    assert decode_pin_block(block, card.pan, Pik.from_hex(PIK)) != card.pin
    spoilt = _heard(_signed_on().request(_recorded(), "A0").data)
    assert not POS.is_authentic(spoilt, POS.mac(Mak.from_hex(MAK)))


def test_names_addresses_and_numbers_are_put_for_others() -> None:
    rules = Rewrite(
        tpdu="6012340000", stan="new", terminals={"50010001": "59990009"},
        merchants={"999653080110001": "888653080110001"}, chip="drop",
    )  # fmt: skip
    sent = _signed_on(rules).request(_recorded())
    heard = _heard(sent.data)
    assert heard.frame[:5].hex() == "6012340000"
    assert (heard.fields[41], heard.fields[42]) == ("59990009", "888653080110001")
    assert 55 not in heard.fields
    assert sent.terminal == "59990009"


def test_each_terminal_signs_on_with_a_key_of_its_own() -> None:
    keys = {"50010001": Tmk.from_hex("11" * 16), "50010002": Tmk.from_hex("22" * 16)}
    own = {
        name: Identity(id=name, merchant=f"88865308011{name[-4:]}", master_key=key)
        for name, key in keys.items()
    }
    rewriter = Rewriter(POS, Rewrite(), replace(means(_CARDS), master_key=None, terminals=own))
    asked = [POS.bare(each.data) for each in frames(list(day(3)))[::2]]
    heard = POS.hear(bare("sign-on-response"))
    for which, (name, key) in enumerate(keys.items()):
        assert _heard(rewriter.sign_on(asked[which]).data).fields[42] == own[name].merchant
        wrapped = wrap_field_62(key, Pik.from_hex(PIK), Mak.from_hex(MAK)).hex().upper()
        answer = POS.say(heard.frame[:11], "0810", {**heard.fields, 41: name, 62: wrapped})
        rewriter.answered(POS.bare(answer), None)
        sent = _heard(rewriter.request(asked[which]).data)
        assert (sent.fields[41], sent.fields[42]) == (name, own[name].merchant)
        assert POS.is_authentic(sent, POS.mac(Mak.from_hex(MAK)))
    for ask in (rewriter.sign_on, rewriter.request):
        with pytest.raises(Unplayable, match="no master key"):
            ask(asked[2])


def test_rrn_of_an_answer_is_put_into_what_refers_to_it() -> None:
    rewriter = _signed_on()
    told = POS.hear(bare("withdrawal-response"))
    new = POS.say(told.frame[:11], "0210", {**told.fields, 37: "999999999999", 38: "NEW038"})
    rewriter.answered(POS.bare(new), bare("withdrawal-response"))
    asked = POS.hear(_recorded())
    said = {**asked.fields, 37: told.fields[37], 61: "0000020000020618"}
    void = POS.bare(POS.say(asked.frame[:11], "0200", dict(sorted(said.items()))))
    heard = _heard(rewriter.request(void).data)
    assert heard.fields[37] == "999999999999"
    assert heard.fields[61] == "0007770000020618"


def test_a_terminal_signs_on_before_it_may_ask() -> None:
    rewriter = Rewriter(POS, Rewrite(), means(_CARDS))
    assert not rewriter.is_signed_on(_recorded())
    assert rewriter.is_signed_on(bare("echo"))
    sent = rewriter.sign_on(_recorded())
    assert _heard(sent.data).mti == "0800"
    assert sent.is_sign_on
    with pytest.raises(Unplayable, match="could not sign on"):
        rewriter.request(_recorded())


def test_what_cannot_be_made_new_says_why() -> None:
    with pytest.raises(Unplayable, match="a rule leaves out"):
        _signed_on(Rewrite(chip="skip")).request(_recorded())
    with pytest.raises(Unplayable, match="tpdu"):
        _signed_on(Rewrite(tpdu="xx"))
    nobody = Rewriter(POS, Rewrite(), means({}))
    with pytest.raises(Unplayable, match="no rule has a test card"):
        nobody.request(_recorded())


def test_chip_data_carry_the_cryptogram_of_the_test_card() -> None:
    card = fictional_card(0)
    heard = _heard(_signed_on().request(_recorded()).data)
    assert Chip(card.pan, card.sequence).is_right(heard.fields[55])
    asis = _heard(_signed_on(Rewrite(chip="send")).request(_recorded()).data)
    assert not Chip(card.pan, card.sequence).is_right(asis.fields[55])


def test_days_are_moved_with_a_rule_and_stay_without() -> None:
    dates = Dates(START_US, SHANGHAI, date(2026, 3, 1))
    asked = POS.hear(_recorded())
    said = {**asked.fields, 13: "0619", 61: "0000020000020618"}
    frame = POS.bare(POS.say(asked.frame[:11], "0200", dict(sorted(said.items()))))
    kept, moved = (_heard(_signed_on(dates=each).request(frame).data) for each in (None, dates))
    assert (kept.fields[13], kept.fields[61][12:]) == ("0619", "0618")
    assert (moved.fields[13], moved.fields[61][12:]) == ("0302", "0301")
    assert "9A03140618" in kept.fields[55]
    assert "9A03260301" in moved.fields[55]
    card = fictional_card(0)
    assert Chip(card.pan, card.sequence).is_right(moved.fields[55])


def test_a_track_is_encrypted_where_the_target_gives_a_key_for_it() -> None:
    card, plain = fictional_card(0), _signed_on()
    asked = POS.hear(_recorded())
    # As a cleaned recording has it: an encrypted track is zeros, and DE 53 says so.
    said = {**asked.fields, 35: "0" * 37, 53: "2610000000000000"}
    frame = POS.bare(POS.say(asked.frame[:11], "0200", dict(sorted(said.items()))))
    heard = _heard(plain.request(frame).data)
    assert (heard.fields[35], heard.fields[53]) == (card.track_2, "2600000000000000")
    secret = _signed_on()
    secret._terminal("50010001").tdk = tdk = Tdk.from_hex("00112233445566778899AABBCCDDEEFF")
    for each in (frame, _recorded()):
        heard = _heard(secret.request(each).data)
        assert decrypt_track(heard.fields[35], tdk) == card.track_2
        assert heard.fields[53] == "2610000000000000"
