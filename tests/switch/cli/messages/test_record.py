"""The JSON form: what goes out, masked or not."""

from __future__ import annotations

import pytest

from messages.masking import HIDDEN
from switch.cli.messages.reading import Failure, Reading, read_frame
from switch.cli.messages.record import record, shown
from tests.switch.cli.running import samples


@pytest.mark.parametrize(("name", "frame"), samples())
def test_masks_keep_every_length_and_reveal_has_none(name: str, frame: str) -> None:
    reading = read_frame(bytes.fromhex(frame), "")
    assert isinstance(reading, Reading)
    for masked, clear in zip(
        shown(reading, reveal=False), shown(reading, reveal=True), strict=True
    ):
        assert masked.keys() == clear.keys(), name
        for number, text in masked.items():
            assert len(text) == len(clear[number])
            assert all(a in (HIDDEN, b) for a, b in zip(text, clear[number], strict=True))
        assert HIDDEN not in "".join(clear.values())


def test_raw_contents_and_texts_are_masked_alike() -> None:
    for name, frame in samples():
        reading = read_frame(bytes.fromhex(frame), "")
        assert isinstance(reading, Reading)
        texts, raw = shown(reading, reveal=False)
        assert [n for n in texts if HIDDEN in texts[n]] == [n for n in raw if HIDDEN in raw[n]], (
            name
        )


def test_a_failure_names_kind_field_offset_and_reason() -> None:
    failure = Failure(kind="DecodeError", field="35", offset=57, reason="x", fields={"3": "0"})
    assert record(failure, reveal=True) == {
        "ok": False,
        "error": {"kind": "DecodeError", "field": "35", "offset": 57, "reason": "x"},
        "fields": {"3": "0"},
    }
