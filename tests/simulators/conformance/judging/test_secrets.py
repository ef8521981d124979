"""MAC, PIN block and tracks are proved by keys; usual mistakes are named; secrets stay hidden."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Mak, Pik, Tmk
from messages.crypto.mac import make_mac
from messages.crypto.pin import encode_pin_block
from simulators.cards import Card, fictional_card
from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging.secrets import judge_secrets, judge_typed, pan_of
from simulators.conformance.judging.station import Keys
from simulators.conformance.mutants.by_service import SERVICE_MUTANTS
from simulators.conformance.mutants.places import swap
from simulators.conformance.rules.vocabulary import Judgement
from simulators.installation import TMK, wires
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import heard, new_host, signed_on

_CARD = Card()
_HEAD = 13
_OTHER = bytes.fromhex("70F2A84CCBC2AE8625CBB0F2C22AB923")


def _judged(frame: bytes, *, older: bool = False) -> list[Judgement]:
    station = signed_on(new_host())
    if older:
        assert station.keys is not None
        station.older, new = station.keys, Mak(_OTHER)
        station.keys = Keys(Pik(_OTHER), new, None, make_mac("pos-ecb", new))
    cards = {_CARD.pan: _CARD}
    return list(judge_secrets(heard(frame), station, Tmk.from_hex(TMK), cards))


def _broken(frame: bytes, *, older: bool = False) -> dict[str, str]:
    found = _judged(frame, older=older)
    return {j.check: j.about.get("key", "") for j in found if not j.ok}


def _with(number: int, content: bytes) -> bytes:
    body = swap(frames.WITHDRAWAL[_HEAD:], number, content)
    mac = make_mac("pos-ecb", Mak(frames.MAK)).compute(body[:-8])
    return frames.WITHDRAWAL[:_HEAD] + body[:-8] + mac


def test_the_worked_withdrawal_proves_everything() -> None:
    assert _broken(frames.WITHDRAWAL) == {}
    assert {"mac", "pin-block", "clear-pin"} <= {j.check for j in _judged(frames.WITHDRAWAL)}


def test_the_pin_of_a_block_is_the_one_that_was_typed() -> None:
    station = signed_on(new_host())
    (good,) = judge_typed(heard(frames.WITHDRAWAL), station, _CARD.pin)
    (wrong,) = judge_typed(heard(frames.WITHDRAWAL), station, "1234")
    assert (good.ok, wrong.ok, wrong.found) == (True, False, "another")
    assert _CARD.pin not in f"{wrong}"
    broken = heard(_with(52, bytes(8)))
    assert not list(judge_typed(broken, station, _CARD.pin))


def test_a_mac_and_pin_under_the_key_before_are_told_apart_from_wrong_ones() -> None:
    assert _broken(frames.WITHDRAWAL, older=True) == {"mac": "older", "pin-block": "older"}
    wrong = frames.WITHDRAWAL[:-8] + b"00000000"
    assert _broken(wrong) == {"mac": "unknown"}


@pytest.mark.parametrize(
    ("covers", "words"),
    [
        (lambda whole: whole[2:-8], "TPDU"),
        (lambda whole: whole[_HEAD + 2 : -8], "leaves out the MTI"),
        (lambda whole: whole[:-8], "length"),
    ],
)
def test_the_bytes_that_a_wrong_mac_covers_are_named(covers: object, words: str) -> None:
    assert callable(covers)
    mac = make_mac("pos-ecb", Mak(frames.MAK)).compute(covers(frames.WITHDRAWAL))
    found = [j.found for j in _judged(frames.WITHDRAWAL[:-8] + mac) if not j.ok]
    assert len(found) == 1
    assert words in found[0]


def test_a_block_that_is_not_bound_to_its_card_is_found() -> None:
    block = encode_pin_block(_CARD.pin, None, Pik(frames.PIK))
    assert _broken(_with(52, block)) == {"pin-block": "form"}


def test_a_clear_block_is_found() -> None:
    clear = bytes.fromhex("06122662A9876FED")
    assert _broken(_with(52, clear)).keys() == {"pin-block", "clear-pin"}


def test_what_is_found_never_quotes_a_secret() -> None:
    told = repr(_judged(_with(52, bytes.fromhex("06122662A9876FED"))))
    for secret in (_CARD.pan, _CARD.pin, "06122662A9876FED", TMK, frames.MAK.hex().upper()):
        assert secret not in told


def test_the_card_is_known_from_the_track_too() -> None:
    said: Heard = heard(frames.WITHDRAWAL)
    assert pan_of(said, None) == _CARD.pan
    texts = {k: v for k, v in said.texts.items() if k != "2"}
    said.texts = texts
    assert pan_of(said, None) == _CARD.pan


def test_a_pin_that_is_a_tags_whole_value_is_seen_behind_its_length() -> None:
    mutant = next(m for m in SERVICE_MUTANTS if m.id == "pin-in-service")
    failed = run(Trial(parts=mutant.parts, cases=("bill-query",), is_composite=True)).host.tally
    assert failed.failed() == {"SEC-03", "SOC-17"}


def _without_a_card(number: int, text: str) -> list[tuple[str, str]]:
    """Return what is broken in a message without DE 2 and track, with this text in a field."""
    fields = {n: t for n, t in heard(frames.WITHDRAWAL).message.fields.items() if n not in {2, 35}}
    frame = wires()[0].say(
        wires()[0].framing.build_heads(), "0200", dict(sorted({**fields, number: text}.items())),
        None,
    )  # fmt: skip
    station = signed_on(new_host())
    cards = {card.pan: card for card in map(fictional_card, range(2))}
    found = judge_secrets(heard(frame), station, Tmk.from_hex(TMK), cards)
    return [(j.check, j.field) for j in found if not j.ok and j.check == "clear-pan"]


@pytest.mark.parametrize("number", [44, 48, 57, 58, 61, 63])
def test_a_card_number_is_found_where_no_field_names_the_card(number: int) -> None:
    for pan in (fictional_card(1).pan, fictional_card(77).pan):
        assert _without_a_card(number, f"0019{pan}") == [("clear-pan", f"{number}")]


def test_a_right_check_digit_alone_is_no_card_number() -> None:
    known = fictional_card(1).pan
    assert not _without_a_card(63, "4111111111111111")
    assert not _without_a_card(63, known[:-1] + str((int(known[-1]) + 1) % 10))
