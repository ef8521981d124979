"""`jinbao product-host` (switch/cli): the host of bonds, wealth products and remote purchases.

Its line is the switch's link of that name, whose class is the folder's choice.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from simulators.installation import wires
from simulators.issuer import Temper
from simulators.products.host import ProductHost
from simulators.products.sample import host_identity, sample_shelf
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


@app.command("product-host")
def product_host(
    *,
    port: Port = 0,
    host: Address = "127.0.0.1",
    delay_ms: Delay = 0,
    silent: Silent = False,
    deaf: Deaf = False,
    twice: Twice = False,
    code: Code = "",
    on: On = "",
    every: Every = 1,
    books: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the orders as JSON at the end."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Be the product host: treasury bonds, wealth products and remote purchases for testing.

    \b
    Examples:
      jinbao product-host --port 9589
      jinbao product-host --port 9589 --deaf --on confirm
    """  # noqa: D301 - \b keeps the lines of the examples apart
    actor = ProductHost(host_identity(), wires()[1], sample_shelf())
    temper = Temper(delay_ms=delay_ms, answers=0 if silent else 1 + twice, ignores=deaf, code=code)
    misbehave(actor, temper, on, every)
    kept = Kept(books, lambda: _content(actor))
    serve(actor, "product_host", (host, port), kept, as_json=as_json)


def _content(actor: ProductHost) -> dict[str, Any]:
    """Return what is left, and what became of orders; the cards' numbers stay here."""
    shelf = actor.shelf
    return {
        "products": list(shelf.products.values()),
        "orders": [
            {
                "number": each.number,
                "product": each.product,
                "units": each.units,
                "fen": each.card_fen,
                "paid_by": each.paid_by,
                "reserved_by": each.reserved_by,
            }
            for each in shelf.dues.values()
        ],
        "deeds": list(shelf.deeds.values()),
    }
