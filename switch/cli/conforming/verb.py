"""`jinbao conform` (switch/cli): the verbs around conformance; each has its module.

Status 0 where it conforms (or the evidence is whole), 1 where not, 2 for wrong usage.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from simulators.conformance.evidence.chain import EvidenceError, Record, first_altered, read_records
from simulators.conformance.evidence.report import Report, plain, report_of
from simulators.conformance.mutants.catching import judge_mutant
from simulators.conformance.mutants.table import EVERY, summary
from simulators.conformance.probing.probes import host_suite, with_probe_files
from simulators.conformance.rules.model import Suite
from simulators.conformance.rules.reading import RulesError, packaged_suite, with_files
from switch.cli.conforming.host import host
from switch.cli.conforming.keeping import suite_of, write_reports
from switch.cli.conforming.terminal import terminal
from switch.cli.outcome import BAD, say, stop
from switch.cli.verbs import AsJson, verb_app

app = verb_app("Judge a terminal or a host, requirement by requirement, with evidence.")
app.command()(terminal)
app.command()(host)

Evidence = Annotated[str, typer.Argument(metavar="REPORT", help="evidence.jsonl or report.json.")]
Rules = Annotated[
    list[str] | None,
    typer.Option("--rules", metavar="FILE", help="Requirements or cases of your own."),
]


@app.command()
def verify(
    report: Evidence,
    *,
    head: Annotated[
        str, typer.Option(metavar="HASH", help="The last hash, as it was printed.")
    ] = "",
    rules: Rules = None,
) -> None:
    """Tell whether evidence is as it was written, and its verdicts are those that it gives.

    \b
    Example:
      jinbao conform verify out/evidence.jsonl
    """  # noqa: D301 - \b keeps the lines of the examples apart
    text = _text(report)
    try:
        records = read_records(text, report)
    except EvidenceError as error:
        stop(str(error), BAD)
    if complaint := first_altered(records, head):
        stop(f"{report}: {complaint}", BAD)
    made = report_of(_suite_of(records, rules, report), records)
    if complaint := _otherwise(text, made):
        stop(f"{report}: {complaint}, which its evidence does not give", BAD)
    say(f"{len(records)} records are as they were written; last hash {records[-1]['hash']}")


def _otherwise(text: str, made: Report) -> str:
    """Return what a run's end, or a report.json, says otherwise than its records, first."""
    end = made.records[-1]
    if end.get("what") == "end":
        verdicts = {line.requirement.id: line.verdict for line in made.lines}
        stated = {"verdict": end.get("verdict"), "verdicts": end.get("verdicts")}
        if found := difference(stated, {"verdict": made.verdict, "verdicts": verdicts}):
            return f"record {len(made.records)} says otherwise: {found}"
    try:
        whole = json.loads(text)
    except ValueError:
        return ""
    if not isinstance(whole, dict) or "records" not in whole:
        return ""
    found = difference(whole, json.loads(json.dumps(plain(made))))
    return f"the report says otherwise: {found}" if found else ""


def difference(stated: Any, made: Any, where: str = "") -> str:  # noqa: ANN401 - any JSON
    """Return the place where one JSON value first differs from another, empty for nowhere."""
    if isinstance(stated, dict) and isinstance(made, dict):
        pairs = [(f"{where}.{name}".lstrip("."), name) for name in (*made, *stated)]
    elif isinstance(stated, list) and isinstance(made, list):
        pairs = [(f"{where}[{_name(made, at)}]", at) for at in range(max(len(made), len(stated)))]
        stated, made = dict(enumerate(stated)), dict(enumerate(made))
    else:
        return "" if type(stated) is type(made) and stated == made else where
    for place, name in pairs:
        if name not in stated or name not in made:
            return f"{place} ({'is missing' if name in made else 'was added'})"
        if found := difference(stated[name], made[name], place):
            return found
    return ""


def _name(rows: list[Any], at: int) -> str:
    """Return what a row is called: its requirement or case, else its place."""
    row = rows[at] if at < len(rows) else None
    known = row if isinstance(row, dict) else {}
    return str(known.get("requirement") or known.get("case") or at)


@app.command()
def cases(*, rules: Rules = None, as_json: AsJson = False) -> None:
    """List the cases: what the tester does, and what the host answers.

    \b
    Example:
      jinbao conform cases
    """  # noqa: D301 - \b keeps the lines of the examples apart
    suite = _suite(rules)
    for case in suite.cases:
        if as_json:
            told = {"case": case.id, "en": case.en, "zh": case.zh, "tell": case.tell,
                    "tell_zh": case.tell_zh, "needs": case.needs, "after": case.after}  # fmt: skip
            say(json.dumps(told, ensure_ascii=False))
        else:
            say(f"{case.id:20} {case.en} {case.zh}\n{'':20} {case.tell} {case.tell_zh}")


@app.command()
def requirements(*, rules: Rules = None, as_json: AsJson = False) -> None:
    """List the requirements: level, sentence, source.

    \b
    Example:
      jinbao conform requirements
    """  # noqa: D301 - \b keeps the lines of the examples apart
    for each in _suite(rules).requirements:
        if as_json:
            told = {"requirement": each.id, "area": each.area, "level": each.level, "en": each.en,
                    "zh": each.zh, "source": each.source}  # fmt: skip
            say(json.dumps(told, ensure_ascii=False))
        else:
            say(f"{each.id}  {each.level:6} {each.en} {each.zh} [{each.source}]")


@app.command("report")
def make_report(evidence: Evidence, folder: str, *, rules: Rules = None) -> None:
    """Make the reports anew from evidence: report.json, report.html, junit.xml.

    \b
    Example:
      jinbao conform report out/evidence.jsonl out
    """  # noqa: D301 - \b keeps the lines of the examples apart
    try:
        records = read_records(_text(evidence), evidence)
    except EvidenceError as error:
        stop(str(error), BAD)
    if complaint := first_altered(records):
        stop(f"{evidence}: {complaint}", BAD)
    target = Path(folder)
    if not target.is_dir():
        stop(f"{folder}: no such folder")
    write_reports(report_of(_suite_of(records, rules, evidence), records), target)
    say(f"report.json, report.html and junit.xml are in {folder}")


def _suite_of(records: list[Record], rules: list[str] | None, where: str) -> Suite:
    """Return the suite that evidence was made with: that of hosts, or of terminals."""
    is_of_host = records[0].get("role") == "host"
    suite = _host_suite(rules) if is_of_host else _suite(rules)
    return suite_of(records, suite, where)


def _host_suite(rules: list[str] | None) -> Suite:
    try:
        own = with_probe_files(rules or ())
    except RulesError as error:
        stop(str(error))
    return host_suite(own.probes, own.requirements)


def _suite(rules: list[str] | None) -> Suite:
    try:
        return with_files(packaged_suite(), tuple(rules or ()))
    except RulesError as error:
        stop(str(error))


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        stop(f"{path}: {error.strerror if isinstance(error, OSError) else 'not UTF-8'}")


@app.command()
def mutants(
    *,
    mutant: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only this one; may be repeated.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run our terminal, or a host, with one defect each; status 1: one missed, or too much set off.

    \b
    Example:
      jinbao conform mutants
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if strangers := set(mutant or ()) - {each.id for each in EVERY}:
        stop(f"--mutant {min(strangers)}: no such mutant; docs/conformance.md has them")
    caught = [judge_mutant(each) for each in EVERY if not mutant or each.id in mutant]
    for each in caught:
        one, surplus = each.mutant, sorted(each.surplus)
        if as_json:
            told = {"mutant": one.id, "breaks": one.breaks, "failed": sorted(each.failed),
                    "caught": each.is_caught, "surplus": surplus}  # fmt: skip
            say(json.dumps(told))
        elif not each.is_caught or surplus:
            word = "caught" if each.is_caught else "missed"
            say(f"{one.id}: {one.breaks} {word}, surplus {surplus}")
    if not as_json:
        say(summary(caught))
    if not all(each.is_caught and not each.surplus for each in caught):
        raise typer.Exit(BAD)
