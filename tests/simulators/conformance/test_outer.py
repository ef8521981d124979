"""Outer frames are taken off in any pieces, and put around what is sent."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.conformance.outer import Block, Http, OuterError, client_of, outer_of, plain_outer
from tests.simulators.conformance import frames


@given(cuts=st.lists(st.integers(0, 600), max_size=5))
def test_http_bodies_come_out_of_any_pieces(cuts: list[int]) -> None:
    client, host = Http(is_client=True), Http()
    data = client.wrap(frames.ECHO) + client.wrap(frames.WITHDRAWAL)
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assert b"".join(host.unwrap(data[a:b]) for a, b in pairwise(edges)) == (
        frames.ECHO + frames.WITHDRAWAL
    )
    assert client.unwrap(host.wrap(frames.ECHO)) == frames.ECHO


@given(cuts=st.lists(st.integers(0, 80), max_size=4))
def test_a_block_before_the_tpdu_is_taken_off_and_given_back(cuts: list[int]) -> None:
    host, inner = Block(8), frames.ECHO[2:]
    data = (len(inner) + 8).to_bytes(2) + b"02366668" + inner
    edges = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    assert b"".join(host.unwrap(data[a:b]) for a, b in pairwise(edges)) == frames.ECHO
    assert host.wrap(frames.ECHO) == data
    assert host.wrap(b"\0\0") == b"\0\0"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (b"POST / HTTP/1.1\r\nX: " + b"x" * 10_000, "head of more than"),
        (frames.ECHO, "no HTTP request"),
        (b"\x16\x03\x01", "no HTTP request"),
        (b"SSH-2.0-x\r\n", "no HTTP request"),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", "in chunks"),
        (b"GET / HTTP/1.1\r\nHost: here\r\n\r\n", "without a Content-Length"),
        (b"POST / HTTP/1.1\r\nContent-Length: 999999\r\n\r\n", "body of more than"),
    ],
)
def test_what_can_never_bring_a_frame_is_told_and_not_held(said: bytes, words: str) -> None:
    host = Http()
    with pytest.raises(OuterError, match=words):
        host.unwrap(said)
    assert host.held == b""


@pytest.mark.parametrize("name", ["block:0", "block:65", "block:x", "ftp", ""])
def test_a_name_that_is_none_is_told(name: str) -> None:
    with pytest.raises(ValueError, match="should be"):
        outer_of(name)


def test_names_make_them() -> None:
    assert isinstance(outer_of("block:4")(), Block)
    assert isinstance(client_of("http")(), Http)
    assert plain_outer().wrap(frames.ECHO) == plain_outer().unwrap(frames.ECHO) == frames.ECHO
