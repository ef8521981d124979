"""Frames out of a stream, whatever its chunks; whole frames; the heads before the MTI."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.loader import load_dialect, packaged_names
from messages.errors import EncodeError, FrameError
from messages.framing import Deframer, Framing
from tests import golden

MESSAGES: list[dict[str, Any]] = golden.load("messages")["messages"]
NAMES = packaged_names()
FRAMINGS = {name: Framing(load_dialect(name).frame) for name in NAMES}
POS, INTERBANK = FRAMINGS["pos"], FRAMINGS["interbank"]
BCD = Framing(
    msgspec.structs.replace(
        load_dialect("pos").frame, length_encoding="bcd", keep_alive=False, limit=300
    )
)
WITHDRAWAL = bytes.fromhex(next(m["frame"] for m in MESSAGES if m["name"] == "withdrawal"))

names = st.sampled_from([*NAMES, "bcd"])


def framing_of(name: str) -> Framing:
    return BCD if name == "bcd" else FRAMINGS[name]


def chunks_of(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(edges)]


def feed_all(framing: Framing, chunks: list[bytes]) -> tuple[list[bytes], Deframer]:
    deframer = Deframer(framing)
    return [frame for chunk in chunks for frame in deframer.feed(chunk)], deframer


@st.composite
def streams(draw: st.DrawFn) -> tuple[Framing, list[bytes], bytes]:
    """Return a framing, its frames, and their stream with keep-alives between them."""
    framing = framing_of(draw(names))
    heads = framing.build_heads()
    frames, stream = [], b""
    for body in draw(st.lists(st.binary(min_size=2, max_size=60), max_size=5)):
        stream += framing.prefix(0) * draw(st.integers(0, 2)) * framing.frame_format.keep_alive
        joined = framing.join(heads + body)
        frames.append(joined[framing.prefix_size :])
        stream += joined
    return framing, frames, stream


# -------------------------------------------------------------------------------------- streams


@given(streams(), st.lists(st.integers(0, 2**16), max_size=12), st.binary(max_size=40))
def test_any_chunking_gives_the_same_frames_and_the_same_end(
    made: tuple[Framing, list[bytes], bytes], cuts: list[int], tail: bytes
) -> None:
    framing, frames, stream = made
    stream += tail
    whole, one = feed_all(framing, [stream])
    parts, other = feed_all(framing, chunks_of(stream, cuts))
    assert whole == parts
    assert whole[: len(frames)] == frames
    assert (one.pending, one.keep_alives) == (other.pending, other.keep_alives)
    assert one.refused.startswith(other.refused)
    assert str(one.failure) == str(other.failure)


@given(streams())
def test_byte_by_byte_gives_every_frame_and_counts_every_keep_alive(
    made: tuple[Framing, list[bytes], bytes],
) -> None:
    framing, frames, stream = made
    found, deframer = feed_all(framing, [bytes([byte]) for byte in stream])
    assert found == frames
    assert deframer.failure is None
    assert deframer.pending == 0
    spent = sum(framing.prefix_size + len(frame) for frame in frames)
    assert deframer.keep_alives * framing.prefix_size == len(stream) - spent


@given(names, st.lists(st.binary(max_size=3000), max_size=4))
def test_any_bytes_give_frames_or_one_failure_and_never_more_than_a_frame_is_kept(
    name: str, chunks: list[bytes]
) -> None:
    framing = framing_of(name)
    deframer = Deframer(framing)
    for chunk in chunks:
        frames = deframer.feed(chunk)
        assert all(len(frame) <= framing.frame_format.limit for frame in frames)
        assert deframer.pending <= framing.frame_format.limit + framing.prefix_size
    if deframer.failure is not None:
        assert deframer.pending == 0
        assert deframer.feed(WITHDRAWAL) == []


def test_frames_before_a_bad_one_are_still_given() -> None:
    deframer = Deframer(POS)
    bad = bytearray(WITHDRAWAL)
    bad[2] = 0x49
    frames = deframer.feed(WITHDRAWAL + WITHDRAWAL + bytes(bad) + WITHDRAWAL)
    assert frames == [WITHDRAWAL[2:]] * 2
    assert str(deframer.failure) == "TPDU: unknown protocol id at byte 2; expected 60; found 49"
    assert deframer.refused == bytes(bad[:128])


def test_frame_over_the_limit_is_refused_from_its_prefix_alone() -> None:
    deframer = Deframer(POS)
    deframer.feed(b"\x08")
    assert deframer.failure is None
    deframer.feed(b"\x01")
    assert str(deframer.failure) == (
        "the frame is too long at byte 0; expected at most 2048 bytes; found 2049"
    )
    assert deframer.pending == 0


def test_heads_are_refused_before_the_rest_of_the_frame_has_come() -> None:
    deframer = Deframer(POS)
    deframer.feed(WITHDRAWAL[:7] + b"\x99" + WITHDRAWAL[8:12])
    assert deframer.failure is None
    deframer.feed(WITHDRAWAL[12:13])
    assert "unknown application class at byte 7" in str(deframer.failure)


@pytest.mark.parametrize(
    ("framing", "stream", "reason"),
    [
        (POS, "000C" + "00" * 12, "the frame is too short at byte 0; expected at least 13 bytes"),
        (INTERBANK, b"12x4".hex(), "the length prefix is not made of digits at byte 0"),
        (BCD, "01A0", "the length prefix is not made of digits at byte 0"),
        (BCD, "0000", "a keep-alive, which this dialect does not have at byte 0"),
        (INTERBANK, (b"0099" + b"\x2d").hex() + "00" * 98, "unknown header length at byte 4"),
        (INTERBANK, (b"0099\x2e\x82" + b"0098").hex() + "00" * 93, "another length than the pre"),
        (INTERBANK, (b"0099\x2e\x82" + b"ab\xff\x00").hex() + "00" * 93, "found no number"),
    ],
)
def test_every_refusal_says_what_was_wrong(framing: Framing, stream: str, reason: str) -> None:
    deframer = Deframer(framing)
    assert deframer.feed(bytes.fromhex(stream)) == []
    assert reason in str(deframer.failure)


def test_deframer_takes_a_frame_format_as_well() -> None:
    assert Deframer(POS.frame_format).feed(WITHDRAWAL) == [WITHDRAWAL[2:]]


# --------------------------------------------------------------------------------- whole frames


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: str(m["name"]))
def test_golden_frame_is_split_and_joined_to_the_same_bytes(message: dict[str, Any]) -> None:
    framing, data = FRAMINGS[message["dialect"]], bytes.fromhex(message["frame"])
    frame = framing.split(data)
    assert framing.join(frame) == data
    hexed = framing.head_hex(frame)
    assert framing.build_heads(hexed) == frame[: framing.frame_format.head_size]
    assert framing.build_heads(framing.read_heads(frame)) == framing.build_heads(hexed)


@pytest.mark.parametrize(
    ("data", "reason", "offset", "expected", "found"),
    [
        (WITHDRAWAL[:-1], "the frame is cut off", 0, "277 bytes after the length prefix", "276"),
        (
            WITHDRAWAL + bytes(3),
            "bytes follow the frame",
            279,
            "277 bytes after the length prefix",
            "280, 3 too many",
        ),
        (WITHDRAWAL[2:], "the frame is too long", 0, "at most 2048 bytes", "24576"),
        (b"\x01", "the length prefix is cut off", 0, "2 bytes", "1"),
        (bytes(2), "a keep-alive, which holds no message", 0, "", ""),
        (b"\x00\x00\x60", "the frame is too short", 0, "at least 13 bytes", "0"),
    ],
)
def test_split_says_both_numbers_where_a_length_is_wrong(
    data: bytes, reason: str, offset: int, expected: str, found: str
) -> None:
    with pytest.raises(FrameError) as caught:
        POS.split(data)
    error = caught.value
    assert (error.reason, error.offset) == (reason, offset)
    assert (error.expected, error.found) == (expected, found)


def test_split_knows_a_frame_that_lost_its_prefix() -> None:
    with pytest.raises(FrameError, match="fit as a frame without its length prefix"):
        POS.split(WITHDRAWAL[2:])


@given(names, st.binary(max_size=200))
def test_split_raises_nothing_but_frame_error(name: str, data: bytes) -> None:
    framing = framing_of(name)
    try:
        frame = framing.split(data)
    except FrameError:
        return
    assert framing.join(frame) == data


@pytest.mark.parametrize(("encoding", "size"), [("binary", 2), ("bcd", 4), ("ascii", 4)])
def test_total_length_may_stand_in_any_notation(encoding: str, size: int) -> None:
    frame_format = INTERBANK.frame_format
    (header,) = frame_format.heads
    parts = tuple(
        msgspec.structs.replace(p, encoding=encoding, size=size) if p.name == "total-length" else p
        for p in header.parts
    )
    head_size = header.size - (0 if encoding == "ascii" else 2)
    header = msgspec.structs.replace(header, parts=parts, size=head_size)
    framing = Framing(msgspec.structs.replace(frame_format, heads=(header,), head_size=head_size))
    data = framing.join(framing.build_heads() + b"0820")
    said = framing.read_heads(framing.split(data))["header"]["total-length"]
    assert int(said, 16 if encoding == "binary" else 10) == head_size + 4
    with pytest.raises(FrameError, match="another length than the prefix"):
        framing.split(framing.prefix(head_size + 5) + data[4:] + b"0")


def test_join_refuses_what_no_peer_would_take() -> None:
    with pytest.raises(FrameError, match="too long"):
        POS.join(POS.build_heads() + bytes(2048))
    with pytest.raises(FrameError, match="too short"):
        POS.join(POS.build_heads())


# ---------------------------------------------------------------------------------------- heads


def test_heads_are_read_in_the_notation_of_each_part() -> None:
    heads = POS.read_heads(WITHDRAWAL[2:])
    assert heads["tpdu"] == {"id": "60", "destination": "0005", "source": "0000"}
    assert heads["header"]["processing_request"] == "0"
    assert POS.head_hex(WITHDRAWAL[2:]) == {"tpdu": "6000050000", "header": "613200320001"}
    frame = INTERBANK.join(INTERBANK.build_heads() + b"0820")[4:]
    header = INTERBANK.read_heads(frame)["header"]
    assert (header["header-length"], header["flag"]) == ("2E", "82")
    assert (header["total-length"], header["destination"]) == ("0050", "00010000   ")


def test_answer_swaps_the_addresses_and_keeps_the_rest() -> None:
    assert POS.answer_heads(WITHDRAWAL[2:]).hex() == "6000000005613200320001"
    answer = POS.answer_heads(WITHDRAWAL[2:], processing_request="3")
    assert answer.hex() == "6000000005613203320001"
    frame = INTERBANK.join(INTERBANK.build_heads() + b"0820")[4:]
    heads = INTERBANK.answer_heads(frame, reject_code="99999")
    header = INTERBANK.read_heads(heads)["header"]
    assert (header["destination"], header["source"]) == ("99900000   ", "00010000   ")
    assert (header["reject-code"], header["total-length"]) == ("99999", "0050")
    assert FRAMINGS["iso87-ascii"].answer_heads(b"0200") == b""


@given(st.sampled_from(NAMES), st.data())
def test_answer_of_an_answer_has_the_heads_of_the_request(name: str, data: st.DataObject) -> None:
    framing = FRAMINGS[name]
    size = framing.frame_format.head_size
    heads = data.draw(st.binary(min_size=size, max_size=size))
    assert framing.answer_heads(framing.answer_heads(heads + b"body")) == heads


@pytest.mark.parametrize(
    ("values", "place"),
    [
        ({"tpdu": {"id": "61"}}, "tpdu id"),
        ({"tpdu": {"destination": "5"}}, "tpdu destination"),
        ({"tpdu": {"destination": "000A"}}, "tpdu destination"),
        ({"tpdu": {"port": "5"}}, "tpdu port"),
        ({"tpdu": "60000500"}, "tpdu"),
        ({"header": "6132003200zz"}, "header"),
        ({"header": "993200320001"}, "header application_class"),
        ({"envelope": "00"}, "envelope"),
    ],
)
def test_build_names_the_head_part_that_does_not_fit(values: dict[str, Any], place: str) -> None:
    with pytest.raises(EncodeError) as caught:
        POS.build_heads(values)
    assert caught.value.field == place


def test_answer_refuses_a_role_that_the_dialect_does_not_have() -> None:
    with pytest.raises(EncodeError, match="reject-code"):
        POS.answer_heads(WITHDRAWAL[2:], reject_code="99999")
    with pytest.raises(EncodeError, match="processing_request"):
        POS.answer_heads(WITHDRAWAL[2:], processing_request="x")


def test_allowed_half_byte_is_checked_whatever_its_neighbour_holds() -> None:
    frame_format = POS.frame_format
    tpdu, header = frame_format.heads
    parts = tuple(
        msgspec.structs.replace(p, allowed=("0", "1")) if p.name == "terminal_status" else p
        for p in header.parts
    )
    strict = Framing(
        msgspec.structs.replace(
            frame_format, heads=(tpdu, msgspec.structs.replace(header, parts=parts))
        )
    )
    frame = bytearray(WITHDRAWAL)
    frame[9] = 0x1F
    assert strict.split(bytes(frame)) == bytes(frame[2:])
    frame[9] = 0x2F
    with pytest.raises(FrameError, match="unknown terminal status at byte 9"):
        strict.split(bytes(frame))


@pytest.mark.parametrize(
    ("name", "changes", "reason"),
    [
        ("pos", {"length_bytes": 1}, "length prefix"),
        ("interbank", {"limit": 10_000, "length_bytes": 5}, "total length"),
        ("interbank", {"limit": 10_000, "length_encoding": "ascii"}, "length prefix"),
    ],
)
def test_limit_that_its_own_prefix_cannot_say_is_refused(
    name: str, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Framing(msgspec.structs.replace(load_dialect(name).frame, **changes))


@pytest.mark.parametrize(
    ("sizes", "reason"), [((4, 2), "differ in size"), ((3, 3), "not whole bytes")]
)
def test_addresses_that_cannot_be_swapped_are_refused(sizes: tuple[int, int], reason: str) -> None:
    frame_format = POS.frame_format
    tpdu, header = frame_format.heads
    ident, destination, source = tpdu.parts
    parts = (
        ident,
        msgspec.structs.replace(destination, size=sizes[0]),
        msgspec.structs.replace(source, size=sizes[1]),
    )
    with pytest.raises(ValueError, match=reason):
        Framing(
            msgspec.structs.replace(
                frame_format, heads=(msgspec.structs.replace(tpdu, parts=parts), header)
            )
        )
