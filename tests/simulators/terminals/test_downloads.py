"""A terminal fetches what an answer's header asks for, by itself, and goes on."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from simulators.terminal_memory import Kind, Verdict
from simulators.terminals.downloads import ASKED
from switch.config.downloads import load_downloads
from tests.scenarios.counter import Counter
from tests.simulators.acting import POS, answer_of, at, said, signed_on_terminal, withdrawal

SET = load_downloads("default", Path())


def test_a_terminal_from_the_box_fetches_everything_before_its_first_transaction() -> None:
    counter = Counter(downloads=SET)
    assert counter.do(Kind.WITHDRAWAL, 500).kind is Kind.WITHDRAWAL
    assert [(r.kind, r.of, r.verdict) for r in counter.terminal.results] == [
        (Kind.SIGN_ON, "", Verdict.APPROVED),
        *((Kind.DOWNLOAD, download.id, Verdict.APPROVED) for download in SET),
        (Kind.WITHDRAWAL, "", Verdict.APPROVED),
    ]
    assert counter.terminal.memory.downloads == {
        download.id: tuple(entry.content for entry in download.entries) for download in SET
    }


def test_the_set_of_the_program_asks_for_what_a_terminal_knows() -> None:
    assert {(d.asks, d.page, d.end, d.id) for d in SET} == {
        (asks, codes.page, codes.end, codes.name) for asks, codes in ASKED.items()
    }


def test_a_terminal_whose_version_is_old_fetches_it_after_a_transaction() -> None:
    counter = Counter(downloads=SET)
    counter.do(Kind.WITHDRAWAL, 500)
    newer = tuple(replace(d, version=2) if d.id == "blacklist" else d for d in SET)
    counter.reconfigure(downloads=newer)
    counter.hang_up()
    counter.do(Kind.SALE, 20)
    kinds = [(r.kind, r.of) for r in counter.terminal.results[-2:]]
    assert kinds == [(Kind.SALE, ""), (Kind.DOWNLOAD, "blacklist")]
    counter.do(Kind.SALE, 20)
    assert counter.terminal.results[-1].kind is Kind.SALE


@pytest.mark.parametrize("asked", ASKED)
def test_a_refused_download_is_not_asked_for_until_the_next_sign_on(asked: str) -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdrawal(), at(2))
    frame = bytearray(answer_of("withdrawal-response"))
    frame[7] |= int(asked)
    [first] = said(terminal.received(bytes(frame), at(3)))
    assert (first.mti, first.get(60)[8:11]) == ("0800", ASKED[asked].page)
    refusal = POS.bare(POS.say(first.frame[:11], "0810", {**first.fields, 39: "40"}))
    refusal = refusal[:7] + bytes([int(asked)]) + refusal[8:]
    assert terminal.received(refusal, at(4)) == []
    result = terminal.results[-1]
    assert (result.kind, result.verdict, result.code) == (Kind.DOWNLOAD, Verdict.DECLINED, "40")


def test_an_interrupted_download_is_begun_again_when_it_is_asked_for() -> None:
    terminal = signed_on_terminal()
    terminal.ask(withdrawal(), at(2))
    frame = bytearray(answer_of("withdrawal-response"))
    frame[7] |= 1
    terminal.received(bytes(frame), at(3))
    terminal.disconnected(at(4))
    assert terminal.results[-1].verdict is Verdict.LINE_LOST
    assert terminal.is_idle
    terminal.connected(at(5))
    assert terminal.is_idle
