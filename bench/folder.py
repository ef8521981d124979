"""An installation on disk for measurements (bench): many terminals, one issuer, test keys only.

Its terminals, cards and keys are those of `simulators.installation`.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from messages.crypto.keys import Tmk
from messages.crypto.vault import KEY_BYTES
from messages.crypto.wrapping import MASTER_KEY_BYTES
from simulators.cards import BIN, PAN_DIGITS
from simulators.installation import (
    ACQUIRER,
    MERCHANT,
    ZMK,
    ZONE_MAK,
    ZONE_PIK,
    issuer_identity,
    link_name,
    terminal_id,
    terminal_identity,
)
from switch.config.installation import KEYS, VAULT_ROLES
from switch.config.keystore import KeyStore

LOG: Final = "switch.log"
"""Where the switch writes its log lines, in the folder."""
_ALTERNATE: Final = "bank-1-alternate"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked of an installation: its size, where its issuer listens, and its timers.

    `timers` has milliseconds by the names of `jinbao.toml`, `limit_fen` is the daily cap of a card.
    `ledger_url` leads to PostgreSQL; without it the ledger is embedded.
    Further issuers listen on `more_ports`; the first has a second line on `alternate_port`.
    `tariffs` are the tariff files in force; without them those that every installation begins with.
    """

    terminals: int
    issuer_port: int
    limit_fen: int = 200_000
    timers: Mapping[str, int | list[int]] = {}
    ledger_url: str = ""
    more_ports: tuple[int, ...] = ()
    alternate_port: int = 0
    tariffs: tuple[str, ...] = ()


def write(folder: Path, wanted: Wanted) -> None:
    """Write the files and keys of an installation into a folder that is empty or new."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "jinbao.toml").write_text(_main(wanted), encoding="utf-8")
    (folder / "banks.toml").write_text(_banks(wanted), encoding="utf-8")
    (folder / "cards.toml").write_text(_cards(wanted), encoding="utf-8")
    (folder / "caps.toml").write_text(
        f"format = 1\n[[cap]]\nfrom_day = 2011-01-01\nlimit_fen = {wanted.limit_fen}\n"
        'rule = "bench"\n',
        encoding="utf-8",
    )
    (folder / "terminals.toml").write_text(
        "format = 1\n" + "".join(_terminal(number) for number in range(wanted.terminals)),
        encoding="utf-8",
    )
    _write_keys(folder, wanted)


def _main(wanted: Wanted) -> str:
    timers = "".join(f"{name} = {value}\n" for name, value in wanted.timers.items())
    fees = f"[fees]\ntariffs = {list(wanted.tariffs)}\n" if wanted.tariffs else ""
    return (
        'format = 1\n[listen]\nterminals = ["127.0.0.1:0"]\n[ledger]\ncommit = "inline"\n'
        f'url = "{wanted.ledger_url}"\n[connections]\nreconnect_first_ms = 20\n'
        "reconnect_most_ms = 500\n"
        f'[paths]\nlog = "{LOG}"\n{fees}[timers]\n{timers}'
    )


def _cards(wanted: Wanted) -> str:
    numbers = range(1 + len(wanted.more_ports))
    return "format = 1\n" + "".join(
        f'[[range]]\nprefix = "{BIN}{f"{number:09d}" if number else ""}"\nlength = {PAN_DIGITS}\n'
        f'issuer = "{issuer_identity(number).id}"\nsocial = true\ndebit = true\n'
        for number in numbers
    )


def _banks(wanted: Wanted) -> str:
    has_alternate = bool(wanted.alternate_port)
    text = f'format = 1\n[[acquirer]]\nid = "{ACQUIRER}"\nname = "Test acquirer"\n'
    if has_alternate:
        text += 'access = "jinbao"\nalternate = "bank"\n'
    for number, port in enumerate((wanted.issuer_port, *wanted.more_ports)):
        bank, name = issuer_identity(number).id, link_name(number)
        links = [(name, port, "jinbao")]
        if has_alternate and not number:
            links.append((_ALTERNATE, wanted.alternate_port, "bank"))
        names = ", ".join(f'"{each}"' for each, _, _ in links)
        text += f'[[issuer]]\nid = "{bank}"\nname = "{name}"\nlinks = [{names}]\n'
        for link, at, kind in links:
            text += (
                f'[[link]]\nname = "{link}"\naddress = "127.0.0.1:{at}"\n'
                + (f'class = "{kind}"\n' if has_alternate else "")
                + f'own_id = "{ACQUIRER}"\npeer_id = "{bank}"\n'
            )
    return text


def _terminal(number: int) -> str:
    return (
        f'[[terminal]]\nid = "{terminal_id(number)}"\nmerchant = "{MERCHANT}"\n'
        f'acquirer = "{ACQUIRER}"\ncategory = "8011"\nplace = "CQ TEST VILLAGE CLINIC"\n'
    )


def _write_keys(folder: Path, wanted: Wanted) -> None:
    store = KeyStore.create(folder / KEYS, secrets.token_bytes(MASTER_KEY_BYTES))
    store.put("vault", {role: secrets.token_bytes(KEY_BYTES) for role in VAULT_ROLES})
    master_key: Tmk = terminal_identity().master_key
    key = master_key.reveal()
    store.put("terminals", {terminal_id(number): key for number in range(wanted.terminals)})
    names = [link_name(number) for number in range(1 + len(wanted.more_ports))]
    if wanted.alternate_port:
        names.append(_ALTERNATE)
    zone = {"zmk": ZMK, "pik": ZONE_PIK, "mak": ZONE_MAK}
    store.put(
        "zones",
        {f"{name}.{role}": bytes.fromhex(key) for name in names for role, key in zone.items()},
    )
