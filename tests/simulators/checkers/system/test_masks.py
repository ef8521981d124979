"""Clear card data in a report: seen wherever it stands in it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.cards import FIRST_PAN, Card
from simulators.checkers.system.masks import check
from switch.core.transaction import State
from tests.simulators import recording
from tests.simulators.acting import FRAMES, POS


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "clear-pan")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_a_card_inside_other_words_is_seen() -> None:
    history = recording.blank()
    history.switch_reported(1, "odd", {"why": [f"card {FIRST_PAN} is strange"]})
    assert list(check(history)) == ["the report odd holds a clear PAN"]


@pytest.mark.parametrize("form", ["text", "bytes"])
def test_what_was_on_a_wire_is_seen_in_a_stored_row(form: str) -> None:
    block = "7B6B4263E0A7B2E9"
    sealed = block.encode() if form == "text" else bytes.fromhex(block)
    record = replace(recording.row(State.APPROVED).record, sealed=b"x" + sealed)
    history = recording.ended(rows=[recording.row(State.APPROVED, record=record)])
    history.keep_secret(block)
    assert list(check(history)) == [f"the row of {recording.RRN} holds card data"]


@pytest.mark.parametrize("found", ["7B6B4263E0A7B2E9", "7B6B4263E0A7B2EA", "7B6B426300000000"])
def test_of_secrets_that_begin_alike_each_is_seen(found: str) -> None:
    history = recording.blank()
    for secret in ("7B6B4263E0A7B2E9", "7B6B4263E0A7B2EA", "7B6B426300000000"):
        history.keep_secret(secret)
    history.switch_reported(1, "odd", {"block": f"...{found}..."})
    assert len(list(check(history))) == 1
    alike = recording.blank()
    alike.secrets |= history.secrets
    alike.switch_reported(1, "odd", {"block": "7B6B4263E0A7B2EB and 7B6B42630000000"})
    assert not list(check(alike))


def test_a_track_is_looked_for_too() -> None:
    history = recording.blank()
    history.keep_secret(Card().track_2)
    history.switch_reported(1, "odd", {"track": f"...{Card().track_2}..."})
    assert len(list(check(history))) == 1


def test_track_and_pin_block_of_a_frame_are_remembered() -> None:
    history = recording.blank()
    history.heard_from_terminal(POS.bare(FRAMES["withdrawal"]))
    assert Card().track_2[:19].encode() in b"".join(sorted(history.secrets))


def test_a_masked_card_and_an_rrn_are_not() -> None:
    history = recording.blank()
    history.switch_reported(1, "odd", {"card": Card().shown, "rrn": "621900000001"})
    assert not list(check(history))
