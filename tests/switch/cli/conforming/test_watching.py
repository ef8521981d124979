"""One glance tells pass, fail, waiting; what was broken is named with its sentence."""

from __future__ import annotations

import pytest
from rich.console import Console

from simulators.conformance.driving.trial import Trial, own_setup, run
from simulators.conformance.evidence.records import Recorder
from simulators.conformance.mutants.by_message import MESSAGE_MUTANTS
from switch.cli.conforming.watching import LiveWatcher, PlainWatcher, watcher_of

_PAN = next(m for m in MESSAGE_MUTANTS if m.id == "pan-filled-with-f")


def _picture(trial: Trial) -> str:
    setup = own_setup()
    ran = run(trial, setup)
    watcher = LiveWatcher(setup, ran.host)
    recorder = Recorder(setup.dialects)
    watcher.listening("127.0.0.1:1")
    for note in ran.notes:
        watcher.noted(note, recorder.record(note))
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
        watcher.noted(note, recorder.record(note))
    watcher.stop()
    out = capsys.readouterr().out
    assert "broken ENC-03 in withdrawal" in out
    assert "50010001 withdrawal: done" in out
