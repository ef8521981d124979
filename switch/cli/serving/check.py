"""`jinbao check` (switch/cli): whether the switch would start with a folder, and if not, why.

Nothing is opened or changed; what is found is summed up.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from switch.cli.outcome import note, say
from switch.cli.serving.folder import loaded
from switch.cli.verbs import AsJson, verb_app
from switch.config.installation import Installation
from switch.core.configuration import WITHDRAWALS, Configuration, Issuer

app = verb_app()


@app.command()
def check(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of an installation.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Check a configuration; status 2 if the switch would not start.

    Every mistake is told, with its file, line and key.

    \b
    Example:
      jinbao check city
    """  # noqa: D301 - \b keeps the lines of the examples apart
    found = loaded(folder)
    if as_json:
        say(msgspec.json.encode(_told(found)).decode())
    else:
        for line in summary(found):
            say(line)
    if found.fixed_keys is not None:
        note("test_keys is on: every terminal gets the same published working keys")


def _told(found: Installation) -> dict[str, Any]:
    configuration = found.configuration
    return {
        "terminals": sorted(configuration.terminals),
        "merchants": sorted(configuration.merchants),
        "acquirers": list(configuration.acquirers),
        "issuers": list(configuration.issuers),
        "links": {name: f"{host}:{port}" for name, (host, port) in found.link_addresses.items()},
        "dialects": {
            "terminals": [each.name for each in configuration.terminal_dialects],
            "issuers": configuration.issuer_dialect.name,
        },
        "social_host": configuration.social_host.id if configuration.social_host else None,
        "product_host": configuration.product_host.id if configuration.product_host else None,
        "card_ranges": len(configuration.card_ranges),
        "caps": [
            {
                "counter": cap.counter,
                "from_day": cap.from_day,
                "limit_fen": cap.limit_fen,
                "rule": cap.rule,
            }
            for cap in configuration.caps
        ],
        "listen": [
            {"address": f"{each.host}:{each.port}", "access": each.access or None}
            for each in found.listen
        ],
        "ledger": str(found.ledger),
        "test_keys": found.fixed_keys is not None,
    }


def summary(found: Installation) -> list[str]:
    """Return what was found, a line for each kind of thing."""
    configuration = found.configuration
    caps = ", ".join(
        f"{'' if cap.counter == WITHDRAWALS else f'{cap.counter} '}"
        f"{cap.limit_fen // 100} yuan from {cap.from_day} ({cap.rule})"
        for cap in configuration.caps
    )
    links = ", ".join(
        f"{name} ({configuration.links[name].link_class}) at {host}:{port}"
        for name, (host, port) in found.link_addresses.items()
    )
    listening = ", ".join(
        f"{host}:{port} ({access})" if access else f"{host}:{port}"
        for host, port, access in found.listen
    )
    spoken = [dialect.name for dialect in configuration.terminal_dialects]
    issuers = configuration.issuer_dialect.name
    dialects = f"dialect{'s' if len(spoken) > 1 else ''} {', '.join(spoken)}"
    terminals, merchants = len(configuration.terminals), len(configuration.merchants)
    ranges = configuration.card_ranges
    social = sum(each.is_social for each in ranges)
    return [
        "good",
        f"terminals    {terminals}, {merchants} merchants, {dialects}",
        f"acquirers    {', '.join(configuration.acquirers) or 'none'}",
        f"issuers      {', '.join(configuration.issuers) or 'none'}, dialect {issuers}",
        f"groups       {', '.join(configuration.groups) or 'none'}",
        f"links        {links or 'none'}",
        f"clearing     {_clearing(configuration)}",
        f"social host  {_host(configuration.social_host, 'social services are refused')}",
        f"product host {_host(configuration.product_host, 'products are refused')}",
        f"card ranges  {len(ranges)}, {social} of social-security cards",
        f"cap          {caps or 'none: every withdrawal is refused'}",
        f"listening    {listening}",
        f"ledger       {found.ledger_url or found.ledger}",
    ]


def _host(host: Issuer | None, without: str) -> str:
    return f"none: {without}" if host is None else f"{host.id} {host.name}"


def _clearing(configuration: Configuration) -> str:
    if not configuration.centre:
        return "direct: the switch is the centre"
    return f"member: of the centre behind {', '.join(configuration.centre)}"
