"""The command as a whole: verbs, version, exit statuses, start-up, and how it ends."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys

import pytest

from switch.cli import app as application
from switch.cli.load import VERBS
from tests.switch.cli.running import ROOT, command, leaves, run, sample

_COMMAND = [sys.executable, "-m", "switch"]
_LEAVES = [words for words, _ in leaves()]
_GROUPS = sorted({words[:end] for words in _LEAVES for end in range(1, len(words))})


def test_the_version_is_told() -> None:
    status, out, err = run("--version")
    assert (status, err) == (0, "")
    assert re.fullmatch(r"jinbao \d+\.\d+\.\d+\n", out)


def test_the_help_lists_every_verb_and_the_exit_statuses() -> None:
    status, out, _ = run("--help")
    assert status == 0
    assert all(f"\n  {verb} " in out for verb in VERBS)
    assert "Exit status: 0 good, 1 a bad message or verdict, 2 usage or configuration." in out


@pytest.mark.parametrize("verb", _LEAVES, ids=" ".join)
def test_the_help_of_every_verb_has_an_example_that_begins_with_it(verb: tuple[str, ...]) -> None:
    status, out, _ = run(*verb, "--help")
    assert status == 0
    assert re.search(rf"Examples?:\n(?s:.*)jinbao {' '.join(verb)}\b", out)


@pytest.mark.parametrize("group", _GROUPS, ids=" ".join)
def test_the_help_of_a_group_lists_its_verbs(group: tuple[str, ...]) -> None:
    status, out, _ = run(*group, "--help")
    assert status == 0
    inner = {words[len(group)] for words in _LEAVES if words[: len(group)] == group}
    assert all(re.search(rf"^  {name} ", out, re.MULTILINE) for name in inner)


def test_every_verb_is_walked() -> None:
    assert {words[0] for words in _LEAVES} == set(VERBS)
    assert ("keys", "terminal", "import") in _LEAVES
    assert ("keys", "unwrap") in _LEAVES
    assert ("serve",) in _LEAVES


@pytest.mark.parametrize("arguments", [("no-such",), ("decode",), ("decode", "--no-such", "00")])
def test_wrong_usage_is_status_two(arguments: tuple[str, ...]) -> None:
    status, out, err = run(*arguments)
    assert (status, out) == (2, "")
    assert err


def test_without_a_verb_the_help_is_shown() -> None:
    assert "Commands:" in "".join(run()[1:])


def test_decode_starts_without_what_it_does_not_need() -> None:
    outcome = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "switch", "decode", "--json", sample("echo")],
        capture_output=True,
        check=True,
        cwd=ROOT,
        timeout=60,
    )
    imported = set(re.findall(r"\| +([\w.]+)$", outcome.stderr.decode(), re.MULTILINE))
    assert "messages.codec" in imported
    heavy = {"apsw", "asyncio", "cryptography", "orjson", "rich", "structlog", "uvloop"}
    assert not heavy & {name.partition(".")[0] for name in imported}


def test_a_reader_that_goes_away_ends_it_quietly() -> None:
    frames = f"{sample('echo')}\n" * 3000
    with subprocess.Popen(
        [*_COMMAND, "decode", "--json", "--dialect", "pos", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(frames[: len(sample("echo")) + 1].encode())
        process.stdin.flush()
        assert process.stdout.readline().startswith(b'{"ok":true')
        process.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            process.stdin.write(frames.encode())
            process.stdin.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=30) == 141


def test_it_answers_a_pipe_line_by_line_and_an_interrupt_ends_it_with_130() -> None:
    with subprocess.Popen(
        [*_COMMAND, "decode", "--json", "--dialect", "pos", "-"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    ) as process:  # fmt: skip
        assert process.stdin
        assert process.stdout
        assert process.stderr
        for _ in range(2):
            process.stdin.write(f"{sample('echo')}\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().startswith(b'{"ok":true')
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=30) == 130
        assert b"Traceback" not in process.stderr.read()


@pytest.mark.parametrize("locale", ["C", "zh_CN.GBK", "POSIX"])
@pytest.mark.parametrize("encoding", ["ascii", "gbk", "utf-8"])
def test_a_character_that_the_terminal_lacks_is_escaped(locale: str, encoding: str) -> None:
    done = subprocess.run(
        [*_COMMAND, "decode", "specs/samples/withdrawal.hex"],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "LC_ALL": locale, "PYTHONIOENCODING": encoding},
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert "Rural withdrawal" in done.stdout.decode(encoding)


def test_our_own_bug_is_one_line_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        message = "6219991234567890120"
        raise RuntimeError(message)

    monkeypatch.setattr(application, "app", fail)
    with pytest.raises(SystemExit) as stopped:
        application.main()
    assert stopped.value.code == 2
    assert re.fullmatch(
        r"jinbao: internal error: RuntimeError in fail, line \d+\n", capsys.readouterr().err
    )


@pytest.mark.parametrize(
    ("shell", "mark"),
    [
        ("bash", "complete -o default -F"),
        ("zsh", "#compdef jinbao"),
        ("fish", "complete --command jinbao"),
        ("pwsh", "scriptblock"),
    ],
)
def test_the_shell_that_is_named_gets_its_completion(shell: str, mark: str) -> None:
    outcome = command("--show-completion", shell)
    assert (outcome.status, outcome.err) == (0, "")
    assert mark in outcome.out


def test_an_unknown_shell_is_wrong_usage() -> None:
    outcome = command("--show-completion", "no-such")
    assert outcome.status == 2
    assert "'no-such' is not one of 'bash'" in outcome.err


def test_completion_offers_the_verbs() -> None:
    outcome = command(_JINBAO_COMPLETE="complete_bash", COMP_WORDS="jinbao d", COMP_CWORD="1")
    assert outcome.status == 0
    assert outcome.out.split() == ["decode", "diff", "demo"]
