"""Errors speak in places and reasons, never in content."""

from __future__ import annotations

from messages.errors import DecodeError, EncodeError, FrameError


def test_frame_error_reads_as_one_sentence_with_what_came() -> None:
    error = FrameError("length", offset=0, expected="277 bytes", found="200", hint="try interbank")
    assert str(error) == "length at byte 0; expected 277 bytes; found 200; try interbank"


def test_decode_error_names_a_field_as_people_do_and_hides_what_was_decoded() -> None:
    error = DecodeError("60.2", 71, "ends early", {"2": "6219991234567890120"})
    assert str(error) == "F60.2 at byte 71: ends early"
    assert "6219991234567890120" not in repr(error)
    assert error.decoded["2"] == "6219991234567890120"
    assert str(DecodeError("mti", 0, "is not 4 digits")) == "mti at byte 0: is not 4 digits"


def test_encode_error_names_the_field() -> None:
    assert str(EncodeError("4", "holds letters")) == "F4: holds letters"
