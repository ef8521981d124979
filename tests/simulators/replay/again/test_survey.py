"""What cannot be sent again is known before the start."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.cards import Card, fictional_card
from simulators.installation import terminal_identity
from simulators.replay.again.rules import Rewrite
from simulators.replay.again.survey import Survey
from simulators.replay.trace.form import Frame
from tests.simulators.replay.days import POS, START_US, TOKENS, Raw, bare, day, frames, means

_CARDS = {TOKENS.pan(fictional_card(n).pan): fictional_card(n) for n in range(50)}


def _looked(told: list[Frame], rules: Rewrite | None = None, known: int = 50) -> Survey:
    cards = dict(list(_CARDS.items())[:known])
    return Survey().of(told, POS, means(cards), rules or Rewrite())


def test_chip_data_that_is_signed_anew_needs_no_remark() -> None:
    survey = _looked(frames(list(day(10))))
    assert (survey.requests, survey.remarks) == (10, [])


def test_chip_data_that_goes_as_recorded_is_told() -> None:
    assert _looked(frames(list(day(10))), Rewrite(chip="send")).remarks == [
        "10 with chip data go without a valid cryptogram, as a rule wants it"
    ]


def test_chip_data_that_cannot_be_signed_is_told_before_the_start() -> None:
    heard = POS.hear(bare("withdrawal"))
    short = POS.say(heard.frame[:11], "0200", {**heard.fields, 55: "9F26080011223344556677"})
    told = frames([Raw(START_US, "t", "terminal", "switch", POS.bare(short))])
    assert _looked(told).remarks == [
        "not sent: 1: chip data without 9F02, which a cryptogram covers"
    ]
    assert not _looked(told, Rewrite(chip="drop")).remarks


def test_what_has_no_card_or_no_rule_is_left_out() -> None:
    told = frames(list(day(10)))
    assert _looked(told, known=4).unplayable == {"a card that no rule has a test card for": 6}
    assert not _looked(told, Rewrite(unknown_cards="send"), known=4).unplayable
    skipped = _looked(told, Rewrite(chip="skip"))
    assert sum(skipped.unplayable.values()) == 10


def test_refusals_for_a_pin_or_a_mac_are_remembered() -> None:
    heard = POS.hear(bare("withdrawal-response"))
    answer = POS.bare(POS.say(heard.frame[:11], "0210", {**heard.fields, 39: "55"}))
    raws = [
        Raw(START_US, "t", "terminal", "switch", bare("withdrawal")),
        Raw(START_US + 9, "t", "terminal", "peer", answer),
    ]
    survey = _looked(frames(raws))
    assert survey.codes == {("t", START_US): "55"}
    assert "1 that were refused with 55 are sent so that they are refused again" in survey.remarks


def test_unreadable_frames_are_told() -> None:
    raws = [Raw(START_US, "t", "terminal", "switch", bare("withdrawal")[:50])]
    survey = _looked(frames(raws))
    assert survey.remarks == ["not sent: 1: unreadable: field bitmap"]


def test_what_cannot_be_built_anew_is_told_before_the_start() -> None:
    heard = POS.hear(bare("withdrawal"))
    short = {2: "621999000123", 35: "621999000123=49122"}
    told = frames([Raw(START_US, "t", "terminal", "switch", _said({**heard.fields, **short}))])
    token = POS.hear(POS.bare(told[0].data)).fields[2]
    cards = {token: Card(pan="621999000123")}
    survey = Survey().of(told, POS, means(cards), Rewrite(chip="drop"))
    assert survey.remarks == ["not sent: 1: cannot be built anew"]


def test_terminals_without_a_master_key_are_named_before_the_start() -> None:
    own = replace(means(_CARDS), master_key=None, terminals={"50010001": terminal_identity(0)})
    told = frames(list(day(21, terminals=8)))
    survey = Survey().of(told, POS, own, Rewrite())
    assert survey.remarks == [
        "not sent: 18: no master key for its terminal",
        "no master key for 50010002, 50010003, 50010004, 50010005, 50010006 and 2 more",
    ]
    assert set(survey.strangers) == {"50010001"}
    # The number that is sent counts, and a key for all others leaves nobody without.
    renamed = Rewrite(terminals={"50010002": "50010001"})
    assert "50010002" not in Survey().of(told, POS, own, renamed).keyless
    assert (
        not Survey().of(told, POS, replace(own, master_key=means({}).master_key), Rewrite()).keyless
    )


def _said(fields: dict[int, str]) -> bytes:
    return POS.bare(POS.say(POS.hear(bare("withdrawal")).frame[:11], "0200", fields))


def test_terminals_that_ask_before_they_sign_on_are_known() -> None:
    raws = list(day(7, terminals=2))
    sign_on = POS.hear(bare("sign-on"))
    again = POS.say(sign_on.frame[:11], "0800", {**sign_on.fields, 41: "50010001"})
    raws.insert(8, Raw(raws[8].at_us, "terminal-1", "terminal", "switch", POS.bare(again)))
    strangers = _looked(frames(raws)).strangers
    assert {name: each.requests for name, each in strangers.items()} == {
        "50010001": 2,
        "50010002": 3,
    }
