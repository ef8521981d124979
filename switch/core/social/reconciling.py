"""Daily reconciliation of a terminal's social services: its count and sum against the host's.

The host keeps the books of bills, so it judges: 00 where they agree, 95 where not, with its own
count and sum (S8). Nothing of it is stored; a terminal that hears nothing asks again.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from messages.dialects.dialect import Social
from messages.reasons import Reason
from messages.values import response_mti
from routing.choose import choose
from switch.core.configuration import Configuration, Terminal
from switch.core.issuers.line import IssuerLink
from switch.core.issuers.links import Links
from switch.core.issuers.pending import Waiting
from switch.core.operations import Answer
from switch.core.outbox import Outbox
from switch.core.rules import Decline, Rule
from switch.core.social.messages import totals_fields
from switch.core.social.payload import from_host, of_request
from switch.core.terminals.answers import SIGN_ON_AGAIN, WITHOUT_MAC, mac_for, management
from switch.core.terminals.intake import session_decline
from switch.core.terminals.request import Request, TerminalKeys
from switch.core.terminals.sessions import Sessions
from switch.core.terminals.wire import TerminalWires

_TOTALS = "0500"
_ECHOED = (3, 32, 33)
_MILLISECOND_NS = 1_000_000


class _Asked(NamedTuple):
    """A reconciliation on its way: the request, its terminal, and what is in force for it."""

    request: Request
    terminal: Terminal
    configuration: Configuration
    social: Social


class _Told(NamedTuple):
    """Whom to tell the host's answer, with which keys, and the line that it comes over."""

    asked: _Asked
    keys: TerminalKeys | None
    link: IssuerLink


class Reconciling:
    """Passes counts and sums to the host, and its verdict back."""

    def __init__(
        self, outbox: Outbox, wire: TerminalWires, sessions: Sessions, links: Links
    ) -> None:
        """Work beside network management."""
        self._outbox = outbox
        self._wire = wire
        self._sessions = sessions
        self._links = links

    def begin(
        self, request: Request, terminal: Terminal, configuration: Configuration, social: Social
    ) -> None:
        """Take a reconciliation; every outcome is an 0510."""
        asked = _Asked(request, terminal, configuration, social)
        keys = self._sessions.at_hand(request)
        if keys is None:
            then = partial(self._check, asked, True)  # noqa: FBT003 - as the ledger has it
            self._sessions.load(terminal.id, configuration, then)
        else:
            self._check(asked, False, keys)  # noqa: FBT003 - the copy, which may be old

    def _check(
        self,
        asked: _Asked,
        is_fresh: bool,  # noqa: FBT001 - bound by position before the keys are known
        keys: TerminalKeys | None,
    ) -> None:
        decline = session_decline(asked.request, keys)
        if decline is not None and not is_fresh:
            again = partial(self._check, asked, True)  # noqa: FBT003
            self._sessions.load(asked.terminal.id, asked.configuration, again)
            return
        decline = decline or self._send(asked, keys)
        if decline is not None:
            self._refuse(asked, keys, decline)

    def _send(self, asked: _Asked, keys: TerminalKeys | None) -> Decline | None:
        request, terminal, configuration, social = asked
        values, wrong = of_request(request.value("62"), social)
        if wrong:
            return Decline(Reason.FORMAT_ERROR, Rule.PAYLOAD_READ, {"why": wrong})
        way = configuration.routes.social_way(terminal.acquirer)
        if not way.candidates:
            return Decline(Reason.LINE_FAILURE, Rule.ROUTE_SOCIAL)
        line = choose(way, self._links.is_usable)
        link = self._links[(line or way.candidates[0]).link]
        at = self._outbox.local
        stan = self._links.take_stan(link, at.transmission) if line is not None else None
        if stan is None:
            return Decline(Reason.ROUTE_UNAVAILABLE, Rule.LINK_READY, {"link": link.link.name})
        numbers = (at.transmission, stan, at.time, link.link.own_id)
        fields = totals_fields(request, terminal.acquirer, values, numbers)
        silent = Decline(Reason.ROUTE_UNAVAILABLE, Rule.FORWARDED_IN_TIME)
        waiting = Waiting(
            response_mti(_TOTALS),
            fields,
            _ECHOED,
            partial(self._answered, _Told(asked, keys, link)),
            partial(self._refuse, asked, keys, silent),
            self._outbox.at.elapsed_ns + configuration.timers.social_ms * _MILLISECOND_NS,
        )
        link.pending.add(at.transmission, stan, waiting)
        frame = link.wire.build(link.heads, _TOTALS, fields, link.mac)
        self._outbox.to_link(link.link.name, frame)
        return None

    def _answered(self, told: _Told, mti: str, texts: Mapping[int, str], _frame: bytes) -> None:
        asked, keys, link = told
        code = texts.get(39, "")
        is_good = link.is_authentic(mti, texts, self._outbox.at.elapsed_ns)
        if not is_good or not code or code in WITHOUT_MAC:
            self._outbox.report("answer_mac_wrong", link=link.link.name)
            decline = Decline(Reason.SYSTEM_ERROR, Rule.FORWARDED_IN_TIME)
            self._refuse(asked, keys, decline)
        else:
            self._say(asked, keys, code, from_host(texts.get(48, "")))

    def _refuse(self, asked: _Asked, keys: TerminalKeys | None, decline: Decline) -> None:
        request = asked.request
        code = self._wire.code_for(request, decline.reason)
        self._outbox.report(
            "declined",
            reason=decline.reason.value,
            rule=int(decline.rule),
            code=code,
            terminal=request.terminal,
            stan=request.stan,
            **decline.facts,
        )
        self._say(asked, keys, code, "", sign_on_again=decline.reason in SIGN_ON_AGAIN)

    def _say(
        self,
        asked: _Asked,
        keys: TerminalKeys | None,
        code: str,
        lines: str,
        *,
        sign_on_again: bool = False,
    ) -> None:
        request, at = asked.request, self._outbox.local
        answer = Answer(at.time, at.date, "", "", "", code, "")
        fields = management(request, answer, asked.terminal.acquirer)
        if lines:
            fields[62] = lines
        mac = mac_for(code, keys.mac if keys is not None else None)
        frame = self._wire.of(request).answer(request, fields, mac, sign_on_again=sign_on_again)
        self._outbox.to_terminal(request.connection, frame)
