"""Which case a message belongs to (simulators/conformance), and how far the cases have come.

The amount tells the cases of a transaction apart, so a tester may take them in any order, and
several terminals may be at work at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from simulators.cards import Card
from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging.secrets import pan_of
from simulators.conformance.judging.station import Booked, Progress, Station
from simulators.conformance.judging.tally import Failure
from simulators.conformance.rules.model import Case, Suite
from simulators.conformance.rules.vocabulary import Judgement

_SEQUENCE: Final = 23
_VOIDS: Final = frozenset({"sale_void", "social_void"})
_BAD_KEYS: Final = frozenset({"bad-pik", "bad-mak"})
Found = Case | None
"""The case of a message, None where it belongs to none."""


def begin(suite: Suite, station: Station, finished: set[str]) -> None:
    """Make every case wait for a new terminal, but those done before."""
    station.progress = {
        case.id: Progress(state="done" if case.id in finished else "waiting", broken=[], wants=[])
        for case in suite.cases
    }


def case_of(suite: Suite, station: Station, heard: Heard) -> Found:
    """Return the case that a message belongs to."""
    if heard.kind == "reversal":
        owed = station.owing(heard.get("11"))
        others = station.open_debts()
        owed = owed or (others[0] if others else None)
        return suite.case(owed.asked.case) if owed is not None and owed.asked.case else None
    if heard.is_of_a_chip:
        return None
    amount = heard.get("4")
    fen = int(amount) if amount.isdigit() else 0
    exact = [
        case
        for case in suite.cases
        if heard.transaction in case.match.transactions
        and case.match.amount_fen == fen
        and all(heard.get(path) == text for path, text in case.match.texts.items())
    ]
    # What says more about a message goes before what would take any.
    exact = [case for case in exact if case.match.texts] or exact
    if not exact and fen:
        # What came is not the transaction that the tester was asked for.
        exact = [case for case in suite.cases if case.match.amount_fen == fen]
    elif not exact and heard.get("3"):
        codes = {r.id: r.match.get("3", ()) for r in heard.dialect.transactions}
        exact = [
            case
            for case in suite.cases
            if not case.match.amount_fen
            and not case.match.texts
            and heard.get("3") in codes.get(case.match.transactions[0], ())
        ]
    waiting = [case for case in exact if _is_ready(station, case)]
    if waiting:
        return waiting[0]
    return next((case for case in exact if case.match.amount_fen or case.match.texts), None)


def _is_ready(station: Station, case: Case) -> bool:
    is_for_another = station.must_sign_on or not station.is_signed_on or station.is_batch_closed
    if case.answer.kind in _BAD_KEYS and is_for_another:
        # This sign-on is what another case asks for.
        return False
    return station.progress[case.id].state == "waiting" and all(
        station.progress[name].state == "done" for name in case.after if name in station.progress
    )


def judge(
    station: Station, heard: Heard, case: Found, cards: Mapping[str, Card]
) -> Iterator[Judgement]:
    """Judge what came against what the case asks for: the transaction, its card, its original."""
    if case is not None and heard.kind != "reversal":
        wanted = case.match.transactions
        yield Judgement(
            check="expected",
            ok=heard.transaction in wanted,
            about={"cause": wanted[0], "transaction": heard.transaction},
            field="60.1",
            offset=heard.at("60.1"),
            expected=f"the transaction {wanted[0]}",
            found=f"{heard.transaction or 'none that is known'}, DE 3 {heard.get('3')}, "
            f"DE 60.1 {heard.get('60.1')}",
        )
    card = cards.get(pan_of(heard, station.keys))
    if card is not None and "23" in heard.texts:
        ok = heard.get("23") == card.sequence and _SEQUENCE not in heard.tainted
        yield heard.judge(
            "sequence-pad", "23", ok=ok, expected=f"{card.sequence}, filled with 0 on the left"
        )
    if heard.transaction in _VOIDS and heard.kind != "reversal":
        yield from _void(station, heard)


def original_of(station: Station, heard: Heard) -> Booked | None:
    """Return the booked transaction that a void is about: by STAN, RRN or amount."""
    for path, name in (("61.2", "stan"), ("37", "rrn")):
        for booked in reversed(station.book):
            if heard.get(path) and getattr(booked, name) == heard.get(path):
                return booked
    amount = heard.get("4")
    for booked in reversed(station.book):
        if amount.isdigit() and booked.amount_fen == int(amount) and not booked.is_voided:
            return booked
    return None


def _void(station: Station, heard: Heard) -> Iterator[Judgement]:
    original = original_of(station, heard)
    if original is None and "61" in heard.texts:
        yield _about_void(heard, "61", (False, "an approved transaction of the batch", "none"))
    if original is None:
        return
    wanted = {
        "61.1": original.batch,
        "61.2": original.stan,
        "61.3": original.date,
        "37": original.rrn,
        "4": f"{original.amount_fen:012d}",
    }
    if "38" in heard.texts:
        wanted["38"] = original.authorisation
    for path, text in wanted.items():
        number = int(path.partition(".")[0])
        if number in heard.message.fields and number not in heard.tainted:
            yield _about_void(heard, path, (heard.get(path) == text, text, heard.shown(path)))
    ok = original.kind != "rural_withdrawal"
    seen = (ok, "no void of a withdrawal", "one")
    yield _about_void(heard, "withdrawal", seen)


def _about_void(heard: Heard, path: str, seen: tuple[bool, str, str]) -> Judgement:
    ok, expected, found = seen
    return Judgement(
        check="void-of",
        ok=ok,
        about={"cause": "void", "transaction": heard.transaction, "field": path},
        field=path,
        offset=heard.at(path),
        expected="" if ok else expected,
        found="" if ok else found,
    )


def follow(station: Station, failures: Iterable[Failure]) -> None:
    """Write failures down in the case that they belong to."""
    for failure in failures:
        name = failure.judgement.about.get("case") or failure.case
        progress = station.progress.get(name)
        if progress is not None and failure.requirement not in progress.broken:
            progress.broken.append(failure.requirement)


def conclude(suite: Suite, station: Station) -> list[str]:
    """Return the cases that are done now: answered, and nothing more is to come of them."""
    done = []
    for case in suite.cases:
        progress = station.progress[case.id]
        if progress.state != "running":
            continue
        wants = []
        if any(o.asked.case == case.id and not o.tries for o in station.open_debts()):
            wants.append("reversal")
        if station.must_sign_on and station.must_sign_on_case == case.id:
            wants.append("sign-on")
        uploads = station.uploads
        if uploads is not None and not uploads.is_ended and "upload" in case.then:
            wants.append("upload")
        progress.wants = wants
        if not wants:
            progress.state = "done"
            done.append(case.id)
    return done
