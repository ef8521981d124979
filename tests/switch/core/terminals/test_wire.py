"""Terminal frames: read into requests, recognised by the dialect's data, answered in place."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from messages.dialects.dialect import Dialect
from messages.dialects.loader import load_dialect
from messages.errors import DecodeError
from messages.framing import Framing
from switch.core.rules import Rule
from switch.core.terminals.wire import MOST_KINDS, TerminalWire
from tests.switch.core.stage import FRAMES, POS, Stage, configuration

_COMPOSITE = load_dialect("composite")
_CLASS_64 = "643200320001"
"""The header of a composite terminal."""


@pytest.fixture(scope="module")
def wire() -> TerminalWire:
    return TerminalWire(POS)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("withdrawal", "rural_withdrawal"),
        ("balance", "balance_inquiry"),
        ("sign-on", "sign_on"),
        ("echo", "echo"),
    ],
)
def test_the_worked_examples_are_recognised(wire: TerminalWire, name: str, kind: str) -> None:
    rule = wire.classify(wire.read(1, FRAMES[name][2:]))
    assert rule is not None
    assert rule.id == kind


@pytest.mark.parametrize("change", [{"f3": "000000"}, {"f25": "02"}, {"f60": "9900000200060"}])
def test_one_code_that_differs_makes_another_transaction(
    wire: TerminalWire, change: dict[str, str]
) -> None:
    rule = wire.classify(wire.read(1, Stage().withdrawal(**change)[2:]))
    assert rule is None or rule.id != "rural_withdrawal"


def test_codes_that_strangers_choose_are_remembered_to_a_limit() -> None:
    wire, stage = TerminalWire(POS), Stage()
    request = wire.read(1, stage.withdrawal()[2:])
    for number in range(MOST_KINDS + 10):
        request.network_code = f"{number:04d}"
        assert wire.classify(request) is not None
    assert len(wire._known) == MOST_KINDS


def test_an_answer_swaps_the_tpdu_and_may_ask_for_a_sign_on(wire: TerminalWire) -> None:
    request = wire.read(1, FRAMES["withdrawal"][2:])
    frame = wire.answer(request, {39: "77"}, None, sign_on_again=True)
    assert frame[2:13].hex() == "6000000005613203320001"
    assert frame[13:15].hex() == "0210"


def test_a_frame_that_is_no_message_says_why(wire: TerminalWire) -> None:
    with pytest.raises(DecodeError):
        wire.read(1, FRAMES["withdrawal"][2:100])


def _social(stage: Stage, mti: str, code: str, of_60: str, *, header: str) -> None:
    """Ask for a social service, MACed, with the service in field 62."""
    kept = (11, 14, 22, 23, 25, 26, 35, 41, 42, 49, 52, 53, 64)
    message = stage.codec.decode(FRAMES["withdrawal"], 13)
    fields = {n: message.fields[n] for n in kept} | {3: code, 60: f"{of_60}00000200090"}
    service = {"75": b"QRY", "76": b"PAY", "77": b"BEN"}[of_60]
    fields[62] = (b"S1003" + service + b"S5002C1S6002P1").hex().upper()
    if mti == "0200":
        fields[4] = "000000010000"
    stage.terminal_says(stage.build(mti, fields, header))


_SERVICES = [("0100", "900000", "75"), ("0200", "910000", "76"), ("0100", "930000", "77")]


@pytest.mark.parametrize(("mti", "code", "of_60"), _SERVICES)
@pytest.mark.parametrize("others", [(), (_COMPOSITE,)])
def test_a_plain_pos_that_asks_for_a_social_service_gets_58(
    others: tuple[Dialect, ...], mti: str, code: str, of_60: str
) -> None:
    stage = Stage(other_terminal_dialects=others)
    stage.sign_on()
    _social(stage, mti, code, of_60, header="613200320001")
    assert stage.code == "58"
    assert stage.report("declined")["reason"] == "service_not_for_terminal"


@pytest.mark.parametrize(("mti", "code", "of_60"), _SERVICES)
def test_a_composite_terminal_without_a_host_to_serve_it_gets_92(
    mti: str, code: str, of_60: str
) -> None:
    stage = Stage(other_terminal_dialects=(_COMPOSITE,))
    stage.sign_on()
    _social(stage, mti, code, of_60, header=_CLASS_64)
    assert stage.code == "92"
    assert stage.report("declined")["rule"] == Rule.ROUTE_SOCIAL
    assert stage.told[-1][7:8] == b"\x64"


def test_a_social_reconciliation_of_a_plain_pos_gets_58() -> None:
    stage = Stage()
    stage.sign_on()
    fields = {11: "000003", 41: "50010001", 42: "999653080110001", 60: "78000002211", 63: "01 "}
    stage.terminal_says(stage.build("0500", fields | {48: "0" * 62, 49: "156"}))
    assert stage.code == "58"


def test_a_composite_terminal_does_what_a_pos_does_in_its_own_dialect() -> None:
    stage = Stage(other_terminal_dialects=(_COMPOSITE,))
    stage.sign_on()
    frame = stage.withdrawal("000002")
    body = frame[13:]
    stage.terminal_says(bytes(2) + bytes.fromhex("6000050000" + _CLASS_64) + body)
    assert stage.code == "00"
    answer = stage.told[-1]
    assert Framing(_COMPOSITE.frame).read_heads(answer[2:])["header"]["application_class"] == "64"


@pytest.mark.parametrize(("only", "first", "second"), [(0, "00", "58"), (1, "58", "00")])
def test_a_terminal_with_a_registered_dialect_gets_58_in_any_other(
    only: int, first: str, second: str
) -> None:
    plain = configuration().terminals["50010001"]
    stage = Stage(
        other_terminal_dialects=(_COMPOSITE,),
        terminals={plain.id: replace(plain, only_dialect=only)},
    )
    for frame in (FRAMES["sign-on"], _in_class_64(FRAMES["sign-on"])):
        stage.terminal_says(frame)
    assert stage.codes() == [first, second]
    for frame in (stage.withdrawal("000002"), _in_class_64(stage.withdrawal("000003"))):
        stage.terminal_says(frame)
    assert stage.codes()[2:] == [first, second]
    assert stage.report("declined")["rule"] == Rule.DIALECT_REGISTERED
    assert len(stage.requests()) == 1


def test_what_was_taken_in_one_dialect_is_reversed_in_any() -> None:
    plain = configuration().terminals["50010001"]
    stage = Stage(
        other_terminal_dialects=(_COMPOSITE,),
        terminals={plain.id: replace(plain, only_dialect=0)},
    )
    stage.sign_on()
    stage.withdraw()
    stage.terminal_says(_in_class_64(stage._changed("reversal", "000002", {})))
    assert stage.codes() == ["00", "00", "00"]
    assert len(stage.reversals()) == 1


def _in_class_64(frame: bytes) -> bytes:
    return bytes(2) + bytes.fromhex("6000050000" + _CLASS_64) + frame[13:]


def test_a_composite_frame_that_cannot_be_read_is_answered_in_its_dialect() -> None:
    stage = Stage(other_terminal_dialects=(_COMPOSITE,))
    stage.sign_on()
    frame = bytes(2) + bytes.fromhex("6000050000" + _CLASS_64) + FRAMES["withdrawal"][13:-10]
    stage.terminal_says(frame)
    assert stage.code == "30"
    assert stage.told[-1][7:8] == b"\x64"
