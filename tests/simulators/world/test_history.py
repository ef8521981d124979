"""The record of a world: numbered, digested, and shown only where a trace is kept."""

from __future__ import annotations

from simulators.world.history import Applied, History, Reported, Told
from switch.core.outcomes import Opened
from tests.simulators import recording
from tests.simulators.acting import FRAMES, POS
from tests.switch.ledger import making


def _some(history: History) -> History:
    history.note(5, "start")
    history.ledger_did(6, making.opening(1), Opened(0, 0))
    history.switch_reported(7, "odd", {"why": "it is"})
    return history


def test_the_same_happenings_have_the_same_digest() -> None:
    assert _some(recording.blank()).digest == _some(recording.blank()).digest


def test_whatever_differs_changes_the_digest() -> None:
    digests = {_some(recording.blank()).digest}
    for at_ns, what, content in ((8, "x", b""), (9, "x", b""), (8, "y", b""), (8, "x", b"z")):
        history = _some(recording.blank())
        history.note(at_ns, what, content)
        digests.add(history.digest)
    assert len(digests) == 5


def test_operations_answers_and_reports_are_numbered_in_one_row() -> None:
    history = _some(recording.blank())
    history.terminal_was_told("a", POS.bare(FRAMES["withdrawal-response"]))
    entries: list[Applied | Reported | Told] = [
        *history.applied,
        *history.reported,
        *history.told,
    ]
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert history.told[0].heard.mti == "0210"


def test_a_trace_is_kept_only_where_it_is_wanted() -> None:
    history = recording.blank()
    _some(history)
    assert history.lines is None
    history = recording.blank()
    history.lines = []
    _some(history)
    assert [line.split()[1] for line in history.lines] == ["start", "ledger", "report"]


def test_answers_are_told_apart_by_mti() -> None:
    history = recording.blank()
    for mti in ("0110", "0210", "0230", "0410"):
        recording.told(history, mti, {39: "00"})
    assert [told.heard.mti for told in history.answers()] == ["0110", "0210", "0230"]
