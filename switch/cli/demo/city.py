"""The folder of the demo's switch (switch/cli): two banks, one terminal, three ranges of cards.

Keys are the published test keys; what protects card data at rest is random, as in any installation.
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Final

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
from switch.config.installation import KEYS, VAULT_ROLES
from switch.config.keystore import KeyStore

BANKS: Final = ("Yuzhong Bank 渝中银行", "Wuling Bank 武陵银行")
"""The name of each bank; the second one is the one that falls silent."""
OTHER_CARD: Final = 2 * CARDS_EACH
"""The first fictional card without social functions; it is the first bank's."""
BUSINESS_DATE: Final = "2014-09-10T09:30"
"""The first day of the cap of 2 000 yuan."""
AFTER_THE_CRASH: Final = "2014-09-10T09:45"
LOG: Final = "switch.log"
ISSUER_MS: Final = 4_000
"""What a bank is given to answer: short, so that nobody waits long for the silent one."""

_MAIN: Final = f"""format = 1
[listen]
terminals = ["127.0.0.1:0"]
[timers]
answer_ms = {2 * ISSUER_MS}
issuer_ms = {ISSUER_MS}
sign_on_ms = 1000
[connections]
reconnect_first_ms = 50
reconnect_most_ms = 500
[paths]
log = "{LOG}"
"""
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
_TERMINALS: Final = f"""format = 1
[[terminal]]
id = "{terminal_id(0)}"
merchant = "{MERCHANT}"
acquirer = "{ACQUIRER}"
category = "8011"
place = "CQ TEST VILLAGE CLINIC"
"""


def write(folder: Path, bank_ports: tuple[int, ...]) -> None:
    """Write configuration and keys into a new folder; the banks listen on these ports."""
    folder.mkdir(parents=True)
    files = {
        "jinbao": _MAIN,
        "caps": _CAPS,
        "terminals": _TERMINALS,
        "banks": _banks(bank_ports),
        "cards": _cards(),
    }
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    store = KeyStore.create(folder / KEYS, secrets.token_bytes(MASTER_KEY_BYTES))
    store.put("vault", {role: secrets.token_bytes(KEY_BYTES) for role in VAULT_ROLES})
    store.put("terminals", {terminal_id(0): bytes.fromhex(TMK)})
    zone = {"zmk": ZMK, "pik": ZONE_PIK, "mak": ZONE_MAK}
    store.put(
        "zones",
        {
            f"{link_name(number)}.{role}": bytes.fromhex(key)
            for number in range(len(bank_ports))
            for role, key in zone.items()
        },
    )


def _banks(ports: tuple[int, ...]) -> str:
    text = f'format = 1\n[[acquirer]]\nid = "{ACQUIRER}"\nname = "Test acquirer"\n'
    for number, port in enumerate(ports):
        bank, name = issuer_identity(number).id, link_name(number)
        text += (
            f'[[issuer]]\nid = "{bank}"\nname = "{BANKS[number]}"\nlinks = ["{name}"]\n'
            f'[[link]]\nname = "{name}"\naddress = "127.0.0.1:{port}"\n'
            f'own_id = "{ACQUIRER}"\npeer_id = "{bank}"\n'
        )
    return text


def _cards() -> str:
    """Return the first bank's whole BIN, a block of the second's, and one that is not social.

    A block is what stands before the last three digits of a fictional card's number.
    """
    whole = (BIN, 0, "true")
    blocks = ((f"{BIN}{1:09d}", 1, "true"), (f"{BIN}{OTHER_CARD // CARDS_EACH:09d}", 0, "false"))
    return "format = 1\n" + "".join(
        f'[[range]]\nprefix = "{prefix}"\nlength = {PAN_DIGITS}\n'
        f'issuer = "{issuer_identity(bank).id}"\nsocial = {social}\ndebit = true\n'
        for prefix, bank, social in (whole, *blocks)
    )
