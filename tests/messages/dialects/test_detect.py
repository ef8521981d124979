"""The dialect of some bytes, why it is, and what to say when it is none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.codec import Codec, Message
from messages.dialects.detect import Detection, detect, explain_refusal
from messages.dialects.dialect import Dialect
from messages.dialects.loader import load_dialect, packaged_names
from messages.errors import DecodeError, FrameError
from messages.framing import Deframer, Framing
from tests import golden

MESSAGES: list[dict[str, Any]] = golden.load("messages")["messages"]
DIALECTS = [load_dialect(name) for name in packaged_names()]
CODECS = {dialect.name: Codec(dialect) for dialect in DIALECTS}
POS, COMPOSITE, INTERBANK = (load_dialect(n) for n in ("pos", "composite", "interbank"))
PAN = "6219991234567890120"


def frame_of(name: str) -> bytes:
    return bytes.fromhex(next(m["frame"] for m in MESSAGES if m["name"] == name))


WITHDRAWAL = frame_of("withdrawal")


def decode(dialect: Dialect, data: bytes, base: int) -> Message:
    return CODECS[dialect.name].decode(data, base)


def outcome(data: bytes, *, body: bool = False) -> Detection[Message]:
    return detect(data, DIALECTS, body=body, decode=decode)


def detected(data: bytes, *, body: bool = False) -> Detection[Message]:
    found = outcome(data, body=body)
    if isinstance(found.outcome, FrameError | DecodeError):
        raise found.outcome
    return found


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: str(m["name"]))
@pytest.mark.parametrize("body", [False, True])
def test_dialect_of_every_golden_message_is_found(message: dict[str, Any], body: bool) -> None:
    dialect = load_dialect(message["dialect"])
    start = dialect.frame.length_bytes + dialect.frame.head_size if body else 0
    found = detected(bytes.fromhex(message["frame"])[start:], body=body)
    assert found.dialect.name == message["dialect"]
    assert f"MTI {message['mti']}" in found.why


def test_reasons_are_one_sentence() -> None:
    assert detected(WITHDRAWAL).why == (
        "2-byte length 0x0115 fits, TPDU protocol id 60, Message header application class 61, "
        "MTI 0200, all 18 fields read to the last byte"
    )
    assert detected(frame_of("interbank-sign-on")).why.startswith("4-byte length 0095 fits, ")


def test_header_class_decides_between_a_dialect_and_the_one_it_extends() -> None:
    frame = bytearray(WITHDRAWAL)
    frame[7] = 0x64
    found = detected(bytes(frame))
    assert found.dialect.name == "composite"
    assert "application class 64" in found.why


def test_without_a_header_the_less_derived_dialect_wins() -> None:
    found = detected(WITHDRAWAL[13:], body=True)
    assert found.dialect.name == "pos"
    assert found.why.endswith("composite would fit too and pos is the less derived one")


def test_without_a_header_the_transaction_decides() -> None:
    fields = {3: "900000", 11: "000001", 22: "051", 25: "00", 41: "50010001"}
    fields |= {42: "999653080110001", 60: "7500000200060", 62: b"S1003QRY".hex().upper()}
    found = detected(CODECS["composite"].encode("0100", fields), body=True)
    assert found.dialect.name == "composite"
    assert found.why.endswith("composite is the one that knows this transaction")


def test_truncated_frame_is_refused_by_the_dialect_that_got_furthest() -> None:
    with pytest.raises(FrameError) as caught:
        detected(WITHDRAWAL[:-5])
    assert (caught.value.reason, caught.value.found) == ("the frame is cut off", "272")
    assert caught.value.hint.endswith("fits, pos got furthest")
    with pytest.raises(FrameError) as caught:
        detected(frame_of("interbank-withdrawal")[:-5])
    assert caught.value.hint.endswith("fits, interbank got furthest")


def test_frame_with_a_bad_field_is_refused_with_its_place_and_what_was_read() -> None:
    frame = bytearray(WITHDRAWAL)
    frame[54] = 0x99  # the prefix of DE 35
    with pytest.raises(DecodeError) as caught:
        detected(bytes(frame))
    assert (caught.value.field, caught.value.offset) == ("35", 54)
    assert "pos got furthest" in caught.value.reason
    assert caught.value.decoded["11"] == "000002"
    assert PAN not in str(caught.value)
    assert outcome(bytes(frame)).dialect is POS


@pytest.mark.parametrize("name", ["withdrawal", "echo", "reversal-response", "interbank-reversal"])
def test_every_beginning_of_a_frame_is_refused_by_its_own_dialect(name: str) -> None:
    frame = frame_of(name)
    wanted = "interbank" if name.startswith("interbank") else "pos"
    # Before the TPDU two bytes of length could be anybody's.
    for size in range(4, len(frame)):
        found = outcome(frame[:size])
        assert found.dialect.name == wanted
        assert f"{wanted} got furthest" in str(found.outcome)
        assert "is not made of digits" not in str(found.outcome)


def test_length_alone_is_no_frame_of_a_dialect_with_a_longer_one() -> None:
    refusal = str(outcome(b"\x00\x34").outcome)
    assert refusal.startswith("the frame is cut off at byte 0; expected 52")


def test_keep_alive_is_told_as_one() -> None:
    assert str(outcome(bytes(2)).outcome).startswith("a keep-alive, which holds no message")


def test_beginning_of_a_body_is_refused_by_a_dialect_with_that_mti() -> None:
    found = outcome(bytes.fromhex("08200020"), body=True)
    assert found.dialect.name == "pos"
    assert "pos got furthest" in str(found.outcome)


def test_detection_carries_the_message_that_was_decoded() -> None:
    assert detected(WITHDRAWAL).outcome == decode(POS, WITHDRAWAL, 13)


def test_wrong_tpdu_is_named() -> None:
    frame = bytearray(WITHDRAWAL)
    frame[2] = 0x49
    with pytest.raises(FrameError) as caught:
        detected(bytes(frame))
    error = caught.value
    assert (error.reason, error.expected, error.found) == ("TPDU: unknown protocol id", "60", "49")


@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_are_detected_or_refused(data: bytes, body: bool) -> None:
    found = outcome(data, body=body)
    assert ("MTI" if isinstance(found.outcome, Message) else "none of") in (
        found.why or str(found.outcome)
    )


@given(st.integers(0, len(WITHDRAWAL) * 8 - 1))
def test_any_flipped_bit_is_detected_or_refused(bit: int) -> None:
    frame = bytearray(WITHDRAWAL)
    frame[bit // 8] ^= 1 << bit % 8
    found = outcome(bytes(frame))
    if isinstance(found.outcome, Message):
        assert found.dialect.name in {"pos", "composite"}
    else:
        assert PAN not in str(found.outcome)


# ----------------------------------------------------------------------------- refused streams


@pytest.mark.parametrize(
    ("listener", "data", "hint"),
    [
        (INTERBANK, WITHDRAWAL, "it would fit dialect pos"),
        (POS, frame_of("interbank-withdrawal"), "it would fit dialect interbank"),
        (POS, WITHDRAWAL[:7] + b"\x64" + WITHDRAWAL[8:], "it would fit dialect composite"),
        (POS, b"GET / HTTP/1.1\r\nHost: switch\r\n\r\n", ""),
    ],
)
def test_refused_stream_is_told_which_dialect_it_would_fit(
    listener: Dialect, data: bytes, hint: str
) -> None:
    deframer = Deframer(Framing(listener.frame))
    deframer.feed(data)
    assert deframer.failure is not None
    explained = explain_refusal(deframer.refused, DIALECTS, deframer.failure)
    assert explained.hint == hint
    assert explained.reason == deframer.failure.reason


def test_short_frame_of_another_dialect_is_known_before_what_follows_it() -> None:
    sign_on = frame_of("sign-on")
    failure = FrameError("the frame is too long", offset=0)
    explained = explain_refusal(sign_on + b"\x00\x01\x60", DIALECTS, failure)
    assert explained.hint == "it would fit dialect pos"


@given(st.binary(max_size=200))
def test_any_refused_bytes_are_explained_without_another_error(data: bytes) -> None:
    failure = FrameError("the frame is too long", offset=0)
    assert explain_refusal(data, DIALECTS, failure).reason == failure.reason


def test_dialect_extended_by_another_wins_over_a_copy_of_it() -> None:
    copy = msgspec.structs.replace(POS, name="copy", lineage=("copy", "pos"))
    found = detect(
        WITHDRAWAL, [copy, POS], body=False, decode=lambda _, data, at: decode(POS, data, at)
    )
    assert found.dialect.name == "pos"


def test_a_hint_looks_at_no_more_than_the_largest_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[int] = []
    feed = Deframer.feed

    def counting(deframer: Deframer, chunk: bytes) -> list[bytes]:
        fed.append(len(chunk))
        return feed(deframer, chunk)

    monkeypatch.setattr(Deframer, "feed", counting)
    explain_refusal(bytes(1 << 20), DIALECTS, FrameError("of no matter", offset=0))
    assert len(fed) == len(DIALECTS)
    assert max(fed) <= 9999 + 4
