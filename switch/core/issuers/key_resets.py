"""Key resets as the clearing centre makes them (`direct`): 0800 with DE 70 = 101, when asked to.

Both sides change when the other has accepted. The same key is offered again after a silence: its
acceptance may have been lost on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from messages.crypto.keys import Mak, Pik
from switch.core.configuration import Timers
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.pending import Waiting
from switch.core.outbox import Outbox

PIK_KIND, MAK_KIND = "1", "2"
"""DE 53 digit 1 of a key reset; digit 2 is 6 for double length."""
KEY_CHANGE = "101"
DOUBLE_LENGTH = "600000000000000"
TRIES = 3
_BYTES = 16
_MILLISECOND_NS = 1_000_000
TakeStan = Callable[[IssuerLink, str], str | None]


class _Offer(NamedTuple):
    """A key that a host is offered; the timers are those of the configuration it was made under."""

    link: IssuerLink
    key: Pik | Mak
    timers: Timers


class KeyResets:
    """Offers new keys to the hosts behind direct links."""

    def __init__(self, outbox: Outbox, take_stan: TakeStan) -> None:
        """Take numbers for messages from `take_stan`."""
        self._outbox = outbox
        self._take_stan = take_stan

    def begin(self, link: IssuerLink, kind: str, timers: Timers) -> None:
        """Have a key drawn and offer it."""
        self._outbox.draw_keys(_BYTES, partial(self._drawn, link, kind, timers))

    def _drawn(
        self, link: IssuerLink, kind: str, timers: Timers, key: bytes, _other: bytes
    ) -> None:
        made: Pik | Mak = Pik(key) if kind == PIK_KIND else Mak(key)
        self._offer(_Offer(link, made, timers), TRIES)

    def _offer(self, offer: _Offer, tries: int) -> None:
        link, key, timers = offer
        transmission = self._outbox.local.transmission
        stan = self._take_stan(link, transmission) if tries and link.is_connected else None
        if stan is None:
            self._outbox.report("key_reset_unanswered", link=link.link.name, kind=_kind(key))
            return
        fields = {
            7: transmission,
            11: stan,
            48: "NK" + link.link.zmk.wrap(key).hex().upper(),
            53: (PIK_KIND if isinstance(key, Pik) else MAK_KIND) + DOUBLE_LENGTH,
            70: KEY_CHANGE,
            100: link.link.peer_id,
        }
        waiting = Waiting(
            "0810",
            fields,
            (70,),
            partial(self._answered, offer),
            partial(self._offer, offer, tries - 1),
            self._outbox.at.elapsed_ns + timers.sign_on_ms * _MILLISECOND_NS,
        )
        link.pending.add(transmission, stan, waiting)
        frame = link.wire.build(link.heads, "0800", fields, link.mac)
        self._outbox.to_link(link.link.name, frame)

    def _answered(self, offer: _Offer, _mti: str, texts: Mapping[int, str], _frame: bytes) -> None:
        link, key, timers = offer
        name, code = link.link.name, texts.get(39, "")
        if code != "00":
            self._outbox.report("key_reset_refused", link=name, kind=_kind(key), code=code)
            return
        if isinstance(key, Pik):
            link.change_pik(key)
        else:
            until = self._outbox.at.elapsed_ns + timers.old_key_ms * _MILLISECOND_NS
            link.change_mak(key, until)
        self._outbox.report("key_changed", link=name, kind=_kind(key))


def _kind(key: Pik | Mak) -> str:
    return "PIK" if isinstance(key, Pik) else "MAK"
