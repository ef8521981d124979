"""Processes of the demo: what goes wrong is told in a sentence, and nothing is left running."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path

import pytest

from switch.cli.demo import processes
from switch.cli.demo.processes import Bank, Child, DemoError, Network, Terminal, wait_for


def test_a_process_that_ends_early_is_told_with_its_last_words(tmp_path: Path) -> None:
    child = Child(tmp_path, "switch", "serve", "-c", str(tmp_path / "nowhere"))

    def has_begun() -> bool:
        child.check()
        return False

    with pytest.raises(DemoError, match=r"switch ended with status 2: .*nowhere"):
        wait_for("nothing", has_begun)
    with pytest.raises(DemoError, match="status 2"):
        child.end()


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PATIENCE_S", 0.05)
    with pytest.raises(DemoError, match="in vain: the moon"):
        wait_for("the moon", lambda: False)


def test_a_bank_listens_keeps_books_and_is_gone_after_a_kill(tmp_path: Path) -> None:
    bank = Bank(tmp_path, 0)
    try:
        assert bank.port() > 0
        wait_for("books", lambda: not bank.has_debited(1) and bank.books.exists())
    finally:
        bank.kill()
    with pytest.raises(ProcessLookupError):
        os.kill(bank.pid, 0)


def test_a_terminal_says_what_it_cannot_do(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, 0)
    try:
        with pytest.raises(DemoError, match="the terminal could not: not connected"):
            terminal.do(do="echo")
    finally:
        terminal.kill()


def test_a_network_is_cut_and_restored(tmp_path: Path) -> None:
    def carries() -> bool:
        with socket.socket() as line:
            line.settimeout(10)
            line.connect(("127.0.0.1", network.port()))
            with suppress(TimeoutError, OSError):
                line.settimeout(0.3)
                return line.recv(1) != b""
        return True  # still open, and nothing was said

    bank = Bank(tmp_path, 0)
    try:
        network = Network(tmp_path, bank.port())
        try:
            wait_for("a line", carries)
            network.cut()
            wait_for("the cut", lambda: not carries())
            network.restore()
            wait_for("a line again", carries)
        finally:
            network.kill()
    finally:
        bank.kill()
