"""Verbs of `jinbao terminal` for products (switch/cli): a list, an order, its payment, its result.

Bonds, wealth products and remote purchases are one service: what is bought is said by its order.
"""

from __future__ import annotations

from typing import Annotated, Final

import typer

from messages.values import Amount
from simulators.terminal_memory import Job, Kind, Result, Verdict
from simulators.terminals.services import payload, to_pay_fen
from switch.cli.outcome import stop
from switch.cli.simulating.doing import (
    CardNumber,
    Setting,
    WrongPin,
    do,
    tell,
    terminal_verb,
    used_card,
)

_SORTS: Final = {"bond": "BND", "wealth": "WLT", "remote": "RMT"}
_KINDS: Final = {"BND": Kind.BOND, "WLT": Kind.WEALTH, "RMT": Kind.REMOTE_PURCHASE}
_LONGEST: Final = 28


@terminal_verb
def products(
    given: Setting,
    *,
    card: CardNumber = 0,
    kind: Annotated[str, typer.Option(metavar="|".join(_SORTS), help="Only these; else all.")] = "",
) -> None:
    """List what can be bought: treasury bonds, wealth products, remote purchases.

    \b
    Example:
      jinbao terminal products 127.0.0.1:8583 --kind bond
    """  # noqa: D301 - \b keeps the lines of the examples apart
    if kind and kind not in _SORTS:
        stop(f"--kind is one of {', '.join(_SORTS)}, not {kind!r}")
    tell(given, do(given, _asked(card, S1="LST", P1=_SORTS.get(kind, ""))))


@terminal_verb
def buy(
    given: Setting,
    product: Annotated[str, typer.Argument(metavar="PRODUCT", help="As the list has it.")],
    *,
    card: CardNumber = 0,
    units: Annotated[int, typer.Option(min=1, max=9_999, help="How many of it.")] = 1,
    only_order: Annotated[
        bool, typer.Option("--only-order", help="Order it, and do not pay.")
    ] = False,
    wrong_pin: WrongPin = False,
) -> None:
    """Buy a product: it is ordered, the order is paid by card, and its result is asked for.

    \b
    Examples:
      jinbao terminal buy 127.0.0.1:8583 GZ1403 --units 3
      jinbao terminal buy 127.0.0.1:8583 YC0001 --only-order
    """  # noqa: D301 - \b keeps the lines of the examples apart
    asked = _asked(card, S1="ORD", P2=_checked("PRODUCT", product), P3=str(units))

    def then(results: list[Result]) -> tuple[Job, ...]:
        last = results[-1]
        kind, fen = _KINDS.get(last.told.get("P1", "")), to_pay_fen(last.told)
        if only_order or last.verdict is not Verdict.APPROVED or kind is None or fen is None:
            return ()
        number = last.told.get("S5", "")
        paid = _payment(kind, number, fen, card, wrong_pin=wrong_pin)
        result = _asked(card, S1="RES", S5=number)
        return paid, Job(kind=Kind.REVERSAL), result

    tell(given, do(given, asked, then=then))


@terminal_verb
def order(
    given: Setting,
    *,
    card: CardNumber = 0,
    number: Annotated[
        str, typer.Option("--number", metavar="ORDER", help="One of them; else all of the card.")
    ] = "",
    pay: Annotated[
        str, typer.Option(metavar="|".join(_SORTS), help="Pay it: what kind it is of.")
    ] = "",
    yuan: Annotated[str, typer.Option(help="What is paid: the order's amount.")] = "",
    wrong_pin: WrongPin = False,
) -> None:
    """Ask what became of a card's orders, or pay one that was placed before.

    \b
    Examples:
      jinbao terminal order 127.0.0.1:8583
      jinbao terminal order 127.0.0.1:8583 --number P417009000002 --pay bond --yuan 300
    """  # noqa: D301 - \b keeps the lines of the examples apart
    number = _checked("--number", number)
    if not pay:
        tell(given, do(given, _asked(card, S1="RES", S5=number)))
        return
    if pay not in _SORTS:
        stop(f"--pay is one of {', '.join(_SORTS)}, not {pay!r}")
    if not number or not yuan:
        stop("--pay needs --number and --yuan: which order, and its amount")
    try:
        fen = Amount.parse(yuan).fen
    except ValueError as error:
        stop(f"--yuan: {error}")
    paid = _payment(_KINDS[_SORTS[pay]], number, fen, card, wrong_pin=wrong_pin)
    tell(given, do(given, paid, Job(kind=Kind.REVERSAL)))


BUYING: Final = (products, buy, order)
"""The verbs, in the order of the help."""


def _asked(card: int, **tags: str) -> Job:
    used = used_card(card, wrong_pin=False)
    return Job(kind=Kind.PRODUCT_INQUIRY, card=used, content=payload(tags))


def _payment(kind: Kind, number: str, fen: int, card: int, *, wrong_pin: bool) -> Job:
    sort = next(name for name, each in _KINDS.items() if each is kind)
    used = used_card(card, wrong_pin=wrong_pin)
    content = payload({"S1": sort, "S5": number})
    return Job(kind=kind, card=used, amount_fen=fen, content=content)


def _checked(name: str, text: str) -> str:
    """Refuse what is neither a product nor the number of an order."""
    if text and not (text.isascii() and text.isalnum() and len(text) <= _LONGEST):
        stop(f"{name} {text!r}: should be at most {_LONGEST} letters or digits")
    return text
