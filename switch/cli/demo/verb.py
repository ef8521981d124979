"""`jinbao demo` (switch/cli): two days of a village in half a minute, its books checked, its page.

Everything is a process on free loopback ports; their folder is gone afterwards, the page stays.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer

from messages.dialects.dialect import Words
from switch.cli.demo import audit, page, settling, telling
from switch.cli.demo.play import PLANTS, Shown, played, staged
from switch.cli.demo.processes import DemoError
from switch.cli.outcome import BAD, say, stop
from switch.cli.verbs import AsJson, verb_app
from switch.core.transaction import State

app = verb_app()
PAGE: Final = "demo.html"
"""The page's name in a folder that is kept."""
_FEN: Final = 100


@app.command()
def demo(
    *,
    plant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help=f"A bug put in on purpose: {', '.join(PLANTS)}; again for more."
        ),
    ] = None,
    into: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep all files there: empty or new.")
    ] = None,
    record: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Record every frame, as `serve` does.")
    ] = None,
    record_key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The recording key.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Run a switch, banks and terminals through a story; status 1 if a check fails.

    It ends with a page (HTML) of what happened, and says where that lies.

    \b
    Examples:
      jinbao demo
      jinbao demo --plant lost-reversal
    """  # noqa: D301 - \b keeps the lines of the examples apart
    plants = plant or []
    for name in plants:
        if name not in PLANTS:
            stop(f"no plant {name}; there are {', '.join(PLANTS)}")
    options: tuple[str, ...] = () if record is None else ("--record", str(record))
    options += () if record is None or record_key is None else ("--record-key", str(record_key))
    asked = _Asked(plants, options, as_json)
    try:
        if into is None:
            with tempfile.TemporaryDirectory(prefix="jinbao-demo-") as folder:
                is_good = _run(Path(folder), asked, _own_page)
        else:
            into.mkdir(parents=True, exist_ok=True)
            if any(into.iterdir()):
                stop(f"{into} is not empty")
            is_good = _run(into, asked, lambda: into / PAGE)
    except DemoError as error:
        stop(str(error), BAD)
    except OSError as error:
        stop(f"{error.filename or 'the demo'}: {error.strerror}", BAD)
    if not is_good:
        raise typer.Exit(BAD)


def _own_page() -> Path:
    """Make an empty file that stays."""
    made, path = tempfile.mkstemp(prefix="jinbao-demo-", suffix=".html")
    os.close(made)
    return Path(path)


class _Asked(msgspec.Struct, frozen=True):
    """What the options say."""

    plants: list[str]
    record: tuple[str, ...]
    as_json: bool


def _run(folder: Path, asked: _Asked, place: Callable[[], Path]) -> bool:
    """Play, read the books, tell; return whether everything was as it should be."""
    as_json = asked.as_json
    if not as_json:
        say(telling.title())
        sys.stdout.flush()
    shown: list[Shown] = []
    with staged(folder, asked.plants, asked.record) as stage:
        for act in played(stage):
            shown.append(act)
            number = len(shown)
            say(_line(number, act) if as_json else telling.act(number, act))
            sys.stdout.flush()
        codes = settling.batches(stage)
        stage.close()
        terminals, banks = ([c.books for c in each] for each in (stage.terminals, stage.banks))
        stores = audit.read(terminals, stage.installation.ledger, banks)
        done = settling.settle(stage, codes)
    found = [*audit.checks(stores, _cash(shown)), *done.checks]
    is_good = all(check.is_kept for check in found) and not any(act.wrong for act in shown)
    at = place()
    at.write_text(page.render(shown, found), encoding="utf-8")
    report = settling.place_beside(at)
    report.write_text(done.page, encoding="utf-8")
    if as_json:
        told = [
            {"promise": _told(check.what), "kept": check.is_kept, "figures": check.figures}
            for check in found
        ]
        ends = {"books": told, "clearing": done.days, "good": is_good, "page": str(at)}
        say(msgspec.json.encode(ends | {"report": str(report)}).decode())
    else:
        say(telling.books(found))
        say("\nCleared 清算: " + "\n            ".join(done.days))
        say(_verdict(is_good=is_good))
        say(f"The whole story as a page 全过程网页: {at}")
        say(f"The quarterly report 季度报告: {report}")
    return is_good


def _cash(shown: list[Shown]) -> dict[int, int]:
    """Return what was withdrawn, in fen by the village's own days."""
    found: Counter[int] = Counter()
    for each in shown:
        if each.act.job["do"] == "withdrawal" and each.state is State.APPROVED:
            found[each.day] += each.act.yuan * _FEN
    return dict(found)


def _verdict(*, is_good: bool) -> str:
    if is_good:
        return "\nEverything is as it should be 一切正常"
    return "\nSomething is wrong 存在错误"


def _line(number: int, shown: Shown) -> str:
    cap = shown.cap
    told: dict[str, Any] = {
        "act": number,
        "what": _told(shown.act.what),
        "story": _told(shown.act.why),
        "job": shown.act.job,
        "verdict": shown.verdict,
        "code": shown.code,
        "code_words": _told(shown.code_words),
        "rrn": shown.rrn,
        "route": {"link": shown.link, "issuer": shown.issuer},
        "state": shown.state.name if shown.state is not None else None,
        "day": shown.day,
        "fee": shown.fee,
        "reason": _told(shown.reason),
        "cap": {**msgspec.structs.asdict(cap), "left_fen": cap.left_fen} if cap else None,
        "wrong": shown.wrong,
    }
    return msgspec.json.encode(told).decode()


def _told(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}
