"""A day from its clearing to its report, by the commands: the same words on either engine."""

from __future__ import annotations

import json
import re
from pathlib import Path

from switch.cli.ledger.settlement_rules import RULES
from switch.cli.outcome import BAD
from tests.switch.cli.books.conftest import APPROVED, IN_DOUBT
from tests.switch.cli.ledger.test_verbs import on_postgres
from tests.switch.cli.running import Outcome, run
from tests.switch.config import folders

DAY = "20140618"
_LATE = "416900000099"
_WHO = ("--by", "Li", "--why", "the till agrees", "--business-date", "2014-06-20T10:00")
_NOW = re.compile(r'"at_ms":\d+')
_WALK: tuple[tuple[str, ...], ...] = (
    ("clear", "run", "--until", DAY, "--to", "files", "--json"),
    ("clear", "list", "--json"),
    ("clear", "show", "--day", DAY, "--json"),
    ("clear", "reconcile", "--day", DAY, "--statement", "99910000=day.csv", "--json"),
    ("clear", "reconcile", "--day", DAY, "--statement", "99910000=day.csv"),
    ("cases", "list", "--json"),
    ("cases", "resolve", "1", "--as", "credit_adjustment", *_WHO),
    ("cases", "resolve", "1", "--as", "claim", *_WHO),
    ("cases", "open", APPROVED, *_WHO),
    ("cases", "resolve", "3", "--as", "correct", *_WHO),
    ("cases", "resolve", "3", "--as", "nothing", *_WHO),
    ("cases", "show", "3", "--json"),
    ("clear", "reconcile", "--day", "20140619", "--statement", "99910000=next.csv", "--json"),
    ("cases", "list", "--all"),
    ("cases", "list", "--overdue", "--business-date", "2014-07-09T10:00", "--json"),
    ("clear", "run", "--until", "20140621", "--json"),
    ("clear", "show", "--day", "20140621"),
    ("report", "quarter", "2014Q2", "--json"),
    ("ledger", "check", "--json"),
)


def _walked(folder: Path) -> list[Outcome]:
    """Do it all in a folder; times and the places of files are taken off what is said."""
    day, late = folder / "day.csv", folder / "next.csv"
    day.write_text(f"rrn,fen\n{APPROVED},10000\n{APPROVED},10000\n{IN_DOUBT},10000\n")
    late.write_text(f"rrn,fen\n{_LATE},500\n{APPROVED},-10000\n")
    found = []
    for verb, *words in _WALK:
        given = [word.replace("=", f"={folder}/") if ".csv" in word else word for word in words]
        given = [str(folder / word) if word == "files" else word for word in given]
        outcome = run(verb, *given, "-c", str(folder))
        texts = (text.replace(str(folder), "") for text in (outcome.out, outcome.err))
        found.append(Outcome(outcome.status, *(_NOW.sub("", text) for text in texts)))
    return found


def test_both_engines_say_the_same_of_a_day(city: Path, empty_url: str) -> None:
    shared = folders.copy(city, city.parent / "shared")
    there = str(city.parent / "there.jsonl")
    assert run("ledger", "export", "-c", str(city), there).status == 0
    on_postgres(shared, empty_url)
    assert run("ledger", "init", "-c", str(shared)).status == 0
    assert run("ledger", "import", "-c", str(shared), there).status == 0

    walks = [_walked(city), _walked(shared)]
    for words, *outcomes in zip(_WALK, *walks, strict=True):
        assert outcomes[0] == outcomes[1], words
    said = dict(zip(_WALK, walks[1], strict=True))
    found = json.loads(said[_WALK[3]].out)
    assert [case["kind"] for case in found["cases"]] == ["long", "manual", "issuer_twice"]
    assert "lines" not in said[_WALK[3]].err
    assert [said[step].status for step in _WALK[6:11]] == [0, BAD, 0, 0, 2]
    broken = {
        each["rule"] for each in map(json.loads, said[_WALK[-1]].out.splitlines()) if each["broken"]
    }
    assert broken.isdisjoint(RULES)
