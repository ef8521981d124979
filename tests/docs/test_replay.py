"""The story of docs/replay.md is run whole, as a reader would, from a capture to the verdict."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.house.source import ROOT

_PAGE: Final = ROOT / "docs" / "replay.md"
_BLOCK: Final = re.compile(r"```sh\n(.*?)```", re.DOTALL)
_PORTS: Final = ("8583", "8584", "9584")
_PRELUDE: Final = r"""
listens() { grep -qi ":$(printf %04X "$1") 00000000:0000 0A" /proc/net/tcp; }
# Who reads waits five seconds; here it is as long as it takes, and a second for the link.
sleep() {
  for port in 8583 9584; do
    for _ in $(seq 600); do listens $port && break; command sleep 0.1; done
  done
  command sleep 1
}
trap 'echo "FAILED $? $BASH_COMMAND"' ERR
"""
"""What the shell of the test has besides: waiting that is over when it can be, and a witness."""
_IS_A_REFUSAL: Final = "FAILED 1 jinbao terminal withdraw"


def _free() -> str:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return str(taken.getsockname()[1])


def _script() -> str:
    """Return all blocks of the page, on ports that are free here."""
    named = {port: _free() for port in _PORTS}

    def moved(text: str) -> str:
        for port, other in named.items():
            text = text.replace(port, other)
        return text

    blocks = "\n".join(_BLOCK.findall(_PAGE.read_text("utf-8")))
    before, begin, after = blocks.partition("jinbao init tuesday\n")
    swaps = " ".join(f"-e s/{port}/{other}/" for port, other in named.items())
    return f"{moved(_PRELUDE + before)}{begin}sed -i {swaps} tuesday/*.toml\n{moved(after)}"


def _told(folder: Path) -> str:
    """Return what the story prints, on both channels; nothing that it started goes on after it."""
    with subprocess.Popen(
        ("bash", "-c", _script()),
        cwd=folder,
        env={
            **{name: value for name, value in os.environ.items() if "MAKE" not in name},
            "PATH": f"{Path(sys.prefix) / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "LANG": "C.UTF-8",
            "COLUMNS": "120",
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as story:
        try:
            return story.communicate(timeout=280)[0]
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(story.pid, signal.SIGKILL)


@pytest.mark.timeout(300)  # some twenty processes, on whatever else the machine does
def test_the_story_of_a_replay_is_true(tmp_path: Path) -> None:
    told = _told(tmp_path)
    failed = [line for line in told.splitlines() if line.startswith("FAILED")]
    # The one that is over the cap: refusals are part of a day.
    assert len(failed) == 1, told
    assert failed[0].startswith(_IS_A_REFUSAL), told
    assert "all 8 are as recorded, or differ where they may" in told
    assert "all 11 are as recorded, or differ where they may" in told
    assert told.count("conforms: ") == 2, told
    assert "DONE" in told
    made = ("report.html", "report.xml", "difference.html", "judged/report.html")
    assert all((tmp_path / name).stat().st_size for name in made)
