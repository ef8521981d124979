"""`jinbao ledger` (switch/cli): makes the tables, checks every promise, moves a whole ledger.

A file of `export` is the same whichever engine it came from; its digest says that nothing was lost
on the way.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Annotated

import msgspec
import typer

from switch.cli.books.stores import on_postgres
from switch.cli.ledger.engines import Engine, engine_of
from switch.cli.outcome import BAD, note, say, stop
from switch.cli.registering.keeping import kept_as_is
from switch.cli.registering.storing import place_of
from switch.cli.serving.folder import Folder, loaded
from switch.cli.verbs import AsJson, verb_app
from switch.ledger.moving.records import Digest, MovedFileError, lines, records
from switch.ledger.protocol import LedgerFailed, LedgerOpenError
from switch.settlement.rules import rules_of

app = verb_app("The ledger as a whole: make it, check it, move it.")


@app.command()
def init(*, folder: Folder) -> None:
    """Make an empty ledger where the configuration says.

    \b
    Example:
      jinbao ledger init -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with _engine(folder) as engine:
        say(f"{engine.name}: {', '.join(engine.migrate(is_new=True)) or 'is there already'}")


@app.command()
def migrate(*, folder: Folder) -> None:
    """Bring the tables of a ledger up to this version; stop every switch first.

    \b
    Example:
      jinbao ledger migrate -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    with _engine(folder) as engine:
        say(f"{engine.name}: {', '.join(engine.migrate(is_new=False)) or 'up to date'}")


@app.command()
def check(*, folder: Folder, as_json: AsJson = False) -> None:
    """Recompute in SQL what must be true of the whole ledger; status 1 where it is not.

    A switch may run meanwhile.

    \b
    Example:
      jinbao ledger check -c city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    # What is wrong with the registry is a rule of its own, and must not end the check of the rest.
    rules = rules_of(loaded(folder, kept_as_is).configuration)
    with _engine(folder) as engine:
        found = engine.check(rules)
    for rule, broken in found:
        if as_json:
            say(msgspec.json.encode({"rule": rule, "broken": broken}).decode())
        else:
            say(f"{'good' if not broken else f'BROKEN in {broken} places'}: {rule}")
    if any(broken for _, broken in found):
        raise typer.Exit(BAD)


@app.command("export")
def export_ledger(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")], *, folder: Folder
) -> None:
    """Write everything in the ledger to a file, and say its digest.

    An embedded ledger must not be open in a switch. Card data stays sealed.

    \b
    Example:
      jinbao ledger export -c city ledger.jsonl
    """  # noqa: D301 - \b keeps the lines of the examples apart
    digest = Digest()
    with _engine(folder) as engine, _new(file) as stream:
        for line in lines(engine.read(), digest):
            stream.write(line)
    say(f"{file}: {digest.count} records, digest {digest.text}")


@app.command("import")
def import_ledger(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `export` wrote.")],
    *,
    folder: Folder,
) -> None:
    """Read a file into an empty ledger: all of it, or nothing.

    What was written is read again before it counts; status 1 where its digest is another.

    \b
    Example:
      jinbao ledger import -c city ledger.jsonl
    """  # noqa: D301 - \b keeps the lines of the examples apart
    digest = Digest()
    with _engine(folder) as engine:
        try:
            with file.open("rb") as stream:
                there = engine.write(records(stream, digest), lambda: digest.text)
        except OSError as error:
            stop(f"{file}: {error.strerror}")
        except MovedFileError as error:
            stop(f"{file}: {error}", BAD)
        if there != digest.text:
            stop(f"written was {there}, the file is {digest.text}: nothing is kept", BAD)
    say(f"{engine.name}: {digest.count} records, digest {digest.text}")


@contextmanager
def _engine(folder: Path) -> Iterator[Engine]:
    """Have the engine of an installation; what it cannot do ends with status 2."""
    engine = engine_of(place_of(folder), on_postgres)
    try:
        yield engine
    except (LedgerOpenError, LedgerFailed) as error:
        stop(f"{engine.name}: {error}")
    finally:
        engine.close()


@contextmanager
def _new(file: Path) -> Iterator[IO[bytes]]:
    """Have a new file that only its owner can read, durable at the end, and away after an error."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        stop(f"{file}: {error.strerror}")
    try:
        with os.fdopen(handle, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        file.unlink(missing_ok=True)
        note(f"{file} is not whole and was removed")
        raise
