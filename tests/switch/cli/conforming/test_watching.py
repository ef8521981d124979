"""One glance tells pass, fail, waiting; what was broken is named with its sentence."""

from __future__ import annotations

import pytest
from rich.console import Console

from simulators.conformance.driving.trial import Trial, own_setup, run
from simulators.conformance.evidence.records import Recorder
from simulators.conformance.judging.happenings import Connected, Note, Received
from simulators.conformance.judging.host import Host
from simulators.conformance.mutants.by_message import MESSAGE_MUTANTS
from switch.cli.conforming.watching import LiveWatcher, PlainWatcher, Watcher, watcher_of
from switch.core.moment import Moment
from tests.simulators.conformance import frames

_PAN = next(m for m in MESSAGE_MUTANTS if m.id == "pan-filled-with-f")


def _picture(trial: Trial) -> str:
    setup = own_setup()
    ran = run(trial, setup)
    watcher = LiveWatcher(setup, ran.host)
    recorder = Recorder(setup.dialects)
    watcher.listening("127.0.0.1:1")
    for note in ran.notes:
        watcher.noted(note, {**recorder.record(note), "n": note.number + 1})
    watcher.stop()
    console = Console(width=120)
    with console.capture() as captured:
        console.print(watcher.picture())
    return captured.get()


def test_a_healthy_terminal_passes_a_broken_one_fails_half_a_run_waits() -> None:
    assert "PASS" in _picture(Trial())
    waiting = _picture(Trial(cases=("echo",)))
    assert "WAITING" in waiting
    assert "next 下一步: Insert the card" in waiting or "next 下一步: Sign on" in waiting
    failing = _picture(Trial(parts=_PAN.parts, cases=("withdrawal",)))
    assert "FAIL 不通过: ENC-03" in failing
    assert "filled with 0 on the right" in failing


def test_without_a_terminal_there_is_a_line_for_each_thing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    setup = own_setup()
    ran = run(Trial(parts=_PAN.parts, cases=("withdrawal",)), setup)
    watcher = watcher_of(setup, ran.host)
    assert isinstance(watcher, PlainWatcher)
    recorder = Recorder(setup.dialects)
    for note in ran.notes:
        watcher.noted(note, {**recorder.record(note), "n": note.number + 1})
    watcher.stop()
    out = capsys.readouterr().out
    assert "broken ENC-03 in withdrawal" in out
    assert "50010001 withdrawal: done" in out
    broken = next(note for note in ran.notes if note.failures)
    # The start of the run is record 1, so the record of a note has the number after it.
    assert f"broken ENC-03 in withdrawal, record {broken.number + 1}" in out


def _hear(watcher: Watcher, host: Host, tid: bytes) -> None:
    """Let a terminal of this name sign on, so that the watcher tells of it."""
    recorder = Recorder(host.setup.dialects)
    sign_on = frames.SIGN_ON.replace(b"50010001", tid)
    at = Moment(elapsed_ns=1, utc_ms=1)
    for event in (Connected(1), Received(1, sign_on)):
        for effect in host.handle(event, at):
            if isinstance(effect, Note):
                watcher.noted(effect, {**recorder.record(effect), "n": effect.number + 1})


@pytest.mark.parametrize("tid", [b"[/abcde]", b"[red]ab]", b"\x1b[31mabc", b"\x07\r\nabcde"])
def test_a_terminal_names_itself_in_neither_markup_nor_control_sequences(
    tid: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = own_setup()
    host = Host(setup)
    live = LiveWatcher(setup, host)
    try:
        _hear(live, host, tid)
    finally:
        live.stop()
    console = Console(width=200, force_terminal=False)
    with console.capture() as captured:
        console.print(live.picture())
    shown = captured.get() + capsys.readouterr().out
    named = tid.decode().encode("unicode_escape").decode()
    assert named in shown
    assert set(shown) & set("\x1b\x07\r") == set()
    host = Host(setup)
    _hear(PlainWatcher(setup), host, tid)
    told = capsys.readouterr().out
    assert set(told) & set("\x1b\x07\r") == set()
