"""A whole installation with test keys (simulators): for worlds, tests and measurements.

The keys, the first card, terminal and merchant are those of the worked examples; all the others
count on from them. Nothing here is for real cards.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec.structs import replace

from fees.quote import Tariffs
from messages.crypto.keys import Mak, Pik, Tmk, Zmk
from messages.crypto.vault import KEY_BYTES, Vault
from messages.dialects.loader import load_dialect
from routing.links import LinkClass
from simulators.cards import BIN, PAN_DIGITS
from simulators.issuer import IssuerIdentity
from simulators.requests import Identity
from simulators.wire import Wire
from switch.config.registry.funds import load_funds
from switch.config.tariffs import packaged_tariffs
from switch.core import configuration as core

TMK: Final = "0123456789ABCDEFFEDCBA9876543210"
PIK: Final = "1A2C3E4F5D6E7F8091A2B3C4D5E6F708"
MAK: Final = "2A4C6E80A2C4E608"
"""A terminal's master key, and the working keys that the worked examples use."""
ZMK: Final = "70F2A84CCBC2AE8625CBB0F2C22AB923"
ZONE_PIK: Final = "54687A8C9EB0C2D4E6F8091A2B3C4D5E"
ZONE_MAK: Final = "6B2D4F91A3C5E7081929384A5B6C7D8E"
ACQUIRER: Final = "99900000"
CENTRE: Final = "00010000"
"""The institution at the other end of the first link, as in the worked examples."""
SOCIAL_HOST: Final = "99980000"
SOCIAL_LINK: Final = "social"
"""The social-security host's institution number, and the name of the line to it."""
PRODUCT_HOST: Final = "99970000"
PRODUCT_LINK: Final = "products"
"""The same of the product host."""
MERCHANT: Final = "999653080110001"
FIRST_TERMINAL: Final = 50_010_001
_MERCHANT_CATEGORY: Final = "8011"
_PLACE: Final = "CQ TEST VILLAGE CLINIC"
_PLACE_WIDTH: Final = 40


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an installation is wanted, and what differs from the default."""

    terminals: int = 1
    issuers: int = 1
    lines: int = 1
    """Lines to each issuer: the acquirer's own class, and with 2 the other one as its alternate."""
    timers: core.Timers = core.Timers()
    limits: core.Limits = core.Limits()
    caps: tuple[core.Cap, ...] = (
        core.Cap(20110101, 100_000, "银发〔2011〕177号"),
        core.Cap(20140910, 200_000, "银发〔2014〕235号"),
    )
    repeats_get_stored_answer: bool = False
    transfers: bool = False
    """Whether terminals may transfer; without a registry they are told so one by one."""
    social: bool = False
    """Whether there is a social-security host, composite terminals, and funds of pay-outs."""
    products: bool = False
    """Whether there is a product host, and composite terminals that may buy of it."""
    tariffs: Tariffs | None = None
    """None: the packaged set, in which cardholders pay nothing."""


DEFAULT: Final = Size()


def terminal_id(number: int) -> str:
    """Return DE 41 of terminal `number`, from 0."""
    return str(FIRST_TERMINAL + number)


def terminal_identity(number: int = 0) -> Identity:
    """Return what terminal `number` is set up with."""
    return Identity(id=terminal_id(number), merchant=MERCHANT, master_key=Tmk.from_hex(TMK))


def link_name(number: int, line: int = 0) -> str:
    """Return the name of a link to issuer `number`: its usual line, or (1) the alternate."""
    return f"bank-{number + 1}" + (f"-{_CLASSES[line].value}" if line else "")


_CLASSES: Final = (LinkClass.BANK, LinkClass.JINBAO)
"""The classes of an issuer's lines."""


def issuer_of(card_number: int, issuers: int) -> int:
    """Return which issuer a fictional card belongs to: they follow one another in blocks."""
    return card_number // CARDS_EACH % issuers


CARDS_EACH: Final = 1_000
"""Card numbers that one issuer's range has before the next issuer's begins."""


def centre_identities(number: int) -> tuple[str, IssuerIdentity]:
    """Return the first digits of the cards of issuer `number`, and what a centre is to it."""
    prefix = f"{BIN}{number:09d}" if number else BIN
    bank = issuer_identity(number)
    own = IssuerIdentity(id=CENTRE, peer=bank.id, zmk=bank.zmk, pik=bank.pik, mak=bank.mak)
    return prefix, own


def issuer_identity(number: int = 0) -> IssuerIdentity:
    """Return what the host of issuer `number` is set up with."""
    return host_identity(_institution(number))


def host_identity(institution: str) -> IssuerIdentity:
    """Return what any host is set up with that has a line to the switch."""
    return IssuerIdentity(
        id=institution,
        peer=ACQUIRER,
        zmk=Zmk.from_hex(ZMK),
        pik=Pik.from_hex(ZONE_PIK),
        mak=Mak.from_hex(ZONE_MAK),
    )


def _institution(number: int) -> str:
    return CENTRE if not number else f"{99_910_000 + number}"


def configuration(size: Size = DEFAULT) -> core.Configuration:
    """Return the switch's own configuration of such an installation."""
    return core.Configuration(
        number=1,
        terminal_dialect=load_dialect("pos"),
        issuer_dialect=load_dialect("interbank"),
        terminals={
            terminal_id(n): _terminal(n, _served(size) if size.transfers or size.products else None)
            for n in range(size.terminals)
        },
        merchants=frozenset({MERCHANT}),
        acquirers={
            ACQUIRER: core.Acquirer(
                id=ACQUIRER,
                name="Test",
                other_cards_from=None,
                alternate=LinkClass.JINBAO if size.lines > 1 else None,
            )
        },
        card_ranges=_card_ranges(size.issuers),
        issuers={
            _institution(n): core.Issuer(
                id=_institution(n),
                name=f"Bank {n + 1}",
                links=tuple(link_name(n, line) for line in range(size.lines)),
            )
            for n in range(size.issuers)
        },
        links=_links(size),
        caps=size.caps,
        timers=size.timers,
        limits=size.limits,
        tariffs=size.tariffs or packaged_tariffs(),
        vault=Vault(bytes(KEY_BYTES), bytes([1]) * KEY_BYTES),
        repeats_get_stored_answer=size.repeats_get_stored_answer,
        **_services(size),
    )


def _services(size: Size) -> dict[str, Any]:
    """Return what a configuration has besides with social services or products."""
    found: dict[str, Any] = {}
    if size.social or size.products:
        found["other_terminal_dialects"] = (load_dialect("composite"),)
    if size.social:
        host = core.Issuer(id=SOCIAL_HOST, name="Social security", links=(SOCIAL_LINK,))
        found |= {"funds": _funds(), "social_host": host}
    if size.products:
        shop = core.Issuer(id=PRODUCT_HOST, name="Products", links=(PRODUCT_LINK,))
        found["product_host"] = shop
    return found


@cache
def _funds() -> dict[str, core.Fund]:
    return dict(load_funds("chongqing-2014", Path()))


def _links(size: Size) -> dict[str, core.Link]:
    links = {
        link_name(n, line): _link(n, line)
        for n in range(size.issuers)
        for line in range(size.lines)
    }
    if size.social:
        line = {"name": SOCIAL_LINK, "peer_id": SOCIAL_HOST, "link_class": LinkClass.JINBAO}
        links[SOCIAL_LINK] = replace(_link(0, 0), **line)
    if size.products:
        links[PRODUCT_LINK] = replace(_link(0, 0), name=PRODUCT_LINK, peer_id=PRODUCT_HOST)
    return links


def _served(size: Size) -> frozenset[str]:
    """Return all that terminals may be asked, told one by one as a registry would."""
    dialects = ("pos", "composite") if size.social or size.products else ("pos",)
    return frozenset(rule.id for name in dialects for rule in load_dialect(name).transactions)


def _terminal(number: int, served: frozenset[str] | None) -> core.Terminal:
    return core.Terminal(
        transactions=served,
        id=terminal_id(number),
        merchant=MERCHANT,
        acquirer=ACQUIRER,
        category=_MERCHANT_CATEGORY,
        place=f"{_PLACE:<{_PLACE_WIDTH}}",
        master_key=Tmk.from_hex(TMK),
    )


def _link(number: int, line: int) -> core.Link:
    identity = issuer_identity(number)
    return core.Link(
        name=link_name(number, line),
        own_id=ACQUIRER,
        peer_id=identity.id,
        zmk=identity.zmk,
        pik=identity.pik,
        mak=identity.mak,
        link_class=_CLASSES[line],
    )


def _card_ranges(issuers: int) -> tuple[core.CardRange, ...]:
    """Return the ranges of all issuers, the longest prefix first; the last is the whole BIN."""
    blocks = [
        core.CardRange(
            prefix=f"{BIN}{number:09d}",
            length=PAN_DIGITS,
            issuer=_institution(number),
            is_social=True,
            is_debit=True,
        )
        for number in range(1, issuers)
    ]
    whole = core.CardRange(
        prefix=BIN, length=PAN_DIGITS, issuer=CENTRE, is_social=True, is_debit=True
    )
    return (*blocks, whole)


@cache
def composite_wire() -> Wire:
    """Return the wire of composite terminals."""
    return Wire(load_dialect("composite"))


@cache
def wires() -> tuple[Wire, Wire]:
    """Return the wires of terminals and of issuer links, the same ones to everybody."""
    return Wire(load_dialect("pos")), Wire(load_dialect("interbank"))
