"""What was asked: each copy with its day and the registry that its switch had by then."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.cards import FIRST_PAN
from simulators.installation import Size, configuration
from simulators.world.matrix.asking import Gate
from switch.core.moment import Moment, local
from tests.simulators.acting import POS, START_MS
from tests.simulators.world.matrix.test_drawing import drawn

_FIRST = drawn(1).registry
_NEXT = replace(_FIRST, change=2)
_AT = 7, 70, Moment(0, START_MS)


def _frame(mti: str = "0200", **fields: str) -> bytes:
    told = {2: FIRST_PAN, 3: "010000", 11: "000001", 41: "50010001", 60: "70000009000"}
    told |= {int(name[1:]): text for name, text in fields.items()}
    kept = {number: text for number, text in sorted(told.items()) if text}
    return POS.bare(POS.say(POS.framing.build_heads(), mti, kept))


def _gate() -> Gate:
    gate = Gate(frozenset({FIRST_PAN}))
    gate.comes_into_force("a", _FIRST, 1)
    return gate


def test_a_request_is_kept_with_what_tells_it_from_others() -> None:
    gate = _gate()
    gate.heard("a", POS, _frame(), _AT)
    [asked] = gate.asked
    assert asked.key == ("50010001", "000009", "000001")
    assert asked.codes == ("0200", "010000", "70")
    assert (asked.day, asked.registry, asked.before) == (local(START_MS).day, _FIRST, None)
    assert FIRST_PAN not in repr(asked)


def test_reversals_and_what_has_no_card_and_broken_frames_are_not_asked() -> None:
    gate = _gate()
    for frame in (_frame("0400"), _frame(f2=""), _frame()[:20]):
        gate.heard("a", POS, frame, _AT)
    assert not gate.asked


def test_a_switch_that_reloads_has_another_registry_and_its_neighbour_the_old_one() -> None:
    gate = _gate()
    gate.comes_into_force("b", _FIRST, 2)
    gate.comes_into_force("a", _NEXT, 3)
    gate.comes_into_force("a", _NEXT, 4)
    gate.comes_into_force("a", None, 5)
    for name in "ab":
        gate.heard(name, POS, _frame(), _AT)
    assert gate.reloads == [(3, "a")]
    assert [each.registry.change for each in gate.asked] == [2, 1]
    assert gate.asked[0].before is _FIRST


def test_what_a_bank_is_sent_over_its_private_line_is_kept_with_the_newest_registry() -> None:
    gate = Gate(frozenset(), configuration(Size(issuers=2, lines=2)))
    assert set(gate.private) == {"bank-1-jinbao", "bank-2-jinbao"}
    heard = POS.hear(_frame(f37="416900000001"))
    gate.spoken("a", "bank-2-jinbao", heard, _AT)
    assert not gate.sent
    gate.comes_into_force("b", _NEXT, 1)
    gate.comes_into_force("a", _FIRST, 2)
    gate.spoken("a", "bank-2-jinbao", heard, _AT)
    gate.spoken("a", "bank-2-jinbao", POS.hear(_frame(f2="")), _AT)
    [sent] = gate.sent
    assert (sent.bank, sent.rrn, sent.registry) == ("99910001", "416900000001", _NEXT)
    assert FIRST_PAN not in repr(sent)
