"""The issuer of a trace answers as it did: by code, delay and silence, each once."""

from __future__ import annotations

from simulators.cards import Card
from simulators.issuer import CALM
from simulators.replay.again.issuing import Recorded
from tests.simulators.replay.days import INTERBANK, START_US, TOKENS, Raw, bare, frames

_CARDS = {TOKENS.pan(Card().pan): Card()}


def _request(stan: str) -> bytes:
    heard = INTERBANK.hear(bare("interbank-withdrawal"))
    said = {**heard.fields, 11: stan}
    return INTERBANK.bare(INTERBANK.say(heard.frame[:46], "0200", said))


def _answer(stan: str, code: str) -> bytes:
    heard = INTERBANK.hear(bare("interbank-withdrawal"))
    kept = {n: t for n, t in heard.fields.items() if n not in {35, 52, 14, 22, 26, 53, 55}}
    said = dict(sorted({**kept, 11: stan, 39: code}.items()))
    return INTERBANK.bare(INTERBANK.say(heard.frame[:46], "0210", said))


def _recorded() -> Recorded:
    raws = []
    for number, (code, wait_us) in enumerate([("00", 40_000), ("51", 90_000), ("", 0)]):
        stan, at = f"{number:06d}", START_US + number * 1_000_000
        raws.append(Raw(at, "bank-1", "issuer", "peer", _request(stan)))
        if code:
            raws.append(Raw(at + wait_us, "bank-1", "issuer", "switch", _answer(stan, code)))
    return Recorded(frames(raws), "bank-1", INTERBANK, _CARDS)


def test_answers_come_in_the_recorded_order_and_once() -> None:
    recorded = _recorded()
    assert recorded.count == 3
    asked = INTERBANK.hear(_request("777777"))
    found = [recorded.temper(asked) for _ in range(4)]
    assert [(each.code, each.delay_ms, each.answers) for each in found[:3]] == [
        ("", 40, 1), ("51", 90, 1), ("", 0, 0),
    ]  # fmt: skip
    assert found[3] is CALM
    assert recorded.found == {"as recorded": 3, "not recorded": 1}


def test_at_once_means_without_the_recorded_delay() -> None:
    recorded = _recorded()
    assert recorded.temper(INTERBANK.hear(_request("1" * 6)), timed=False).delay_ms == 0


def test_another_link_has_nothing() -> None:
    none = Recorded(frames([]), "bank-2", INTERBANK, _CARDS)
    assert none.temper(INTERBANK.hear(_request("1" * 6))) is CALM


def test_a_request_that_was_never_answered_keeps_its_place_before_later_ones() -> None:
    raws = [
        Raw(START_US, "bank-1", "issuer", "peer", _request("000001")),
        Raw(START_US + 1_000, "bank-1", "issuer", "peer", _request("000002")),
        Raw(START_US + 9_000, "bank-1", "issuer", "switch", _answer("000002", "51")),
    ]
    recorded = Recorded(frames(raws), "", INTERBANK, _CARDS)
    asked = INTERBANK.hear(_request("777777"))
    found = [recorded.temper(asked) for _ in range(2)]
    assert [(each.code, each.answers) for each in found] == [("", 0), ("51", 1)]


def test_an_answer_that_took_too_long_counts_as_none() -> None:
    raws = [
        Raw(START_US, "bank-1", "issuer", "peer", _request("000001")),
        Raw(START_US + 3_600_000_000, "bank-1", "issuer", "switch", _answer("000001", "51")),
    ]
    recorded = Recorded(frames(raws), "", INTERBANK, _CARDS)
    assert recorded.temper(INTERBANK.hear(_request("777777"))).answers == 0


def _for_services() -> Raw:
    heard = INTERBANK.hear(bare("interbank-withdrawal"))
    said = {n: t for n, t in heard.fields.items() if n not in {35, 52, 14, 26, 53, 55}}
    whole = INTERBANK.say(heard.frame[:46], "0200", dict(sorted({**said, 3: "910000"}.items())))
    return Raw(START_US, "social", "issuer", "peer", INTERBANK.bare(whole))


def test_what_is_for_a_host_of_services_is_told_and_not_answered_as_recorded() -> None:
    bank = Raw(START_US + 9, "bank-1", "issuer", "peer", _request("000001"))
    told = frames([_for_services(), bank])
    recorded = Recorded(told, "", INTERBANK, _CARDS)
    assert (recorded.count, recorded.elsewhere) == (1, {"0200 910000": 1})
    assert recorded.links == {"social": 1, "bank-1": 1}
    social = Recorded(told, "social", INTERBANK, _CARDS)
    assert (social.count, social.elsewhere) == (0, {"0200 910000": 1})


def test_the_ids_of_both_sides_are_known() -> None:
    issuer, switch = _recorded().addresses
    assert (len(issuer), len(switch)) == (8, 8)
    assert issuer != switch
