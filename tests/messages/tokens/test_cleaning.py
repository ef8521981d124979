"""Cleaned frames keep length and shape, and hold nothing of the card, whatever the frame."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.loader import load_dialect, packaged_names
from messages.tokens.cleaning import Cleaner
from messages.tokens.numbers import EXPIRY, KEY_BYTES, Tokens
from messages.view import viewer_of
from simulators.wire import Wire
from tests.switch.cli.running import SECRETS, samples

_TOKENS = Tokens(bytes(range(KEY_BYTES)))
_WIRES = {name: Wire(load_dialect(name)) for name in ("pos", "interbank")}
_CLEANERS = {name: Cleaner(load_dialect(name), _TOKENS) for name in packaged_names()}
PAN = "6219991234567890120"


def _read(name: str) -> tuple[str, bytes]:
    dialect = "interbank" if name.startswith("interbank") else "pos"
    data = bytes.fromhex(dict(samples())[name])
    return dialect, _WIRES[dialect].bare(data)


@pytest.mark.parametrize("name", [name for name, _ in samples()])
def test_samples_keep_their_shape_and_lose_card_keys_and_pin(name: str) -> None:
    dialect, frame = _read(name)
    cleaned = _CLEANERS[dialect].clean(frame)
    assert cleaned.reason == ""
    assert len(cleaned.frame) == len(frame)
    before, after = (_WIRES[dialect].hear(each) for each in (frame, cleaned.frame))
    assert before.view.numbers == after.view.numbers
    # The end of the sample's track is what a stand-in's is: zeros.
    for secret in (*SECRETS[:2], *SECRETS[3:], PAN):
        assert secret not in cleaned.frame.hex().upper()
        assert secret.encode() not in cleaned.frame
    if 2 in before.fields:
        assert after.fields[2] == _TOKENS.pan(before.fields[2])
    for number in (3, 4, 11, 37, 39, 41, 42, 54, 60):
        assert before.fields.get(number) == after.fields.get(number) or number == 60


def test_cryptograms_go_and_the_rest_of_the_chip_stays() -> None:
    _, frame = _read("withdrawal")
    chip = _WIRES["pos"].hear(_CLEANERS["pos"].clean(frame).frame).fields[55]
    assert "9F26080000000000000000" in chip
    assert "9F36020012" in chip
    assert "A1B2C3D4E5F60718" not in chip


def test_expiry_and_track_are_those_of_a_test_card() -> None:
    _, frame = _read("withdrawal")
    fields = _WIRES["pos"].hear(_CLEANERS["pos"].clean(frame).frame).fields
    assert fields[14] == EXPIRY
    assert fields[35] == f"{fields[2]}={EXPIRY}220" + "0" * (len(fields[35]) - 27)


def test_the_cards_number_is_found_wherever_else_it_stands() -> None:
    wire = _WIRES["pos"]
    heard = wire.hear(_read("withdrawal")[1])
    said = {**heard.fields, 63: f"note {PAN} end", 57: PAN}
    frame = wire.bare(wire.say(heard.frame[:11], "0200", dict(sorted(said.items()))))
    cleaned = _CLEANERS["pos"].clean(frame).frame
    assert PAN.encode() not in cleaned
    assert PAN not in cleaned.hex()


def test_a_number_in_a_field_that_is_never_masked_is_found_too() -> None:
    wire, pan = _WIRES["pos"], "6219991234567890"
    heard = wire.hear(_read("withdrawal")[1])
    # DE 53 is one fixed number, which no mask and no net touches.
    said = {**heard.fields, 2: pan, 53: pan}
    frame = wire.bare(wire.say(heard.frame[:11], "0200", said))
    fields = wire.hear(_CLEANERS["pos"].clean(frame).frame).fields
    assert fields[2] == fields[53] == _TOKENS.pan(pan)


def test_what_cannot_be_read_is_emptied_and_says_so() -> None:
    _, frame = _read("withdrawal")
    cleaned = _CLEANERS["pos"].clean(frame[:60])
    assert cleaned.reason.startswith("unreadable: field")
    assert cleaned.frame == frame[:11] + bytes(49)


@given(st.sampled_from(sorted(_CLEANERS)), st.binary(max_size=300))
def test_hostile_bytes_never_raise_and_keep_their_length(name: str, data: bytes) -> None:
    assert len(_CLEANERS[name].clean(data).frame) == max(len(data), 0)


@given(st.sampled_from(["withdrawal", "balance"]), st.data())
def test_a_byte_changed_anywhere_lets_no_number_through(name: str, data: st.DataObject) -> None:
    dialect, frame = _read(name)
    at = data.draw(st.integers(0, len(frame) - 1))
    changed = bytearray(frame)
    changed[at] = data.draw(st.integers(0, 255))
    cleaned = _CLEANERS[dialect].clean(bytes(changed)).frame
    assert len(cleaned) == len(frame)
    untouched = PAN in changed.hex() or PAN.encode() in changed
    if untouched:
        assert PAN not in cleaned.hex()
        assert PAN.encode() not in cleaned


def test_contents_that_come_again_are_cleaned_as_at_first() -> None:
    _, frame = _read("withdrawal")
    cleaner = Cleaner(load_dialect("pos"), _TOKENS)
    assert [cleaner.clean(frame).frame for _ in range(3)] == [
        _CLEANERS["pos"].clean(frame).frame
    ] * 3


def test_lengths_are_part_of_what_is_remembered() -> None:
    wire, cleaner = _WIRES["pos"], Cleaner(load_dialect("pos"), _TOKENS)
    heard = wire.hear(_read("withdrawal")[1])
    # One digit more or less fills the same bytes: only the length prefix tells.
    for pan in ("621999123456789012", "6219991234567890120"):
        said = {**heard.fields, 2: pan}
        frame = wire.bare(wire.say(heard.frame[:11], "0200", dict(sorted(said.items()))))
        assert wire.hear(cleaner.clean(frame).frame).fields[2] == _TOKENS.pan(pan)


def test_more_contents_than_are_remembered_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("messages.tokens.cleaning.MOST_REMEMBERED", 2)
    wire, cleaner = _WIRES["pos"], Cleaner(load_dialect("pos"), _TOKENS)
    heard = wire.hear(_read("withdrawal")[1])
    for number in (*range(5), *range(5)):
        pan = f"62199912345678901{number}"
        frame = wire.bare(wire.say(heard.frame[:11], "0200", {**heard.fields, 2: pan}))
        assert wire.hear(cleaner.clean(frame).frame).fields[2] == _TOKENS.pan(pan)


def test_a_dialect_without_card_numbers_is_cleaned_too(tmp_path: Path) -> None:
    path = tmp_path / "bare.toml"
    gone = '["fields.2", "fields.35", "presence", "transactions"]'
    path.write_text(
        'format = 1\nkind = "dialect"\nname = "bare"\nextends = "iso87-ascii"\n'
        f'title = ["bare", "无"]\nsource = "a test"\nremove = {gone}\n',
        encoding="utf-8",
    )
    dialect = load_dialect(str(path))
    frame = viewer_of(dialect).build("0800", {11: "000001", 63: f"note {PAN}"})
    cleaned = Cleaner(dialect, _TOKENS).clean(frame)
    assert cleaned.reason == ""
    assert PAN.encode() not in cleaned.frame
