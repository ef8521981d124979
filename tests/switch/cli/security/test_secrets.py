"""Keys and PINs come from a file or a hidden prompt, and no complaint quotes them."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from messages.crypto.ciphers import Algorithm
from messages.crypto.keys import Key, Mak
from switch.cli.security.secrets import algorithm, read_key, read_secret
from tests.switch.cli.running import ROOT, run

_KEY = "0123456789ABCDEFFEDCBA9876543210"


def test_a_file_holds_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "key"
    file.write_text(f"\n  {_KEY}  \n\n", encoding="ascii")
    assert read_secret(str(file), "TMK") == _KEY
    assert read_key(Key, str(file)) == Key.from_hex(_KEY)
    file.write_text(f"{_KEY}\n{_KEY}\n", encoding="ascii")
    with pytest.raises(typer.Exit):
        read_secret(str(file), "TMK")
    assert capsys.readouterr().err == f"jinbao: TMK: {file} holds 2 lines, not one\n"


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"0123456789ABCDEFG", _KEY[:-1].encode()])
def test_what_is_no_key_is_refused_without_being_quoted(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "key"
    file.write_bytes(content)
    with pytest.raises(typer.Exit) as stopped:
        read_key(Mak, str(file))
    assert stopped.value.exit_code == 2
    told = capsys.readouterr().err
    assert told.startswith("jinbao: MAK: ")
    assert "0123" not in told


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(typer.Exit):
        read_secret(str(tmp_path / "no-such"), "MAK")


def test_the_algorithm_is_chosen_by_the_option() -> None:
    assert (algorithm(sm4=False), algorithm(sm4=True)) == (Algorithm.TDES, Algorithm.SM4)


def test_without_a_terminal_there_is_no_prompt() -> None:
    assert run("kcv") == (2, "", "jinbao: key: no terminal to ask on; give it in a file\n")


def test_an_interrupt_at_the_prompt_ends_it_with_130() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "switch", "kcv"],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=ROOT, start_new_session=True,
    ) as process:  # fmt: skip
        os.close(theirs)
        shown = b""
        while b"key: " not in shown:
            shown += os.read(ours, 1024)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
    os.close(ours)


def test_a_prompt_hides_what_is_typed() -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "switch", "kcv"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=theirs,
        cwd=ROOT,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        shown = b""
        while b"key: " not in shown:
            shown += os.read(ours, 1024)
        os.write(ours, f"{_KEY}\n".encode())
        assert process.stdout
        assert process.stdout.read() == b"08D7B4FB  3des, 16 bytes\n"
        assert process.wait(timeout=30) == 0
    shown += os.read(ours, 1024)
    os.close(ours)
    assert _KEY.encode() not in shown
