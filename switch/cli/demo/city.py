"""The folder of the demo's switch (switch/cli): four banks, two terminals, their lines and fees.

Keys are the published test keys; what protects card data at rest is random, as in any installation.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final, NamedTuple

from messages.crypto.vault import KEY_BYTES
from messages.crypto.wrapping import MASTER_KEY_BYTES
from simulators.cards import BIN, PAN_DIGITS
from simulators.installation import (
    ACQUIRER,
    CARDS_EACH,
    MERCHANT,
    TMK,
    ZMK,
    ZONE_MAK,
    ZONE_PIK,
    issuer_identity,
    link_name,
    terminal_id,
)
from simulators.products.sample import HOST as PRODUCT_HOST
from simulators.products.sample import LINK
from simulators.social_security.sample import HOST
from switch.config.installation import KEYS, VAULT_ROLES
from switch.config.keystore import KeyStore


class Point(NamedTuple):
    """Where a terminal stands, and the class of line that its acquirer registered."""

    merchant: str
    acquirer: str
    category: str
    place: str
    is_welfare: bool
    access: str


OTHER_ACQUIRER: Final = "99910000"
POINTS: Final = (
    Point(MERCHANT, ACQUIRER, "8011", "CQ TEST VILLAGE CLINIC", True, "jinbao"),
    Point("999653053990002", OTHER_ACQUIRER, "5399", "CQ TEST VILLAGE SHOP", False, "bank"),
)
"""The clinic, which is public welfare and comes over 金保专网, and the shop over a bank link."""
BANKS: Final = (
    "Yuzhong Bank 渝中银行",
    "Wuling Bank 武陵银行",
    "Fuling Bank 涪陵银行",
    "Wansheng Bank 万盛银行",
)
"""The name of each bank: the clinic's, the shop's, one that falls silent, one whose chips fail."""
FIRST, SECOND, SILENT, FORGED = range(len(BANKS))
OTHER_CARD: Final = len(BANKS) * CARDS_EACH
"""The first fictional card without social functions; it is the first bank's."""
PRIVATE: Final = "jinbao-1"
"""The first bank's line over 金保专网; all other lines are bank links."""
SOCIAL: Final = "social"
"""The line to the social-security host, over 金保专网 and apart from the one that is cut."""
MORNING: Final = "2014-09-10T09:30"
"""The first day of the cap of 2 000 yuan."""
LATE: Final = "2014-09-10T23:50"
NEXT_DAY: Final = "2014-09-11T00:05"
A_DAY_TOO_FAR: Final = "2014-09-12T00:05"
LOG: Final = "switch.log"
ISSUER_MS: Final = 4_000
"""What a bank is given to answer: short, so that nobody waits long for the silent one."""

_DONE: Final = (
    "rural_withdrawal", "social_balance_inquiry", "social_sale", "social_void", "social_inquiry",
    "social_payment", "medical_settlement", "benefit_inquiry", "social_reconciliation",
    "product_inquiry", "bond_purchase",
)  # fmt: skip
"""What the clinic does: in phase three it sells treasury bonds, which no terminal does unasked."""
_MAIN: Final = f"""format = 1
[listen]
jinbao = ["127.0.0.1:0"]
bank = ["127.0.0.1:0"]
[ledger]
fill_ms = 50
[fees]
tariffs = ["chongqing-2014", "national", "at-ceiling"]
[timers]
answer_ms = {2 * ISSUER_MS}
issuer_ms = {ISSUER_MS}
social_ms = {ISSUER_MS // 2}
sign_on_ms = 1000
[connections]
reconnect_first_ms = 50
reconnect_most_ms = 500
[paths]
log = "{LOG}"
"""
_CLINIC_DOES: Final = f"transactions = {[*_DONE]}\n".replace("'", '"')
_CAPS: Final = """format = 1
[[cap]]
from_day = 2011-01-01
limit_fen = 100000
rule = "银发〔2011〕177号"
[[cap]]
from_day = 2014-09-10
limit_fen = 200000
rule = "银发〔2014〕235号"
"""


def write(
    folder: Path,
    bank_ports: tuple[int, ...],
    private_port: int | None = None,
    service_ports: tuple[int, ...] = (),
) -> None:
    """Write configuration and keys into a new folder; the banks listen on these ports.

    The first one is reached over 金保专网 too, where there is a `private_port`, and so are the
    social-security and the product host where there are `service_ports`, in this order.
    """
    folder.mkdir(parents=True)
    files = {
        "jinbao": _MAIN,
        "caps": _CAPS,
        "terminals": _terminals(),
        "banks": _banks(bank_ports, private_port) + _services(service_ports),
        "cards": _cards(len(bank_ports)),
    }
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    store = KeyStore.create(folder / KEYS, secrets.token_bytes(MASTER_KEY_BYTES))
    store.put("vault", {role: secrets.token_bytes(KEY_BYTES) for role in VAULT_ROLES})
    own = bytes.fromhex(TMK)
    store.put("terminals", {terminal_id(number): own for number in range(len(POINTS))})
    zone = {"zmk": ZMK, "pik": ZONE_PIK, "mak": ZONE_MAK}
    links = [PRIVATE, SOCIAL, LINK, *map(link_name, range(len(bank_ports)))]
    store.put(
        "zones",
        {f"{link}.{role}": bytes.fromhex(key) for link in links for role, key in zone.items()},
    )


def _terminals() -> str:
    return "format = 1\n" + "".join(
        f'[[terminal]]\nid = "{terminal_id(number)}"\nmerchant = "{point.merchant}"\n'
        f'acquirer = "{point.acquirer}"\ncategory = "{point.category}"\nplace = "{point.place}"\n'
        f'channel = "rural"\npublic_welfare = {str(point.is_welfare).lower()}\n'
        f"{'' if number else _CLINIC_DOES}"
        for number, point in enumerate(POINTS)
    )


def _banks(ports: tuple[int, ...], private_port: int | None) -> str:
    """Return who is who: the first two banks have an acquirer each, which is of their group."""
    groups = ("first", "second")
    text = "format = 1\n"
    for number, group in enumerate(groups):
        text += f'[[group]]\nid = "{group}"\nname = "{BANKS[number]}"\n'
    text += (
        f'[[acquirer]]\nid = "{ACQUIRER}"\nname = "{BANKS[FIRST]}"\ngroup = "first"\n'
        'access = "jinbao"\nalternate = "bank"\n'
        f'[[acquirer]]\nid = "{OTHER_ACQUIRER}"\nname = "{BANKS[SECOND]}"\ngroup = "second"\n'
        'access = "bank"\n'
    )
    for number, port in enumerate(ports):
        bank, name = issuer_identity(number).id, link_name(number)
        has_private = number == FIRST and private_port is not None
        names = [PRIVATE, name] if has_private else [name]
        group = f'group = "{groups[number]}"\n' if number < len(groups) else ""
        links = ", ".join(f'"{each}"' for each in names)
        text += f'[[issuer]]\nid = "{bank}"\nname = "{BANKS[number]}"\n{group}links = [{links}]\n'
        for each in names:
            is_private = each == PRIVATE
            text += (
                f'[[link]]\nname = "{each}"\nclass = "{"jinbao" if is_private else "bank"}"\n'
                f'address = "127.0.0.1:{private_port if is_private else port}"\n'
                f'own_id = "{ACQUIRER}"\npeer_id = "{bank}"\n'
            )
    return text


def _services(ports: tuple[int, ...]) -> str:
    hosts = (("social", HOST, "社会保险", SOCIAL), ("products", PRODUCT_HOST, "产品", LINK))
    return "".join(
        f'[{key}]\nid = "{host}"\nname = "{name}"\nlinks = ["{link}"]\n'
        f'[[link]]\nname = "{link}"\nclass = "jinbao"\naddress = "127.0.0.1:{port}"\n'
        f'own_id = "{ACQUIRER}"\npeer_id = "{host}"\n'
        for (key, host, name, link), port in zip(hosts, ports, strict=False)
    )


def _cards(banks: int) -> str:
    """Return the first bank's whole BIN, a block of each other's, and one that is not social.

    A block is what stands before the last three digits of a fictional card's number.
    """
    whole = (BIN, FIRST, "true")
    others = [(f"{BIN}{bank:09d}", bank, "true") for bank in range(1, banks)]
    plain = (f"{BIN}{OTHER_CARD // CARDS_EACH:09d}", FIRST, "false")
    return "format = 1\n" + "".join(
        f'[[range]]\nprefix = "{prefix}"\nlength = {PAN_DIGITS}\n'
        f'issuer = "{issuer_identity(bank).id}"\nsocial = {social}\ndebit = true\n'
        for prefix, bank, social in (whole, *others, plain)
    )
