"""`jinbao trace diff`: status by what differs, every form of report, wrong usage said."""

from __future__ import annotations

import json
from pathlib import Path

from simulators.replay.trace.form import Header, Side
from simulators.replay.trace.writing import write_trace
from tests.simulators.replay.days import day, written
from tests.switch.cli.running import run


def test_two_traces_that_are_alike_have_status_0(tmp_path: Path) -> None:
    one, other = (str(written(tmp_path / name, day(4))) for name in ("a.jsonl", "b.jsonl"))
    done = run("trace", "diff", one, other, "--json")
    told = json.loads(done.out)
    assert (done.status, told["compared"], told["equal"], told["differences"]) == (0, 4, 4, [])
    assert "all 4 are as recorded" in run("trace", "diff", one, other).out


def test_what_one_lacks_has_status_1_in_every_form(tmp_path: Path) -> None:
    one, other = (str(written(tmp_path / f"{n}.jsonl", day(n))) for n in (4, 3))
    html, junit = tmp_path / "d.html", tmp_path / "d.xml"
    done = run("trace", "diff", one, other, "--html", str(html), "--junit", str(junit))
    assert done.status == 1
    assert "1 of 4 differ without a reason" in done.out
    assert "one given, other none" in html.read_text(encoding="utf-8")
    assert '<failure message="one given, other none"' in junit.read_text(encoding="utf-8")
    rules = tmp_path / "rules.toml"
    rules.write_text('format = 1\n[[tolerate]]\nfield = "request"\nwhy = "the day was cut short"\n')
    done = run("trace", "diff", one, other, "--rules", str(rules))
    assert (done.status, "the day was cut short" in done.out) == (0, True)


def test_other_trace_numbers_differ_unless_any_will_do(tmp_path: Path) -> None:
    one = str(written(tmp_path / "a.jsonl", day(2)))
    later = [raw._replace(frame=raw.frame.replace(b"\0\0\2", b"\0\0\7")) for raw in day(2)]
    other = str(written(tmp_path / "b.jsonl", later))
    assert run("trace", "diff", one, other).status == 1
    assert run("trace", "diff", one, other, "--any-stan").status == 0


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    one, other = str(written(tmp_path / "a.jsonl", day(1))), str(tmp_path / "b.jsonl")
    others: tuple[dict[Side, str], ...] = ({"terminal": "composite"}, {})
    for dialects in others:
        write_trace(other, Header(made_by="x", dialects=dialects), [])
        done = run("trace", "diff", one, other)
        assert (done.status, "other dialects" in done.err) == (2, True)
    done = run("trace", "diff", other, other)
    assert (done.status, "names no dialect" in done.err) == (2, True)
    assert run("trace", "diff", "-", one).status == 2
