"""Issuer links: sign-on, echo, key change, and the keys in force for what is in flight.

A link takes transactions only while it is signed on. A new key takes effect when we accept it;
the old one still proves answers for a while (DE 70 = 101).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

from messages.crypto.keys import Mak, Pik
from messages.errors import DecodeError
from messages.values import response_mti
from messages.view import View
from routing import health
from routing.health import Breaker
from switch.core.configuration import Configuration
from switch.core.deadlines import NEVER
from switch.core.effects import CloseLink
from switch.core.incarnation.trace_numbers import Numbers, stan_text
from switch.core.issuers.cut_over import CutOvers
from switch.core.issuers.key_resets import DOUBLE_LENGTH, KEY_CHANGE, MAK_KIND, PIK_KIND, KeyResets
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.pending import Waiting
from switch.core.issuers.wire import IssuerWire, answer_mti
from switch.core.outbox import Outbox

SIGN_ON, ECHO = "001", "301"
_NETWORK = "0820"
_MILLISECOND_NS = 1_000_000


class _Asked(NamedTuple):
    """A network message of ours (DE 70), and which of the line's connections it went over."""

    link: IssuerLink
    code: str
    connection: int

    @property
    def is_current(self) -> bool:
        return self.link.is_connected and self.connection == self.link.connections


class Links:
    """All issuer links of the switch."""

    def __init__(self, configuration: Configuration, outbox: Outbox, stans: Numbers) -> None:
        """Make every configured link; they connect later."""
        self.wire = IssuerWire(configuration.issuer_dialect)
        self._outbox = outbox
        self._stans = stans
        self._timers, self._limits = configuration.timers, configuration.limits
        self._links: dict[str, IssuerLink] = {}
        self._resets = KeyResets(outbox, self.take_stan)
        self._cut_overs = CutOvers(configuration, outbox, self.take_stan)
        self._foreseen: dict[int, tuple[View, dict[int, str]]] = {}
        """What was read already, by the identity of its frame."""
        self.on_ready: Callable[[IssuerLink], None] | None = None
        self.reconfigure(configuration)

    def __getitem__(self, name: str) -> IssuerLink:
        return self._links[name]

    def get(self, name: str) -> IssuerLink | None:
        """Return a link by name, None where the configuration has none."""
        return self._links.get(name)

    def is_usable(self, name: str) -> bool:
        """Tell whether a request may be sent over a link now."""
        link = self._links[name]
        return (
            link.is_ready
            and link.breaker.is_passable(self._outbox.at.elapsed_ns)
            and len(link.pending) < self._limits.pending_per_link
        )

    def answered(self, link: IssuerLink) -> None:
        """Note that a request over a link got an answer that can be believed."""
        if link.breaker.answered():
            self._outbox.report("link_trusted_again", link=link.link.name)

    def failed(self, link: IssuerLink, period: int) -> None:
        """Note that a request over a link got no answer, or none that can be believed."""
        if link.breaker.failed(period, self._outbox.at.elapsed_ns):
            rest_ms = self._timers.link_rest_ms
            self._outbox.report("link_rests", link=link.link.name, rest_ms=rest_ms)

    def reconfigure(self, configuration: Configuration) -> None:
        """Add links that are new; those in use keep their connection and keys."""
        self._timers, self._limits = configuration.timers, configuration.limits
        breaking = health.Limits(self._limits.link_failures, self._timers.link_rest_ms)
        for name, link in configuration.links.items():
            if name not in self._links:
                breaker = Breaker(breaking)
                self._links[name] = IssuerLink(link, self.wire, self._outbox.wake_by, breaker)
            self._links[name].is_member = name in configuration.centre
        self._cut_overs.reconfigure(configuration)

    @property
    def is_any_ready(self) -> bool:
        """Whether any link takes messages."""
        return any(link.is_ready for link in self._links.values())

    @property
    def in_flight(self) -> int:
        """Requests that wait for an issuer."""
        return sum(len(link.pending) for link in self._links.values())

    def next_due_ns(self) -> int:
        """Return the earliest deadline of any link, NEVER where there is none."""
        due_ns = self._cut_overs.due_ns
        for link in self._links.values():
            due_ns = min(due_ns, link.pending.next_due_ns(), link.echo_due_ns)
        return due_ns

    def expire(self, now_ns: int) -> None:
        """Give up what is overdue, and test lines that were quiet."""
        for link in self._links.values():
            link.pending.expire(now_ns)
            if link.echo_due_ns <= now_ns and not self._ask(link, ECHO):
                self._plan_echo(link)
            if link.must_sign_on and self._ask(link, SIGN_ON):
                link.must_sign_on = False
        self._cut_overs.expire(self._links.values())

    def connected(self, name: str) -> None:
        """Sign on over a line that has just come up, as soon as there is a number for it."""
        link = self._links[name]
        link.is_connected = link.must_sign_on = True
        link.connections += 1
        self._outbox.wake_by(self._outbox.at.elapsed_ns)

    def disconnected(self, name: str) -> None:
        """Take no more for this line; what was sent waits for its time-out."""
        link = self._links[name]
        link.is_connected = link.is_ready = link.must_sign_on = False
        link.echo_due_ns = NEVER
        self._outbox.report("link_down", link=name, waiting=len(link.pending))

    def take_stan(self, link: IssuerLink, transmission: str) -> str | None:
        """Return DE 11 for a new message of DE 7, None where no number is at hand.

        A number whose key is pending is skipped: the numbers come round again after a million.
        """
        while (number := self._stans.take()) is not None:
            stan = stan_text(number)
            if not link.pending.has(transmission, stan):
                return stan
        return None

    def _ask(self, link: IssuerLink, code: str, security: str = "") -> bool:
        """Send a network message (`security` is DE 53); tell whether there was a number for it."""
        transmission = self._outbox.local.transmission
        stan = self.take_stan(link, transmission)
        if stan is None:
            return False
        link.echo_due_ns = NEVER
        asked = _Asked(link, code, link.connections)
        fields = {7: transmission, 11: stan, 33: link.link.own_id, 70: code}
        if security:
            fields[53] = security
        waiting = Waiting(
            response_mti(_NETWORK),
            fields,
            (33, 70),
            partial(self._managed, asked),
            partial(self._unmanaged, asked),
            self._outbox.at.elapsed_ns + self._timers.sign_on_ms * _MILLISECOND_NS,
        )
        link.pending.add(transmission, stan, waiting)
        frame = self.wire.build_plain(link.heads, _NETWORK, fields)
        self._outbox.to_link(link.link.name, frame)
        return True

    def _managed(self, asked: _Asked, _mti: str, texts: Mapping[int, str], _frame: bytes) -> None:
        link = asked.link
        if texts.get(39) != "00":
            self._unmanaged(asked)
        elif asked.is_current:
            self._plan_echo(link)
            if asked.code == SIGN_ON and link.is_member:
                # The centre gives keys; those of before serve until it does.
                for kind in (PIK_KIND, MAK_KIND):
                    self._ask(link, KEY_CHANGE, kind + DOUBLE_LENGTH)
            if asked.code == SIGN_ON and not link.is_ready:
                link.is_ready = True
                link.breaker.reset()
                self._outbox.report("link_ready", link=link.link.name)
                self._cut_overs.ready(link)
                if self.on_ready is not None:
                    self.on_ready(link)

    def _unmanaged(self, asked: _Asked) -> None:
        if asked.code == KEY_CHANGE:
            self._outbox.report("key_not_given", link=asked.link.link.name)
        elif asked.is_current:
            asked.link.is_ready = False
            what = "sign-on" if asked.code == SIGN_ON else "echo"
            why = f"the {what} was not answered with 00"
            self._outbox.add(CloseLink(asked.link.link.name, why))

    def _plan_echo(self, link: IssuerLink) -> None:
        due = self._outbox.at.elapsed_ns + self._timers.echo_ms * _MILLISECOND_NS
        link.echo_due_ns = due
        self._outbox.wake_by(due)

    def foresee(self, frame: bytes) -> None:
        """Read a frame before its turn."""
        try:
            self._foreseen[id(frame)] = self.wire.read(frame)
        except DecodeError:
            return  # it is told when its turn comes

    def prove(self, name: str, frame: bytes) -> None:
        """Prove the MAC of a frame that was foreseen."""
        found = self._foreseen.get(id(frame))
        if found is not None:
            self._links[name].prove(found[0].mti, found[1])

    def forget_foreseen(self) -> None:
        """Forget what was foreseen: its turn is over."""
        if self._foreseen:
            self._foreseen.clear()
            for link in self._links.values():
                link.proven.clear()

    def received(self, name: str, frame: bytes) -> None:
        """Match an answer, or obey the issuer's own network message."""
        link = self._links[name]
        try:
            view, texts = self._foreseen.get(id(frame)) or self.wire.read(frame)
        except DecodeError as error:
            self._outbox.report("link_frame_unreadable", link=name, why=str(error))
            return
        mti = view.mti
        if answer_mti(mti) is not None:
            self._obey(link, mti, texts, frame)
            return
        waiting = link.pending.match(mti, texts)
        if waiting is None:
            facts = link.pending.explain(mti, texts)
            self._outbox.report("answer_unmatched", link=name, mti=mti, **facts)
            return
        waiting.then(mti, texts, frame)

    def _obey(self, link: IssuerLink, mti: str, texts: Mapping[int, str], frame: bytes) -> None:
        code, name = texts.get(70, ""), link.link.name
        result = "00"
        if mti == "0800" and code == KEY_CHANGE:
            result = self._change_key(link, texts)
        elif mti == _NETWORK and code == KEY_CHANGE and not link.is_member:
            # Here the switch is the clearing centre, and gives the key that is asked for.
            kind = MAK_KIND if texts.get(53, "")[:1] == MAK_KIND else PIK_KIND
            self._resets.begin(link, kind, self._timers)
        elif mti == _NETWORK and self._cut_overs.obeys(code):
            result = self._cut_overs.obey(link, code, texts)
        elif not (mti == _NETWORK and code == ECHO):
            self._outbox.report("link_request_refused", link=name, mti=mti, code=code)
            result = "12"
        answer = {
            number: texts[number] for number in (7, 11, 15, 33, 53, 70, 100) if number in texts
        }
        answer[39] = result
        heads = self.wire.framing.answer_heads(frame)
        self._outbox.to_link(name, self.wire.build_plain(heads, response_mti(mti), answer))

    def _change_key(self, link: IssuerLink, texts: Mapping[int, str]) -> str:
        """Take a new key (DE 53 digit 1: 1 PIK, 2 MAK; DE 48 `NK` + hex under the ZMK)."""
        name, content = link.link.name, texts.get(48, "")
        kind = texts.get(53, "0")[0]
        if not link.is_authentic("0800", texts, self._outbox.at.elapsed_ns):
            self._outbox.report("key_change_refused", link=name, why="the MAC is wrong")
            return "A0"
        if kind not in {"1", "2"} or not content.startswith("NK"):
            self._outbox.report("key_change_refused", link=name, why="no key of a known kind")
            return "30"
        try:
            wrapped = bytes.fromhex(content[2:])
            if kind == "1":
                link.change_pik(link.link.zmk.unwrap(Pik, wrapped))
            else:
                until = self._outbox.at.elapsed_ns + self._timers.old_key_ms * _MILLISECOND_NS
                link.change_mak(link.link.zmk.unwrap(Mak, wrapped), until)
        except ValueError:
            self._outbox.report("key_change_refused", link=name, why="the key has a wrong length")
            return "30"
        self._outbox.report("key_changed", link=name, kind="PIK" if kind == "1" else "MAK")
        return "00"
