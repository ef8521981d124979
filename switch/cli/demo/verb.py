"""`jinbao demo` (switch/cli): one day of a switch in a quarter of a minute, and its books checked.

Switch, banks and terminal are processes on free loopback ports; their folder is gone afterwards.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from messages.dialects.dialect import Words
from switch.cli.demo import audit, telling
from switch.cli.demo.play import PLANTS, Shown, played, staged
from switch.cli.demo.processes import DemoError
from switch.cli.outcome import BAD, say, stop
from switch.cli.verbs import AsJson, verb_app

app = verb_app()


@app.command()
def demo(
    *,
    plant: Annotated[
        str, typer.Option(metavar="NAME", help=f"A bug put in on purpose: {', '.join(PLANTS)}.")
    ] = "",
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
    """Run a switch, two banks and a terminal through a story; status 1 if a check fails.

    \b
    Examples:
      jinbao demo
      jinbao demo --plant lost-reversal
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if plant and plant not in PLANTS:
        stop(f"no plant {plant}; there are {', '.join(PLANTS)}")
    options: tuple[str, ...] = () if record is None else ("--record", str(record))
    options += () if record is None or record_key is None else ("--record-key", str(record_key))
    asked = _Asked(plant, options, as_json)
    try:
        if into is None:
            with tempfile.TemporaryDirectory(prefix="jinbao-demo-") as folder:
                is_good = _run(Path(folder), asked)
        else:
            into.mkdir(parents=True, exist_ok=True)
            if any(into.iterdir()):
                stop(f"{into} is not empty")
            is_good = _run(into, asked)
    except DemoError as error:
        stop(str(error), BAD)
    except OSError as error:
        stop(f"{error.filename or 'the demo'}: {error.strerror}", BAD)
    if not is_good:
        raise typer.Exit(BAD)


class _Asked(msgspec.Struct, frozen=True):
    """What the options say."""

    plant: str
    record: tuple[str, ...]
    as_json: bool


def _run(folder: Path, asked: _Asked) -> bool:
    """Play, read the books, tell; return whether everything was as it should be."""
    as_json = asked.as_json
    if not as_json:
        say(telling.title())
        sys.stdout.flush()
    is_good = True
    with staged(folder, asked.plant, asked.record) as stage:
        for number, shown in enumerate(played(stage), 1):
            is_good = is_good and not shown.wrong
            say(_line(number, shown) if as_json else telling.act(number, shown))
        stage.close()
        ledger = stage.installation.ledger
        stores = audit.read(stage.terminal.books, ledger, [bank.books for bank in stage.banks])
    found = list(audit.checks(stores))
    is_good = is_good and all(check.is_kept for check in found)
    if as_json:
        told = [
            {"promise": _told(check.what), "kept": check.is_kept, "figures": check.figures}
            for check in found
        ]
        say(msgspec.json.encode({"books": told, "good": is_good}).decode())
    else:
        say(telling.books(found))
        say(_verdict(is_good=is_good))
    return is_good


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
        "reason": _told(shown.reason),
        "cap": {**msgspec.structs.asdict(cap), "left_fen": cap.left_fen} if cap else None,
        "wrong": shown.wrong,
    }
    return msgspec.json.encode(told).decode()


def _told(words: Words) -> dict[str, str]:
    return {"en": words.en, "zh": words.zh}
