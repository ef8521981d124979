"""One issuer link: its connection, what is pending on it, its health, and the keys in force.

A new key takes effect when it is accepted; the old MAC key still proves answers for a while.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from messages.crypto.keys import Mak, Pik
from messages.crypto.mac import MacAlgorithm, Padding, make_mac
from routing.health import Breaker
from switch.core.configuration import Link
from switch.core.deadlines import NEVER
from switch.core.issuers.pending import Pending
from switch.core.issuers.wire import IssuerWire


class IssuerLink:
    """One link and its state; `is_ready` while transactions may go over it."""

    def __init__(
        self, link: Link, wire: IssuerWire, wake_by: Callable[[int], None], breaker: Breaker
    ) -> None:
        """Begin disconnected, with the configured keys."""
        self.link = link
        self.wire = wire
        self.pending = Pending(wake_by)
        self.heads = wire.heads(link.peer_id, link.own_id)
        self.is_connected = False
        self.is_ready = False
        self.must_sign_on = False
        self.connections = 0
        """How often it has come up: what was asked before says nothing of the line as it is."""
        self.pik = link.pik
        self.mac = self._made(link.mak)
        self._old_mac: MacAlgorithm | None = None
        self._old_mac_until_ns = 0
        self.proven: dict[int, MacAlgorithm] = {}
        """The key under which the MAC of a message at hand was found good, by its identity."""
        self.echo_due_ns = NEVER
        self.breaker = breaker
        self.clearing_day = 0
        """The day that its host was told of, 0 before its first sign-on."""
        self.day_ends_ns = NEVER
        """When the host is told that the day before it is over."""
        self.is_member = False
        """Whether a clearing centre is behind it, which we ask for keys, and not the reverse."""

    def _made(self, mak: Mak) -> MacAlgorithm:
        rule = self.wire.dialect.mac
        algorithm, pad = (rule.algorithm, rule.pad) if rule else ("x9.19", "zero")
        return make_mac(algorithm, mak, padding=Padding(pad))

    def change_pik(self, pik: Pik) -> None:
        """Translate PIN blocks to a new key from now on."""
        self.pik = pik

    def change_mak(self, mak: Mak, old_until_ns: int) -> None:
        """Authenticate with a new key; the old one still proves what comes until then."""
        self._old_mac, self._old_mac_until_ns = self.mac, old_until_ns
        self.mac = self._made(mak)

    def prove(self, mti: str, texts: Mapping[int, str]) -> None:
        """Note of a message that its MAC is good under the key in force."""
        if 128 in texts and self.wire.is_authentic(mti, texts, self.mac):  # noqa: PLR2004 - DE 128
            self.proven[id(texts)] = self.mac

    def is_authentic(self, mti: str, texts: Mapping[int, str], now_ns: int) -> bool:
        """Tell whether a message's MAC is good under the key in force or the one before."""
        if self.proven.get(id(texts)) is self.mac or self.wire.is_authentic(mti, texts, self.mac):
            return True
        old = self._old_mac if now_ns < self._old_mac_until_ns else None
        return old is not None and self.wire.is_authentic(mti, texts, old)
