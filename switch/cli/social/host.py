"""`jinbao social-host` (switch/cli): the social-security host with test persons, on a port.

Its line is the switch's link of 金保专网. What it does wrong is chosen here; its books are written
when it ends and on SIGUSR1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from simulators.installation import wires
from simulators.issuer import Temper
from simulators.social_security.host import SocialHost
from simulators.social_security.results import take_results
from simulators.social_security.sample import host_identity, sample_books
from switch.cli.outcome import BAD, stop
from switch.cli.social.hosting import (
    Address,
    Code,
    Deaf,
    Delay,
    Every,
    Kept,
    On,
    Port,
    Silent,
    Twice,
    misbehave,
    serve,
)
from switch.cli.verbs import AsJson, verb_app

app = verb_app()


@app.command("social-host")
def social_host(
    *,
    port: Port = 0,
    host: Address = "127.0.0.1",
    persons: Annotated[int, typer.Option(min=1, max=1_000, help="How many test persons.")] = 10,
    delay_ms: Delay = 0,
    silent: Silent = False,
    deaf: Deaf = False,
    twice: Twice = False,
    code: Code = "",
    on: On = "",
    every: Every = 1,
    books: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write bills and deeds as JSON at the end.")
    ] = None,
    results: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Take this result file of a pay-out first.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Be the social-security host: persons, contributions, medical bills and benefits for testing.

    \b
    Examples:
      jinbao social-host --port 9588
      jinbao social-host --port 9588 --silent --on confirm --every 2
    """  # noqa: D301 - \b keeps the lines of the examples apart
    actor = SocialHost(host_identity(), wires()[1], sample_books(range(persons)))
    if results is not None:
        _take(actor, results)
    temper = Temper(delay_ms=delay_ms, answers=0 if silent else 1 + twice, ignores=deaf, code=code)
    misbehave(actor, temper, on, every)
    kept = Kept(books, lambda: _content(actor))
    serve(actor, "social_host", (host, port), kept, as_json=as_json)


def _take(actor: SocialHost, results: Path) -> None:
    """Have the host know what became of its benefits."""
    try:
        take_results(actor.books, results.read_text("utf-8"))
    except OSError as error:
        stop(f"{results}: {error.strerror}")
    except ValueError as error:
        stop(f"{results}: {error}", BAD)


def _content(actor: SocialHost) -> dict[str, Any]:
    """Return what became of bills and deeds; of persons nothing."""
    kept = actor.books
    return {
        "bills": list(kept.dues.values()),
        "deeds": list(kept.deeds.values()),
        "benefits": list(kept.benefits.values()),
    }
