"""The command that replays a world says what differs from the defaults, and of which commit."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

from simulators.world.setting import Setting
from switch.cli.simulating.replaying import command, commit, commit_of


def test_a_plain_world_needs_its_seed_only() -> None:
    assert command(Setting(seed=7)) == "jinbao simulate --seed 7"


def test_what_differs_is_told() -> None:
    setting = Setting(
        seed=7, minutes=2, profile="storm", until=40, without=("crash", "delay"), terminals=1
    )
    assert command(setting) == (
        "jinbao simulate --seed 7 --profile storm --minutes 2 --until 40 --terminals 1"
        " --without crash,delay"
    )


def test_the_commit_or_the_version_is_known() -> None:
    assert re.fullmatch(r"[0-9a-f]{7,}(\+[0-9a-f]{8})?|\d+\.\d+\.\d+", commit())


def _git(root: Path, *asked: str) -> str:
    who = ("-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false")
    said = ["git", "-C", str(root), *who, *asked]
    return subprocess.run(said, check=True, capture_output=True, text=True).stdout.strip()


def test_code_that_was_not_committed_is_no_commit(tmp_path: Path) -> None:
    assert not commit_of(tmp_path)
    _git(tmp_path, "init", "-q")
    assert not commit_of(tmp_path)
    (tmp_path / "switch").mkdir()
    rules = tmp_path / "switch" / "rules.py"
    rules.write_text("LIMIT = 1\n")
    _git(tmp_path, "add", ".")
    _git(tmp_path, "commit", "-qm", "first")
    head = _git(tmp_path, "rev-parse", "--short", "HEAD")
    (tmp_path / "README.md").write_text("no world is made from this")
    assert commit_of(tmp_path) == head
    names = {head}
    for limit in (2, 3):
        rules.write_text(f"LIMIT = {limit}\n")
        names.add(commit_of(tmp_path))
    for word in ("new", "and changed"):
        (tmp_path / "switch" / "added.py").write_text(word)
        names.add(commit_of(tmp_path))
    assert len(names) == 5
    assert all(re.fullmatch(rf"{head}(\+[0-9a-f]{{8}})?", name) for name in names)
    _git(tmp_path, "add", ".")
    assert commit_of(tmp_path) != head
    _git(tmp_path, "commit", "-qm", "second")
    assert commit_of(tmp_path) == _git(tmp_path, "rev-parse", "--short", "HEAD") != head
