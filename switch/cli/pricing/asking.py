"""What a quote is asked about on the command line (switch/cli): a case, from options and terminals.

Everything has a default that is said in the help; an installation and one of its terminals replace
most of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from fees.matrix import CARDS, CHANNELS, CITIES, FINANCIAL, RETURNS, SIDES
from fees.quote import Case, Tariffs
from fees.tariff import EVERY_BANK
from messages.values import Amount
from routing.table import Case as Way
from switch.cli.outcome import stop
from switch.config.faults import ConfigurationError
from switch.config.installation import Installation
from switch.config.tariffs import PACKAGED, load_tariffs
from switch.core.configuration import Channel, Configuration, Terminal

PRICED: Final = ("social_service", *FINANCIAL)
TABLES: Final = ("chongqing-2014", "national")
"""The packaged tables that bank tariffs are read beside."""
CHANNEL_OF: Final = {Channel.RURAL: "R", Channel.URBAN: "U", Channel.MERCHANT: "M"}
_DAYS: Final = range(2000_01_01, 2100_01_01)
_MCC_DIGITS: Final = 4


class Asked(msgspec.Struct, kw_only=True):
    """The options of `fees quote`; empty texts are those that were not given."""

    transaction: str
    day: int
    card: str
    side: str
    city: str
    channel: str
    category: str
    public_welfare: bool
    issuer: str
    acquirer: str


def tariffs_of(names: Sequence[str], configuration: Configuration | None) -> Tariffs:
    """Return bank tariffs beside the packaged tables, or those of an installation."""
    if configuration is not None:
        if names:
            stop("give -c or --tariff, not both")
        return configuration.tariffs
    # A file beside us is a path; anything else without a slash names a packaged one.
    found = [f"./{name}" if name.endswith(".toml") and "/" not in name else name for name in names]
    try:
        return load_tariffs((*TABLES, *found) if found else PACKAGED)
    except ConfigurationError as error:
        stop(f"the tariffs cannot be used\n{error}")


def tariffs_instead(names: Sequence[str], folder: Path, installation: Installation) -> Tariffs:
    """Return an installation's tables and readings, with these files in place of its own."""
    found = list(map(_from_here, names))
    own, options = installation.tariff_names, installation.tariff_options
    try:
        return load_tariffs(own, folder, options, found, installation.tariff_follows)
    except ConfigurationError as error:
        stop(f"the tariffs cannot be used\n{error}")


def _from_here(name: str) -> str:
    """Return a name that is not looked for in the folder of the installation."""
    return str(Path(name).absolute()) if name.endswith(".toml") or "/" in name else name


def case_of(
    asked: Asked, tariffs: Tariffs, configuration: Configuration | None, terminal: str = ""
) -> Case:
    """Return the case; an installation and a terminal of it say what was not asked for."""
    _check(asked)
    city, is_welfare = asked.city or "in", asked.public_welfare
    if configuration is not None:
        _check_banks(asked, configuration)
        if terminal:
            at = _terminal(configuration, terminal)
            is_welfare = is_welfare or at.is_public_welfare
            city = _place(asked, tariffs, configuration, at)
    category = asked.category or "8011"
    return Case(
        asked.transaction,
        asked.card,
        asked.side or "off_us",
        city,
        asked.channel or "R",
        tariffs.institution(category, is_public_welfare=is_welfare),
        category,
        asked.day,
        asked.issuer or EVERY_BANK,
        asked.acquirer or EVERY_BANK,
    )


def _place(asked: Asked, tariffs: Tariffs, configuration: Configuration, at: Terminal) -> str:
    """Let a terminal say what was not asked for; return whether the card is of its city."""
    asked.acquirer = asked.acquirer or at.acquirer
    asked.channel = asked.channel or CHANNEL_OF[at.channel]
    asked.category = asked.category or at.category
    issuer = configuration.issuers.get(asked.issuer)
    if issuer is None:
        return asked.city or "in"
    way = configuration.routes.way(asked.acquirer, asked.issuer)
    asked.side = asked.side or ("on_us" if way.case is Way.ON_US else "off_us")
    return asked.city or tariffs.city(is_terminal_in=at.is_in_city, is_card_in=issuer.is_in_city)


def _check_banks(asked: Asked, configuration: Configuration) -> None:
    for bank, known, what in (
        (asked.issuer, configuration.issuers, "issuer"),
        (asked.acquirer, configuration.acquirers, "acquirer"),
    ):
        if bank and bank not in known:
            stop(f"no {what} {bank} in this installation; there are {', '.join(known)}")


def amount_of(yuan: str) -> int:
    """Return an amount in fen; status 2 where it is none."""
    try:
        fen = Amount.parse(yuan).fen
    except ValueError as error:
        stop(f"{yuan}: {error}")
    if fen < 0:
        stop(f"{yuan}: an amount is not negative")
    return fen


def _terminal(configuration: Configuration, name: str) -> Terminal:
    found = configuration.terminals.get(name)
    if found is None:
        stop(f"no terminal {name} in this installation")
    return found


def _check(asked: Asked) -> None:
    if asked.transaction in RETURNS:
        stop(f"a {asked.transaction} gives back what its original took: quote the original")
    for value, allowed, what in (
        (asked.transaction, PRICED, "transaction"),
        (asked.card, CARDS, "card"),
        (asked.side or SIDES[0], SIDES, "side"),
        (asked.city or CITIES[0], CITIES, "city"),
        (asked.channel or CHANNELS[0], CHANNELS, "channel"),
    ):
        if value not in allowed:
            stop(f"no {what} {value!r}; there are {', '.join(allowed)}")
    if asked.category and not _is_mcc(asked.category):
        stop(f"{asked.category}: a merchant category has four digits, such as 8011")
    if asked.day not in _DAYS or not _is_day(asked.day):
        stop(f"{asked.day}: a day is YYYYMMDD, one that the calendar has")


def _is_mcc(text: str) -> bool:
    return len(text) == _MCC_DIGITS and text.isascii() and text.isdecimal()


def _is_day(day: int) -> bool:
    try:
        date.fromisoformat(str(day))
    except ValueError:
        return False
    return True
