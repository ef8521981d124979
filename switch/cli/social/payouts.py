"""`jinbao payouts` (switch/cli): a pay-out file is checked, made for trying it out, and paid.

Paying is idempotent by payment number: a file may be run again after whatever went wrong.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer

from simulators.cards import fictional_card
from simulators.social_security.sample import HOST, PENSION, sample_books
from switch.cli.books.stores import writing
from switch.cli.outcome import BAD, say, stop
from switch.cli.serving.folder import Folder, loaded
from switch.cli.social.paying import AT_ONCE, PAY, pay
from switch.cli.verbs import AsJson, verb_app
from switch.config.installation import Installation
from switch.config.registry.funds import load_funds
from switch.core.moment import local
from switch.core.social.payout_files import PayoutFile, PayoutFileError, read, result, write
from switch.core.social.payouts import Outcome, Payout
from switch.shell.clock import wall_ns
from switch.shell.watching.control import ask

app = verb_app(
    "Pay benefits and subsidies out (待遇发放): one credit a card, once a payment number."
)
_NS_PER_MS: Final = 1_000_000
_LOOK_S: Final = 0.25
_PATIENCE_S: Final = 30.0
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="A pay-out file.")]


@app.command()
def check(file: FileArgument, *, folder: Folder, as_json: AsJson = False) -> None:
    """Check a pay-out file; status 1 with line and reason if anything is wrong with it.

    \b
    Example:
      jinbao payouts check june.csv -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    good = _read(file, loaded(folder))
    fen = sum(each.amount_fen for each in good.payouts)
    if as_json:
        told = {"fund": good.fund, "day": good.day, "payments": len(good.payouts), "fen": fen}
        say(msgspec.json.encode(told).decode())
    else:
        say(f"good: {len(good.payouts)} payments of fund {good.fund}, {fen / 100:.2f} yuan")


@app.command()
def run(
    file: FileArgument,
    *,
    folder: Folder,
    out: Annotated[Path, typer.Option("--out", metavar="RESULT", help="The result file.")],
    wait: Annotated[int, typer.Option(min=0, help="Seconds to wait for the banks.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Pay a file out, and write what became of each payment; status 1 while any is pending.

    A file with one wrong line is refused as a whole. One that was paid before pays nobody again.

    \b
    Example:
      jinbao payouts run june.csv --out june-result.csv -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    installation = loaded(folder)
    good = _read(file, installation)
    last = time.monotonic() + wait
    while True:
        outcomes = {
            number: outcome
            for some in _some(good.payouts)
            for number, outcome in _pay(installation, good.agency, some).items()
        }
        pending = sum(each.status == "pending" for each in outcomes.values())
        if not pending or time.monotonic() >= last:
            break
        time.sleep(_LOOK_S)
    _write(out, result(good, outcomes))
    counts = {
        status: sum(each.status == status for each in outcomes.values())
        for status in ("paid", "rejected", "pending", "manual")
    }
    if as_json:
        say(msgspec.json.encode({**counts, "result": str(out)}).decode())
    else:
        words = ", ".join(f"{count} {status}" for status, count in counts.items() if count)
        say(f"{words}; {out}")
    if pending:
        raise typer.Exit(BAD)


@app.command()
def sample(
    file: FileArgument,
    *,
    persons: Annotated[int, typer.Option(min=1, max=1_000, help="How many test persons.")] = 10,
    fund: Annotated[str, typer.Option(metavar="CODE", help="Which fund pays.")] = PENSION,
) -> None:
    """Write the file of the test persons' benefits, as `jinbao social-host` has them.

    \b
    Example:
      jinbao payouts sample june.csv --persons 5
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if fund not in load_funds("chongqing-2014", Path()):
        stop(f"--fund {fund!r} is no fund of the test persons")
    books = sample_books(range(persons))
    due = [each for each in books.benefits.values() if each.fund == fund]
    rows = [
        Payout(each.number, fictional_card(card).pan, each.amount_fen, fund)
        for card, each in enumerate(due)
    ]
    day = f"{local(wall_ns() // _NS_PER_MS).day}"
    _write(file, write(HOST, fund, day, rows))
    say(f"{len(rows)} payments of fund {fund}; {file}")


def _some(payouts: tuple[Payout, ...]) -> Iterator[tuple[Payout, ...]]:
    """Yield as many pay-outs as are asked for at once."""
    for at in range(0, len(payouts), AT_ONCE):
        yield payouts[at : at + AT_ONCE]


def _read(file: Path, installation: Installation) -> PayoutFile:
    configuration = installation.configuration
    host = configuration.social_host
    if host is None:
        stop("there is no social-security host in banks.toml: nobody orders pay-outs")
    try:
        return read(file.read_text("utf-8"), configuration.funds, host.id)
    except UnicodeDecodeError:
        stop(f"{file}: is no UTF-8 text", BAD)
    except OSError as error:
        stop(f"{file}: {error.strerror}")
    except PayoutFileError as error:
        lines = [f"{file}: line {line}: {reason}" for line, reason in error.wrong]
        stop("\n".join([*lines, f"{file}: refused as a whole, nobody was paid"]), BAD)


def _pay(
    installation: Installation, agency: str, payouts: tuple[Payout, ...]
) -> dict[str, Outcome]:
    """Have pay-outs recorded, and return how they stand; status 1 where they are refused."""
    try:
        if not installation.ledger_url:
            rows = [(each.number, each.pan, each.amount_fen, each.fund) for each in payouts]
            request = {"verb": PAY, "agency": agency, "payouts": rows}
            answer = ask(installation.control, request, _PATIENCE_S)
            if not answer.get("ok"):
                stop(str(answer.get("error")), BAD)
            told: dict[str, list[str]] = answer["outcomes"]
            return {number: Outcome(*outcome) for number, outcome in told.items()}
    except (FileNotFoundError, ConnectionRefusedError):
        pass  # no switch runs: this command keeps the ledger meanwhile
    except (OSError, ValueError) as error:
        stop(f"{installation.control}: no answer ({type(error).__name__}): run it again", BAD)
    now_ms = wall_ns() // _NS_PER_MS
    with writing(installation) as store:
        try:
            return pay(store, installation.configuration, agency, payouts, now_ms)
        except ValueError as error:
            stop(str(error), BAD)


def _write(path: Path, text: str) -> None:
    """Write a file whole, for its owner only: it has cards, or what was paid to them."""
    fresh = path.with_name(f"{path.name}.new")
    try:
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)
        fresh.replace(path)
    except OSError as error:
        stop(f"{path}: {error.strerror}")
