"""A stage with two lines to the issuer, 金保专网 first and a bank link as the alternate."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from routing.links import LinkClass
from switch.core.configuration import Acquirer, Issuer
from switch.core.events import LinkConnected, LinkDisconnected
from tests.switch.core.stage import Issue, Stage, approve, configuration

JINBAO, BANK = LinkClass.JINBAO, LinkClass.BANK


def registered(access: LinkClass = JINBAO, alternate: LinkClass | None = BANK) -> dict[str, Any]:
    """Return an acquirer that registered these classes, as a change of a configuration."""
    acquirer = Acquirer(
        id="99900000", name="A", other_cards_from=None, access=access, alternate=alternate
    )
    return {"acquirers": {acquirer.id: acquirer}}


def two_ways(issue: Issue = approve, **changes: Any) -> Stage:  # noqa: ANN401 - any field
    """Return a stage whose links `jinbao` and `bank` lead to one issuer, signed on and ready."""
    link = configuration().links["bank"]
    whole: dict[str, Any] = {
        "links": {
            "bank": link,
            "jinbao": replace(link, name="jinbao", link_class=JINBAO),
        },
        "issuers": {"99910000": Issuer(id="99910000", name="I", links=("bank", "jinbao"))},
        **registered(),
    }
    stage = Stage(issue, **(whole | changes))
    stage.happen(LinkConnected("jinbao"))
    stage.sign_on()
    return stage


def up(stage: Stage, link: str) -> None:
    """Bring a line up; it signs on at once."""
    stage.happen(LinkConnected(link))


def down(stage: Stage, link: str) -> None:
    """Take a line down."""
    stage.happen(LinkDisconnected(link))
