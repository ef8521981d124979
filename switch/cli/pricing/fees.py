"""`jinbao fees` (switch/cli): what a transaction costs and by which rule, and both fee tables.

Amounts are in yuan on the table and in fen in JSON, whose keys are a public contract.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fees.tariff import MissingTariffError
from switch.cli.outcome import BAD, say, stop
from switch.cli.pricing.asking import Asked, amount_of, case_of, tariffs_of
from switch.cli.pricing.telling import (
    Told,
    quote_drawn,
    quote_object,
    tables_drawn,
    tables_object,
)
from switch.cli.pricing.whatif import whatif
from switch.cli.serving.folder import loaded
from switch.cli.verbs import AsJson, verb_app

app = verb_app("Fees: what a transaction costs, by which rule, and the tables.")
Folder = Annotated[
    Path | None,
    typer.Option(
        "-c", "--configuration", metavar="DIR", help="Tariffs and terminals of this installation."
    ),
]
Files = Annotated[
    list[str] | None,
    typer.Option("--tariff", metavar="NAME|FILE", help="A file of bank tariffs; again for more."),
]


@app.command()
def quote(
    transaction: Annotated[str, typer.Argument(metavar="TRANSACTION", help="Such as withdrawal.")],
    yuan: Annotated[str, typer.Argument(metavar="YUAN", help="The amount, such as 500.00.")],
    *,
    day: Annotated[int, typer.Option(metavar="YYYYMMDD", help="The day.")],
    folder: Folder = None,
    terminal: Annotated[
        str, typer.Option(metavar="TID", help="A terminal of the installation.")
    ] = "",
    card: Annotated[str, typer.Option(help="social, debit or credit.")] = "social",
    side: Annotated[str, typer.Option(help="on_us or off_us [default: off_us].")] = "",
    city: Annotated[str, typer.Option(help="in or out [default: in].")] = "",
    channel: Annotated[
        str, typer.Option(help="R rural, U bank's own, M merchant [default: R].")
    ] = "",
    category: Annotated[
        str, typer.Option(metavar="MCC", help="Merchant category [default: 8011].")
    ] = "",
    public_welfare: Annotated[
        bool, typer.Option("--public-welfare", help="The institution is public welfare.")
    ] = False,
    issuer: Annotated[str, typer.Option(metavar="ID", help="Whose card; any bank's.")] = "",
    acquirer: Annotated[str, typer.Option(metavar="ID", help="Whose terminal; any bank's.")] = "",
    tariff: Files = None,
    as_json: AsJson = False,
) -> None:
    """Quote a transaction: who pays whom how much, by which rule.

    Status 1 where the tables refuse it, 2 where a price is missing.

    \b
    Examples:
      jinbao fees quote withdrawal 500.00 --day 20140620 --tariff at-ceiling
      jinbao fees quote sale 500 --day 20140620 -c city --terminal 50010001
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if terminal and folder is None:
        stop("--terminal needs -c DIR")
    asked = Asked(
        transaction=transaction, day=day, card=card, side=side, city=city, channel=channel,
        category=category, public_welfare=public_welfare, issuer=issuer, acquirer=acquirer,
    )  # fmt: skip
    configuration = None if folder is None else loaded(folder).configuration
    tariffs = tariffs_of(tariff or [], configuration)
    case, fen = case_of(asked, tariffs, configuration, terminal), amount_of(yuan)
    try:
        found = tariffs.quote(case, fen)
    except MissingTariffError as missing:
        stop(f"a price is missing: {missing}")
    told = Told(case, fen, found, tariffs)
    say(quote_object(told) if as_json else quote_drawn(told))
    if found.is_refused:
        raise typer.Exit(BAD)


app.command()(whatif)


@app.command()
def matrix(*, folder: Folder = None, tariff: Files = None, as_json: AsJson = False) -> None:
    """Show both fee tables: cases, prices, clause of the notice.

    \b
    Example:
      jinbao fees matrix
    """  # noqa: D301 - \b keeps the lines of the examples apart
    configuration = None if folder is None else loaded(folder).configuration
    tables = tariffs_of(tariff or [], configuration).matrix
    say(tables_object(tables) if as_json else tables_drawn(tables))
