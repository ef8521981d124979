"""How the host answers (simulators/conformance): what each kind of request gets, in each case.

Sessions, keys, batches and the books of a terminal change here and nowhere else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from messages.framing import Framing
from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging import conduct
from simulators.conformance.judging.answers import (
    Numbers,
    Reply,
    good_reply,
    new_keys,
    pieces,
    spoil,
    wrapped,
    write,
)
from simulators.conformance.judging.recognition import original_of
from simulators.conformance.judging.secrets import pan_of
from simulators.conformance.judging.settling import settle
from simulators.conformance.judging.station import Asked, Booked, Owed, Station
from simulators.conformance.rules.model import Answer, Case
from simulators.conformance.services import is_service, serve, unpay
from switch.core.moment import Moment, local

if TYPE_CHECKING:
    from simulators.conformance.judging.host import Setup

_MAC: Final = 64
FIRST_BATCH: Final = 301
"""The host's first batch: not the one that a terminal begins with."""
_MS_PER_S: Final = 1_000
_NS_PER_MS: Final = 1_000_000
_MOST_BOOKED: Final = 10_000
_CREDITS: Final = frozenset({"refund", "sale_void", "social_void", "load"})
APPROVE: Final = Answer()


class Replies(msgspec.Struct, kw_only=True):
    """What goes back: the frame, in pieces, and what the tester is told of it."""

    frame: bytes = b""
    pieces: list[tuple[bytes, int]] = []
    closes: bool = False
    words: list[str] = []
    manner: str = ""


class Answering:
    """Answers for all terminals of a run."""

    def __init__(self, setup: Setup) -> None:
        """Make framings ready."""
        self._setup = setup
        self._numbers = Numbers(setup.nonce)
        self._framings = {d.name: Framing(d.frame) for d in setup.dialects}
        self._batch = FIRST_BATCH

    def answer(self, station: Station, heard: Heard, at: Moment, case: Case | None) -> Replies:
        """Return what a request gets; the station's state changes with it."""
        if heard.kind == "reversal":
            return self._reversal(station, heard, at)
        needs_session = heard.found is not None and _MAC in heard.found.presence.request_needs
        if needs_session and not station.is_signed_on:
            return self._refused(station, heard, at)
        answer = case.answer if case is not None else APPROVE
        if case is not None:
            station.progress[case.id].state = "running"
            station.last_case = case.id
        code = answer.code if answer.kind == "decline" else "00"
        asked = Asked(
            heard=heard,
            at_ns=at.elapsed_ns,
            case=case.id if case is not None else "",
            answer=answer,
            code=code,
            is_reversible=heard.found is not None and heard.found.rule.reversal is not None,
        )
        is_copy = conduct.is_copy(station, heard)
        if not is_copy:
            station.out = asked
            if needs_session:
                station.last = asked
            station.is_batch_closed |= answer.closes_batch
            self._debts(station, asked, case)
        reply = good_reply(heard, code, local(at.utc_ms), self._numbers)
        if answer.header:
            reply.processing_request = answer.header
        words = self._state(station, asked, reply)
        return self._sent(station, asked, reply, words)

    # ------------------------------------------------------------------------ what it leaves

    def _debts(self, station: Station, asked: Asked, case: Case | None) -> None:
        cause = asked.cause
        if asked.is_reversible and cause in conduct.REASONS:
            if len(station.owed) >= _MOST_BOOKED:
                del station.owed[0]
            reversal = case.reversal if case is not None else APPROVE
            reasons = conduct.REASONS[cause]
            station.owed.append(Owed(asked=asked, reasons=reasons, answer=reversal))
        has_mac = _MAC in asked.heard.message.fields
        if cause in conduct.SIGN_ON_AFTER and has_mac:
            station.must_sign_on = cause
        elif asked.answer.header == "3" and asked.heard.transaction != "sign_on":
            station.must_sign_on = "header"
        elif asked.heard.transaction == "sign_off":
            station.must_sign_on = "sign-off"
        else:
            return
        station.must_sign_on_case = asked.case

    def _state(self, station: Station, asked: Asked, reply: Reply) -> list[str]:
        heard, words = asked.heard, []
        if heard.transaction == "sign_on":
            words = self._sign_on(station, asked, reply)
        elif heard.transaction in {"settlement", "batch_upload"}:
            settle(station, asked, reply)
        elif is_service(heard):
            serve(station, asked, reply)
        if asked.code == "00" and heard.get("4").isdigit() and asked.cause in conduct.TAKEN:
            self._book(station, asked, reply)
        return words

    def _sign_on(self, station: Station, asked: Asked, reply: Reply) -> list[str]:
        heard, kind = asked.heard, asked.answer.kind
        network_code = heard.get("60.3")
        keys = new_keys(network_code, self._setup.answers.mak_bytes, self._numbers)
        is_taken = asked.code == "00" and kind in conduct.TAKEN
        if not station.batch or (station.is_batch_closed and is_taken):
            station.is_batch_closed = False
            station.batch = f"{self._batch:06d}"
            self._batch += 1
        if asked.code != "00":
            return ["the sign-on is refused"]
        reply.fields[62] = wrapped(keys, network_code, self._setup.master_key, kind)
        text = reply.fields[60]
        reply.fields[60] = f"{text[:2]}{station.batch}{text[8:]}"
        reply.fields = dict(sorted(reply.fields.items()))
        if kind in {"bad-pik", "bad-mak"}:
            station.poisoned = keys
            return ["the check value of one key is wrong: neither key may be used"]
        if kind in {"none", "cut", "garbled"}:
            return []
        station.older, station.keys, station.poisoned = station.keys, keys, None
        station.is_signed_on = True
        return []

    def _book(self, station: Station, asked: Asked, reply: Reply) -> None:
        heard = asked.heard
        original = original_of(station, heard) if heard.transaction.endswith("void") else None
        if original is not None:
            original.is_voided = True
            unpay(station, original.stan)
        if len(station.book) < _MOST_BOOKED:
            station.book.append(
                Booked(
                    kind=heard.transaction,
                    case=asked.case,
                    stan=heard.get("11"),
                    batch=heard.get("60.2"),
                    date=reply.fields.get(13, ""),
                    rrn=reply.fields.get(37, ""),
                    authorisation=reply.fields.get(38, ""),
                    amount_fen=int(heard.get("4")),
                    pan=pan_of(heard, station.keys),
                    opened=station.batch,
                    is_credit=heard.transaction in _CREDITS,
                )
            )

    # ------------------------------------------------------------------------- what is sent

    def _reversal(self, station: Station, heard: Heard, at: Moment) -> Replies:
        owed = station.owing(heard.get("11"))
        if owed is None:
            debts = station.open_debts()
            owed = debts[0] if debts else None
        answer = owed.answer if owed is not None and not owed.is_ended else APPROVE
        code = answer.code or "00"
        answered = heard
        if owed is not None and answer.kind == "original":
            answered = owed.asked.heard
        reply = good_reply(answered, code, local(at.utc_ms), self._numbers)
        asked = Asked(
            heard=heard,
            at_ns=at.elapsed_ns,
            case=owed.asked.case if owed is not None else "",
            answer=answer,
            code=code,
            is_reversible=False,
        )
        station.out = asked
        stan = owed.asked.stan if owed is not None else heard.get("11")
        self._unbook(station, stan)
        unpay(station, stan)
        if owed is not None and answer.kind in {"approve", "decline", *conduct.TAKEN}:
            owed.is_ended = owed.is_answered = True
        return self._sent(station, asked, reply, [])

    def _unbook(self, station: Station, stan: str) -> None:
        for booked in station.book:
            if booked.stan == stan:
                station.book.remove(booked)
                return

    def _refused(self, station: Station, heard: Heard, at: Moment) -> Replies:
        answer = Answer(kind="decline", code="77", header="3")
        asked = Asked(
            heard=heard, at_ns=at.elapsed_ns, case="", answer=answer, code="77", is_reversible=True
        )
        station.out = asked
        reply = good_reply(heard, "77", local(at.utc_ms), self._numbers)
        reply.processing_request = "3"
        return self._sent(station, asked, reply, ["not signed on: answered 77"])

    def _sent(self, station: Station, asked: Asked, reply: Reply, words: list[str]) -> Replies:
        heard, answer = asked.heard, asked.answer
        kind = answer.kind
        if kind in {"none", "cut"}:
            words = [*words, "no answer" if kind == "none" else "no answer: the connection is cut"]
            asked.is_cut = kind == "cut"
            return Replies(closes=kind == "cut", words=words)
        framing = self._framings[heard.dialect.name]
        frame = write(heard, framing, spoil(reply, kind), station.keys, kind)
        wait_ms = int(answer.after_s * _MS_PER_S)
        sent = [(piece, after_ms + wait_ms) for piece, after_ms in pieces(frame, kind)]
        is_one = kind in {"wrong-stan", "wrong-mti", "garbled", "late", "original"}
        # What answers nothing leaves the terminal waiting.
        if not is_one:
            asked.answered_ns = asked.at_ns + sent[-1][1] * _NS_PER_MS
        manner = kind if not answer.after_s else f"{kind}, {answer.after_s:g} s later"
        return Replies(frame=frame, pieces=sent, words=words, manner=manner)
