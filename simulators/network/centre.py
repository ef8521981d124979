"""A clearing centre's node without I/O (simulators): it sets DE 15, and forwards to the issuers.

Towards the switch it is a host like any other (sign-on, echo, keys); towards issuers it is who
signs on. MAC and PIN block are made anew for each leg; numbers and times stay the sender's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from messages.crypto.mac import MacAlgorithm
from messages.crypto.pin import PinBlockError, translate
from messages.errors import DecodeError
from messages.values import response_mti
from simulators.accounts import Accounts
from simulators.issuer import Issuer, IssuerIdentity, heads_of
from simulators.wire import Heard, Wire
from switch.core.moment import Moment, local, ms_until

_SIGN_ON: Final = "001"
_NO_WAY, _BAD_MAC, _BAD_PIN = "91", "A0", "99"
_CUT_OVER, _DAY_OVER = "201", "202"
_HOUR_MS: Final = 3_600_000
_CUT_OVER_HOUR: Final = 23
"""From 23:00 on, what comes belongs to the next clearing day."""
_OVER_MS: Final = 60_000
"""After the cut-over nothing of the day before is under way any more."""
_MOST_PENDING: Final = 100_000


class Bank(msgspec.Struct, frozen=True, kw_only=True):
    """An issuer behind the centre: the first digits of its cards, and its link's set-up.

    `identity` is the centre's own on that link: its `id`, the bank as `peer`, the zone keys.
    """

    prefix: str
    identity: IssuerIdentity


class _Asked(msgspec.Struct):
    """A request that is with a bank: as it was heard, and the MAC key that it came under."""

    heard: Heard
    mac: MacAlgorithm


class Centre(Issuer):
    """The node. `for_banks` holds what is to be sent to banks, by their number."""

    def __init__(self, identity: IssuerIdentity, wire: Wire, banks: Sequence[Bank]) -> None:
        """Know the banks; none is connected."""
        super().__init__(identity, wire, Accounts())
        self.banks = banks
        self.for_banks: list[tuple[int, bytes]] = []
        self._ready: set[int] = set()
        self._bank_macs = [wire.mac(bank.identity.mak) for bank in banks]
        self._bank_heads = [heads_of(wire, bank.identity) for bank in banks]
        self._asked: dict[tuple[int, str, str, str], _Asked] = {}
        self._bank_stan = 0
        self._is_planned = False

    def __repr__(self) -> str:
        return f"Centre({self.identity.id}, {len(self.banks)} banks)"

    def clearing_date(self, at: Moment) -> str:
        """Return DE 15 of what comes now."""
        return local(at.utc_ms + (24 - _CUT_OVER_HOUR) * _HOUR_MS).date

    def _manage(self, heard: Heard, at: Moment) -> list[bytes]:
        """Tell a switch that signs on of a day that has begun before its time."""
        frames = super()._manage(heard, at)
        if heard.get(70) == _SIGN_ON:
            self._plan(at)
            if self.clearing_date(at) != local(at.utc_ms).date:
                frames.append(self._notice(_CUT_OVER, at))
        return frames

    def _plan(self, at: Moment) -> None:
        if not self._is_planned:
            self._is_planned = True
            left_ms = ms_until(f"{_CUT_OVER_HOUR}0000", at.utc_ms)
            self._after(left_ms, at, self._cut_over)

    def _cut_over(self, at: Moment) -> list[bytes]:
        """Begin the next day, for the switch and for every bank."""
        self._is_planned = False
        self._plan(at)
        self._after(_OVER_MS, at, lambda then: self._tell(_DAY_OVER, then))
        return self._tell(_CUT_OVER, at)

    def _tell(self, code: str, at: Moment) -> list[bytes]:
        for number in sorted(self._ready):
            fields = self._day_fields(code, at, self.banks[number].identity)
            frame = self._wire.say(self._bank_heads[number], "0820", fields)
            self.for_banks.append((number, frame))
        return [self._notice(code, at)]

    def _notice(self, code: str, at: Moment) -> bytes:
        return self._wire.say(self._heads, "0820", self._day_fields(code, at, self.identity))

    def _day_fields(self, code: str, at: Moment, to: IssuerIdentity) -> dict[int, str]:
        self._bank_stan = self._bank_stan % 999_999 + 1
        return {
            7: local(at.utc_ms).transmission,
            11: f"{self._bank_stan:06d}",
            15: self.clearing_date(at),
            33: to.id,
            70: code,
            100: to.peer,
        }

    # ------------------------------------------------------------------------------- the banks

    def bank_connected(self, number: int, at: Moment) -> None:
        """Sign on to a bank."""
        self._bank_stan = self._bank_stan % 999_999 + 1
        fields = {
            7: local(at.utc_ms).transmission,
            11: f"{self._bank_stan:06d}",
            33: self.banks[number].identity.id,
            70: _SIGN_ON,
        }
        frame = self._wire.say(self._bank_heads[number], "0820", fields)
        self.for_banks.append((number, frame))

    def bank_disconnected(self, number: int) -> None:
        """Send a bank nothing more; what it was asked is never answered."""
        self._ready.discard(number)

    def bank_says(self, number: int, frame: bytes, at: Moment) -> list[bytes]:
        """Take a bank's frame without its length prefix; return what the switch is sent."""
        try:
            heard = self._wire.hear(frame)
        except DecodeError:
            return []
        if heard.mti == "0830" and heard.get(70) == _SIGN_ON:
            self._ready.add(number)
            return []
        asked = self._asked.pop((number, heard.mti, heard.get(7), heard.get(11)), None)
        if asked is None or not self._wire.is_authentic(heard, self._bank_macs[number]):
            return []
        fields = {n: text for n, text in heard.fields.items() if n != self._wire.mac_field}
        fields[15] = self.clearing_date(at)
        return [self._answer(asked.heard, fields, asked.mac)]

    # ------------------------------------------------------------------------------ the switch

    def _consider(self, heard: Heard, at: Moment) -> list[bytes]:
        mac = self._mac_of(heard)
        if mac is None:
            self.refused_macs += 1
            return [self._refused(heard, _BAD_MAC, self._macs.current, at)]
        number = self._bank_of(heard.get(2))
        if number is None or number not in self._ready:
            return [self._refused(heard, _NO_WAY, mac, at)]
        fields = {n: text for n, text in heard.fields.items() if n != self._wire.mac_field}
        fields[15] = self.clearing_date(at)
        if 52 in fields:  # noqa: PLR2004 - DE 52 is the PIN block
            block = self._translated(heard, number)
            if block is None:
                return [self._refused(heard, _BAD_PIN, mac, at)]
            fields[52] = block
        key = (number, response_mti(heard.mti), heard.get(7), heard.get(11))
        self._asked[key] = _Asked(heard, mac)
        if len(self._asked) > _MOST_PENDING:
            del self._asked[next(iter(self._asked))]
        whole = self._wire.say(
            self._bank_heads[number],
            heard.mti,
            dict(sorted(fields.items())),
            self._bank_macs[number],
        )
        self.for_banks.append((number, whole))
        return []

    def _bank_of(self, pan: str) -> int | None:
        """Return the bank with the longest prefix that fits."""
        fitting = [n for n, bank in enumerate(self.banks) if pan.startswith(bank.prefix)]
        return max(fitting, key=lambda n: len(self.banks[n].prefix), default=None)

    def _translated(self, heard: Heard, number: int) -> str | None:
        """Return the PIN block under the bank's key, None for one that is not well formed."""
        pan = None if heard.get(53).startswith("1") else heard.get(2)
        block = bytes.fromhex(heard.get(52))
        for pik in self._piks:
            try:
                made = translate(block, pik, self.banks[number].identity.pik, pan, pan)
            except PinBlockError:
                continue
            return made.hex().upper()
        return None

    def _refused(self, heard: Heard, code: str, mac: MacAlgorithm, at: Moment) -> bytes:
        fields = self._plain(heard, code) | {15: self.clearing_date(at)}
        return self._answer(heard, fields, mac)
