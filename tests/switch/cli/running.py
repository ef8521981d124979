"""Runs the command: in this process for speed, or in another one as a person does."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer
from typer.testing import CliRunner

from switch.cli import load
from switch.cli.app import app

ROOT: Final = Path(__file__).parents[3]
SAMPLES: Final = ROOT / "specs" / "samples"
SECRETS: Final = (
    "1234567890",  # the middle of the PAN, as digits or in BCD
    "31323334353637",  # and in ASCII
    "4912220000000000",  # the discretionary part of the track
    "04F16B5C9021D1EA",  # the PIN block of the terminal
    "7B6B4263E0A7B2E9",  # and of the bank
    "EBDE39982D454516",  # working keys under the TMK
    "B3A04961AD5B8E13",
)
"""What none of the samples may show without --reveal."""


class Outcome(NamedTuple):
    """How a run ended, and what it said."""

    status: int
    out: str
    err: str


def run(*arguments: str, stdin: str | bytes = "") -> Outcome:
    """Run the command in this process; an error that escapes it is the test's."""
    result = CliRunner().invoke(app, list(arguments), input=stdin, catch_exceptions=False)
    return Outcome(result.exit_code, result.stdout, result.stderr)


def command(*arguments: str, stdin: bytes = b"", **environment: str) -> Outcome:
    """Run the command in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "switch", *arguments],
        input=stdin,
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
        timeout=60,
    )
    return Outcome(done.returncode, done.stdout.decode(), done.stderr.decode())


def sample(name: str) -> str:
    """Return the frame of one sample as hexadecimal digits."""
    text = (SAMPLES / f"{name}.hex").read_text(encoding="utf-8")
    return next(line for line in text.splitlines() if not line.startswith("#"))


def samples() -> list[tuple[str, str]]:
    """Return name and hexadecimal digits of every sample, in the order of a day."""
    text = (resources.files("specs") / "samples" / "all.hex").read_text(encoding="utf-8")
    lines = text.splitlines()[1:]
    names = [line.removeprefix("# ").partition(":")[0] for line in lines[::2]]
    return list(zip(names, lines[1::2], strict=True))


def leaks(outcome: Outcome) -> list[str]:
    """Return the secrets of the samples that a run has told."""
    told = (outcome.out + outcome.err).replace("\n", "")
    return [secret for secret in SECRETS if secret in told]


def leaves() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the words of every verb that does something, and its click command."""
    for name in load.VERBS:
        yield from _leaves((name,), typer.main.get_command(load.verb(name)))


def _leaves(words: tuple[str, ...], command: object) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield words, command
    else:
        for name, each in inner.items():
            yield from _leaves((*words, name), each)
