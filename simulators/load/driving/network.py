"""The interbank side under load (simulators/load): few lines, many requests out on each.

A line signs on, answers echoes and key changes, matches answers by DE 7 and DE 11, and reverses
what was not answered until that is acknowledged.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Final

import msgspec

from messages.crypto.keys import Mak, Pik, Zmk
from messages.crypto.mac import MacAlgorithm
from messages.crypto.pin import encode_pin_block
from messages.errors import DecodeError
from messages.values import response_mti
from simulators.cards import reversal_chip
from simulators.installation import MERCHANT as MERCHANT_ID
from simulators.installation import ZMK, ZONE_MAK, ZONE_PIK, terminal_id
from simulators.load.driving.lines import Hub, Line
from simulators.load.measuring.recorder import End, Recorder, Ticket
from simulators.load.scenario.fleet import Drawn
from simulators.load.scenario.model import Scenario
from simulators.wire import Heard, Wire
from switch.core.moment import Local, local

_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
_TICK_S: Final = 0.02
_DIAL_S: Final = 10.0
_SIGN_ON, _ECHO, _KEY_CHANGE = "001", "301", "101"
_APPROVED: Final = frozenset({"00", "11", "A2", "A4", "A5", "A6"})
_DONE: Final = frozenset({"00", "25"})
"""Ends of a reversal: done, or there was nothing to reverse."""
_TRIES: Final = 3
_LAST_STAN: Final = 999_999
_REVERSAL: Final = (2, 3, 4, 12, 13, 18, 22, 23, 25, 32, 33, 37, 41, 42, 43, 49)
_MANAGED: Final = (7, 11, 33, 53, 70, 100)
_PLACE: Final = f"{'CQ TEST VILLAGE CLINIC':<40}"
_TAIL: Final = "0600030000041000000000000"
"""DE 60 after the reason: a chip terminal, the dedicated type of a rural withdrawal."""
_CODES: Final = {
    "withdrawal": "010000", "sale": "000000", "payment": "190000", "balance": "300000",
}  # fmt: skip
_MONEY: Final = frozenset(_CODES) - {"balance"}


class _Out(msgspec.Struct, gc=False):
    """A request that is out; `ticket` is None for what nobody intended."""

    ticket: Ticket | None
    fields: dict[int, str]
    kind: str
    due_ns: int
    tries: int = 0
    returns: bool = False  # reverses what was approved


class Institution:
    """One line to the host, and what is out on it."""

    def __init__(self, lines: Lines, name: str) -> None:
        """Begin without a connection, with the test keys of the worked examples."""
        self.name = name
        self.out: dict[tuple[str, str], _Out] = {}
        self.line: Line | None = None
        self.is_signed_on = False
        self.owed: deque[tuple[dict[int, str], bool]] = deque()
        self.approved: deque[dict[int, str]] = deque(maxlen=10_000)
        self.mac: MacAlgorithm = lines.wire.mac(Mak.from_hex(ZONE_MAK))
        self._old_mac = self.mac
        """What answers may still carry that were on their way when the key changed."""
        self.pik = Pik.from_hex(ZONE_PIK)
        self._lines = lines

    def took(self, frame: bytes, now_ns: int) -> None:
        """Match an answer, or obey the host."""
        lines = self._lines
        try:
            heard = lines.wire.hear(frame)
        except DecodeError:
            return
        if heard.mti in {"0800", "0820"}:
            self._obey(heard)
            return
        found = self.out.get((heard.get(7), heard.get(11)))
        if found is None or heard.mti != response_mti(_mti_of(found.kind)):
            lines.recorder.side("unmatched", "answer")
            return
        del self.out[heard.get(7), heard.get(11)]
        self._answered(found, heard, now_ns)

    def _answered(self, found: _Out, heard: Heard, now_ns: int) -> None:
        lines, code = self._lines, heard.get(39)
        ticket = found.ticket
        if found.kind == _SIGN_ON or (found.kind == _ECHO and ticket is None):
            self.is_signed_on = code == "00" or self.is_signed_on
            lines.fill(now_ns)
            return
        if ticket is None:
            lines.recorder.side("reversal", "approved" if code in _DONE else "declined")
            lines.settling -= 1
            self._counted_back(found, code)
            return
        good = _DONE if found.kind == "reversal" else _APPROVED
        outcome = "approved" if code in good else "declined"
        if lines.checks_mac and found.kind != _ECHO and not self._is_authentic(heard):
            outcome = "mac_wrong"
            if found.kind in _MONEY:
                self.reverse(found.fields)
        elif outcome == "approved":
            if found.kind in _MONEY and lines.reverses:
                self.approved.append(found.fields)
            self._counted_back(found, code)
        end = End(outcome, code, heard.get(37), heard.get(41))
        lines.recorder.ended(ticket, now_ns, end)
        lines.fill(perf_counter_ns())

    def _counted_back(self, found: _Out, code: str) -> None:
        if found.returns and code == "00":
            self._lines.recorder.returned(found.fields[41], int(found.fields[4]))

    def _is_authentic(self, heard: Heard) -> bool:
        wire = self._lines.wire
        return wire.is_authentic(heard, self.mac) or wire.is_authentic(heard, self._old_mac)

    def _obey(self, heard: Heard) -> None:
        """Answer an echo; take a key (DE 53 digit 1: 1 PIK, 2 MAK) under the ZMK."""
        lines, code = self._lines, "00"
        fields: dict[int, str] = {n: heard.fields[n] for n in _MANAGED if n in heard.fields}
        if heard.get(70) == _KEY_CHANGE and heard.get(48).startswith("NK"):
            zmk, wrapped = Zmk.from_hex(ZMK), bytes.fromhex(heard.get(48)[2:])
            if heard.get(53)[:1] == "1":
                self.pik = zmk.unwrap(Pik, wrapped)
            else:
                self._old_mac, self.mac = self.mac, lines.wire.mac(zmk.unwrap(Mak, wrapped))
        elif heard.get(70) != _ECHO:
            code = "12"
        fields[39] = code
        heads = lines.wire.framing.answer_heads(heard.frame)
        frame = lines.wire.say(heads, response_mti(heard.mti), dict(sorted(fields.items())))
        if self.line is not None:
            self.line.send(frame)

    def lost(self, line: Line, now_ns: int) -> None:
        """Give up what is out: whoever asked hears no answer, and it is reversed."""
        if self.line is not line:
            return
        self.line, self.is_signed_on = None, False
        for key in list(self.out):
            self._give_up(key, "line_lost", now_ns)
        self._lines.dial_again(self)

    def expire(self, now_ns: int) -> None:
        """Give up what is overdue; the oldest are first."""
        while self.out:
            key, first = next(iter(self.out.items()))
            if first.due_ns > now_ns:
                return
            self._give_up(key, "no_answer", now_ns)

    def abandon(self, now_ns: int) -> None:
        """Give up what is still out when the run is over."""
        for key in [key for key, out in self.out.items() if out.ticket is not None]:
            self._give_up(key, "no_answer", now_ns)

    def _give_up(self, key: tuple[str, str], outcome: str, now_ns: int) -> None:
        lines, found = self._lines, self.out.pop(key)
        if found.ticket is not None:
            terminal = found.fields.get(41, "")
            lines.recorder.ended(found.ticket, now_ns, End(outcome, terminal=terminal))
            if found.kind in _MONEY:
                self.reverse(found.fields)
            elif found.kind == "reversal":
                self._again(found)
            lines.fill(now_ns)
        elif found.kind == "reversal":
            lines.settling -= 1
            self._again(found)

    def _again(self, found: _Out) -> None:
        if found.tries < _TRIES:
            self._lines.settling += 1
            self._send_reversal(found.fields, found.tries + 1, returns=found.returns)
        else:
            self._lines.unresolved += 1

    def reverse(self, original: dict[int, str]) -> None:
        """Reverse a debit of unknown outcome."""
        self._lines.settling += 1
        self._send_reversal(_reversal(original), 1)

    def _send_reversal(self, fields: dict[int, str], tries: int, *, returns: bool = False) -> None:
        if self.line is None:
            self.owed.append((fields, returns))
            return
        now_ns = perf_counter_ns()
        fields = {**fields, **self._lines.stamp(now_ns)}
        due_ns = self._lines.due(now_ns)
        self.send("0420", fields, _Out(None, fields, "reversal", due_ns, tries, returns))

    def pay(self) -> None:
        """Send the reversals that waited for a line."""
        for _ in range(len(self.owed)):
            fields, returns = self.owed.popleft()
            self._send_reversal(fields, 1, returns=returns)

    def send(self, mti: str, fields: dict[int, str], out: _Out) -> None:
        """Send a request and wait for its answer."""
        lines = self._lines
        self.out[fields[7], fields[11]] = out
        mac = None if mti == "0820" else self.mac
        frame = lines.wire.say(lines.heads, mti, dict(sorted(fields.items())), mac)
        if self.line is not None:
            self.line.send(frame)

    def manage(self, code: str) -> None:
        """Sign on, or ask whether the host is there."""
        now_ns = perf_counter_ns()
        fields = {**self._lines.stamp(now_ns), 33: self._lines.own_id, 70: code}
        self.send("0820", fields, _Out(None, fields, code, self._lines.due(now_ns)))


class Lines:
    """All lines of one worker."""

    def __init__(self, hub: Hub, wire: Wire, scenario: Scenario, recorder: Recorder) -> None:
        """Begin with `open`."""
        network = scenario.network
        self.hub, self.wire, self.recorder = hub, wire, recorder
        self.scenario = scenario
        self.checks_mac = scenario.checks_mac
        self.own_id = network.own_id
        self.reverses = any(item.kind == "reversal" for item in scenario.mix)
        self.heads = wire.framing.build_heads(
            {
                head.name: {
                    part.name: (
                        network.peer_id if part.role == "destination" else network.own_id
                    ).ljust(part.size)
                    for part in head.parts
                    if part.role in {"destination", "source"}
                }
                for head in wire.dialect.frame.heads
            }
        )
        self.is_ending = False
        self.next_ticket: Callable[[int], Ticket] | None = None
        self.waiting: deque[Ticket] = deque()
        self.institutions: list[Institution] = []
        self.settling = self.unresolved = 0
        self._cards: Sequence[Drawn] = ()
        self._target = ("", 0)
        self._stan = self._step = 0
        self._by_stan = 1
        self._turn = 0
        self._ticks = False
        self._local: tuple[int, Local] = (-1, local(0))
        self._tasks: set[asyncio.Task[bool]] = set()
        self._echo_ns = 0

    async def open(
        self, target: tuple[str, int], cards: Sequence[Drawn], share: tuple[int, int]
    ) -> None:
        """Connect and sign on; ConnectionError where the host does not take us."""
        self._target, self._cards = target, cards
        self._stan, self._by_stan = share
        count = self.scenario.network.lines
        for number in range(share[0], count, share[1]):
            self.institutions.append(Institution(self, f"line-{number + 1}"))
        if not self.institutions:
            raise ConnectionError("there are more workers than lines")
        for each in self.institutions:
            if not await self._dial(each):
                raise ConnectionError(f"cannot connect to {target[0]}:{target[1]}")
        self._ticks = True
        self._echo_ns = perf_counter_ns()
        self.hub.loop.call_later(_TICK_S, self._tick)
        last_ns = perf_counter_ns() + int(_DIAL_S * _NS_PER_S)
        while not all(each.is_signed_on for each in self.institutions):
            if perf_counter_ns() > last_ns:
                raise ConnectionError("a line could not sign on")
            await asyncio.sleep(_TICK_S)

    async def _dial(self, each: Institution) -> bool:
        line = Line(self.hub, self.wire.framing, each)
        try:
            async with asyncio.timeout(_DIAL_S):
                await self.hub.loop.create_connection(line.itself, *self._target)
        except OSError:
            return False
        each.line = line
        if self.scenario.network.sign_on:
            each.manage(_SIGN_ON)
        else:
            each.is_signed_on = True
        each.pay()
        return True

    def dial_again(self, each: Institution) -> None:
        """Connect a lost line anew, after a moment."""
        if self._ticks:
            self.hub.loop.call_later(0.2, self._redial, each)

    def _redial(self, each: Institution) -> None:
        if self._ticks and each.line is None:
            task = self.hub.loop.create_task(self._dial(each))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            task.add_done_callback(lambda _: self.dial_again(each) if each.line is None else None)

    # ---------------------------------------------------------------------------- transactions

    @property
    def in_flight(self) -> int:
        """Requests that are out."""
        return sum(len(each.out) for each in self.institutions)

    def due(self, now_ns: int) -> int:
        """Return until when an answer counts."""
        return now_ns + self.scenario.limits.timeout_ms * _NS_PER_MS

    def stamp(self, now_ns: int) -> dict[int, str]:
        """Return DE 7 and DE 11 of a new message."""
        self._step += 1
        stan = (self._stan + self._by_stan * self._step) % _LAST_STAN + 1
        return {7: self._now(now_ns).transmission, 11: f"{stan:06d}"}

    def _now(self, now_ns: int) -> Local:
        utc_ms = self.hub.moment(now_ns).utc_ms
        second = utc_ms // 1_000
        if self._local[0] != second:
            self._local = (second, local(utc_ms))
        return self._local[1]

    def offer(self, ticket: Ticket, now_ns: int) -> None:
        """Let an arrival join the queue, and send what there is room for."""
        recorder, waiting = self.recorder, self.waiting
        recorder.meant(ticket)
        recorder.came(ticket, now_ns)
        waiting.append(ticket)
        self.fill(now_ns)
        if waiting and waiting[-1] is ticket:
            recorder.waits()
            if len(waiting) > self.scenario.limits.waiting:
                self._drop(waiting.pop(), now_ns)

    def _drop(self, ticket: Ticket, now_ns: int) -> None:
        ticket.link = "no line"
        self.recorder.ended(ticket, now_ns, End("dropped"))

    def _line(self) -> Institution | None:
        window = self.scenario.network.window
        for _ in self.institutions:
            self._turn = (self._turn + 1) % len(self.institutions)
            each = self.institutions[self._turn]
            if each.is_signed_on and each.line is not None and len(each.out) < window:
                return each
        return None

    def _begin(self, each: Institution, ticket: Ticket, now_ns: int) -> None:
        now, stamp = self._now(now_ns), self.stamp(now_ns)
        ticket.link, ticket.stan, ticket.sent_ns = each.name, stamp[11], now_ns
        if ticket.kind == "echo":
            ticket.amount_fen = 0
            fields: dict[int, str] = {**stamp, 33: self.own_id, 70: _ECHO}
            each.send("0820", fields, _Out(ticket, fields, _ECHO, self.due(now_ns)))
            return
        fields = self._request(each, ticket, now, stamp)
        if ticket.kind == "reversal":
            ticket.amount_fen = 0
            # What never was is reversed as well: 25 is a clean end.
            was = bool(each.approved)
            fields = {**_reversal(each.approved.popleft() if was else fields), **stamp}
            each.send("0420", fields, _Out(ticket, fields, "reversal", self.due(now_ns), 1, was))
            return
        each.send("0200", fields, _Out(ticket, fields, ticket.kind, self.due(now_ns)))

    def _request(
        self, each: Institution, ticket: Ticket, now: Local, stamp: dict[int, str]
    ) -> dict[int, str]:
        """Return the fields of an 0200; of a reversal those of a debit that was never sent."""
        card = self._cards[ticket.card].card
        is_debit = ticket.kind != "balance"
        fields = {2: card.pan, 3: _CODES.get(ticket.kind, _CODES["withdrawal"])}
        if is_debit:
            fields[4] = f"{ticket.amount_fen:012d}"
        else:
            ticket.amount_fen = 0
        tid = terminal_id(self._step % 1_000)
        fields |= {
            7: stamp[7], 11: stamp[11], 12: now.time, 13: now.date, 14: card.expiry, 18: "8011",
            22: "051", 23: card.sequence, 25: "00", 26: "12", 32: self.own_id, 33: self.own_id,
            35: card.track_2, 37: f"{now.date}{self._step % 100_000_000:08d}", 41: tid,
            42: MERCHANT_ID, 43: _PLACE, 49: "156",
            52: encode_pin_block(card.pin, card.pan, each.pik).hex().upper(),
            53: "2600000000000000",
        }  # fmt: skip
        if is_debit:
            fields[55] = card.chip(tid, ticket.amount_fen, now.day, int(stamp[11]))
        fields[60] = "0000" + _TAIL
        return fields

    def fill(self, now_ns: int) -> None:
        """Send while a window has room: what waits, in its order, or a closed loop's next."""
        waiting, draw = self.waiting, None if self.is_ending else self.next_ticket
        patience_ns = self.scenario.limits.patience_ms * _NS_PER_MS
        while waiting and now_ns - waiting[0].due_ns > patience_ns:
            self._drop(waiting.popleft(), now_ns)
        while (waiting or draw is not None) and (each := self._line()) is not None:
            if draw is None:
                ticket = waiting.popleft()
            else:
                ticket = draw(now_ns)
                self.recorder.meant(ticket)
            self._begin(each, ticket, now_ns)

    def begin_closed(self) -> None:
        """Begin a closed loop: every place of every window does its next when it is free."""
        self.fill(perf_counter_ns())

    def _tick(self) -> None:
        now_ns = perf_counter_ns()
        for each in self.institutions:
            each.expire(now_ns)
        self.fill(now_ns)
        if now_ns - self._echo_ns > self.scenario.network.echo_s * _NS_PER_S:
            self._echo_ns = now_ns
            for each in self.institutions:
                if each.line is not None:
                    each.manage(_ECHO)
        if self._ticks:
            self.hub.loop.call_later(_TICK_S, self._tick)

    # --------------------------------------------------------------------------------- the end

    async def quiet(self, limit_s: float) -> bool:
        """Wait until nothing that was intended is out or waits; tell whether it came to that."""
        last_ns = perf_counter_ns() + int(limit_s * _NS_PER_S)
        while self.waiting or any(
            out.ticket is not None for each in self.institutions for out in each.out.values()
        ):
            if perf_counter_ns() > last_ns:
                return False
            await asyncio.sleep(_TICK_S)
        return True

    async def settle(self, limit_s: float) -> None:
        """Wait for the ends of the reversals."""
        last_ns = perf_counter_ns() + int(limit_s * _NS_PER_S)
        while self.settling > 0 and perf_counter_ns() < last_ns:  # noqa: ASYNC110 - a poll
            await asyncio.sleep(_TICK_S)

    def halt(self) -> None:
        """Hang up in the middle of a run that is given up."""
        self._ticks = False
        self.is_ending = True
        self.waiting.clear()
        for each in self.institutions:
            if each.line is not None:
                each.line.close()

    def close(self) -> None:
        """Hang up for good; what has not ended by now has no end of its own."""
        now_ns = perf_counter_ns()
        while self.waiting:
            self._drop(self.waiting.popleft(), now_ns)
        for each in self.institutions:
            each.abandon(now_ns)
        self.recorder.accounts.owed = max(0, self.settling)
        self.recorder.accounts.unresolved = self.unresolved
        self.halt()


def _reversal(original: dict[int, str]) -> dict[int, str]:
    """Return the fields of the 0420 of a request, without DE 7 and DE 11."""
    fields: dict[int, str] = {n: original[n] for n in _REVERSAL if n in original}
    if chip := reversal_chip(original.get(55, "")):
        fields[55] = chip
    fields[60] = "0000" + _TAIL
    fields[90] = f"0200{original[11]}{original[7]}{original[32]:0>11}{original[33]:0>11}"
    return fields


def _mti_of(kind: str) -> str:
    if kind == "reversal":
        return "0420"
    return "0820" if kind in {_SIGN_ON, _ECHO} else "0200"
