"""Lines of a trace come from frames and hold nothing of a card."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.dialects.loader import load_dialect
from messages.view import viewer_of
from simulators.replay.trace.form import Side, Summary, TraceError, line_of
from simulators.replay.trace.making import LAST_US, Summaries
from tests.simulators.replay.days import CANARIES, START_US, TOKENS, bare, forms, maker


def test_a_line_says_in_short_what_the_frame_says() -> None:
    frame = maker().frame(START_US, "c", "terminal", "switch", bare("withdrawal"))
    assert frame.summary is not None
    assert (frame.summary.mti, frame.summary.stan, frame.summary.terminal) == (
        "0200", "000002", "50010001",
    )  # fmt: skip
    assert frame.summary.amount_fen == 50_000
    assert frame.summary.pan == "621999*********0120"
    assert len(frame.data) == int(frame.hex[:4], 16) + 2


def test_no_canary_stands_in_a_line() -> None:
    sides: tuple[tuple[str, Side], ...] = (
        ("withdrawal", "terminal"), ("interbank-withdrawal", "issuer"),
    )  # fmt: skip
    for name, side in sides:
        line = line_of(maker().frame(START_US, "c", side, "switch", bare(name)))
        for canary in (CANARIES[0], CANARIES[2], "7B6B4263E0A7B2E9"):
            for form in forms(canary.strip("D")):
                assert form not in line


def test_what_cannot_be_read_has_a_note_and_no_summary() -> None:
    frame = maker().frame(START_US, "c", "terminal", "switch", bare("withdrawal")[:40])
    assert frame.summary is None
    assert frame.note.startswith("unreadable")


def test_the_header_names_dialects_and_key() -> None:
    header = maker().header("me")
    assert header.masking.key == TOKENS.name
    assert header.dialects == {"terminal": "pos", "issuer": "interbank"}


def test_a_dialect_without_some_fields_has_shorter_summaries(tmp_path: Path) -> None:
    path = tmp_path / "bare.toml"
    gone = '["fields.2", "fields.35", "presence", "transactions"]'
    path.write_text(
        'format = 1\nkind = "dialect"\nname = "bare"\nextends = "iso87-ascii"\n'
        f'title = ["bare", "无"]\nsource = "a test"\nremove = {gone}\n',
        encoding="utf-8",
    )
    dialect = load_dialect(str(path))
    frame = viewer_of(dialect).build("0200", {4: "000000000100", 11: "000007"})
    said = Summaries(dialect).of(frame)
    assert said == Summary(mti="0200", stan="000007", amount_fen=100)


@pytest.mark.parametrize(
    "name",
    [
        "pan=6225881234567890128",
        "track2=6225881234567890128=3012201",
        "6225-8812-3456-7890-128",
        "6225.8812.3456.7890.128",
        "36323235383831323334353637383930313238",
        "block:04F16B5C9021D1EA",
    ],
)
def test_a_connection_whose_name_could_hold_card_data_has_a_number(name: str) -> None:
    make = maker()
    told = [
        make.frame(START_US, each, "terminal", "switch", bare("withdrawal")).connection
        for each in ("a", name, "other-" + name, name)
    ]
    assert told == ["a", "connection-1", "connection-2", "connection-1"]
    assert "hidden" in make.header(f"jinbao trace import {name}").made_by


@given(st.ip_addresses(), st.integers(1, 65_535))
def test_addresses_keep_their_names(address: IPv4Address | IPv6Address, port: int) -> None:
    name = f"{address}:{port}" if address.version == 4 else f"[{address}]:{port}"
    frame = maker().frame(START_US, name, "terminal", "switch", bare("withdrawal"))
    assert frame.connection == name


@pytest.mark.parametrize("at_us", [-1, LAST_US + 1, 1 << 80])
def test_a_time_of_no_calendar_makes_no_line(at_us: int) -> None:
    with pytest.raises(TraceError, match="outside all calendars"):
        maker().frame(at_us, "t", "terminal", "switch", bare("withdrawal"))
