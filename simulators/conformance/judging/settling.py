"""Settlement of a terminal's batch (simulators/conformance): totals, details, the end.

The host's book of the open batch is what it approved and was not told to take back.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging.answers import Reply
from simulators.conformance.judging.station import Asked, Station, Uploads
from simulators.conformance.rules.vocabulary import Judgement

_MOST_DETAILS: Final = 8
_RESULTS: Final = (30, 61)
"""Where the two results are in DE 48."""
_BALANCED, _UNBALANCED = "1", "2"
_UPLOADS: Final = {
    "unbalanced": (_UNBALANCED, _UNBALANCED),
    "unbalanced-foreign": (_BALANCED, _UNBALANCED),
}
"""Kind of answer -> the results for domestic and foreign cards; any other balances."""
_DETAILS, _ENDS = "201", frozenset({"202", "207"})
_WHOLE: Final = 62


def judge_settling(station: Station, heard: Heard) -> Iterator[Judgement]:
    """Judge a settlement or an upload against the book."""
    if heard.transaction == "settlement":
        yield from _totals(station, heard)
    elif heard.transaction == "batch_upload":
        if heard.get("60.3") == _DETAILS:
            yield from _details(station, heard)
        elif heard.get("60.3") in _ENDS:
            yield from _end(station, heard)
    elif station.uploads is not None and not station.uploads.is_ended:
        # Something else came before the end of the upload.
        yield _said(heard, "details", "60.3", (False, "the batch upload", f"MTI {heard.mti}"))
        station.uploads = None


def _totals(station: Station, heard: Heard) -> Iterator[Judgement]:
    wanted: dict[str, str] = {}
    for name, paths in ((False, ("48.1", "48.2")), (True, ("48.3", "48.4"))):
        amounts = [b.amount_fen for b in station.open_book() if b.is_credit is name]
        wanted |= {paths[0]: f"{sum(amounts):012d}", paths[1]: f"{len(amounts):03d}"}
    for path, text in wanted.items():
        if path in heard.texts:
            ok = heard.get(path) == text
            yield Judgement(
                check="totals",
                ok=ok,
                about={"cause": "totals", "transaction": heard.transaction, "field": path},
                field=path,
                offset=heard.at(path),
                expected="" if ok else text,
                found="" if ok else heard.get(path),
            )


def _details(station: Station, heard: Heard) -> Iterator[Judgement]:
    stated = heard.get("48.1")
    numbers = [n for n in range(1, 100) if f"48[{n}].3" in heard.texts]
    ok = stated.isdigit() and int(stated) == len(numbers) <= _MOST_DETAILS
    seen = (ok, f"as many details as it says, at most {_MOST_DETAILS}", f"{stated}, {len(numbers)}")
    yield _said(heard, "count", "48.1", seen)
    known = {(b.stan, f"{b.amount_fen:012d}") for b in station.open_book()}
    for number in numbers:
        detail = heard.get(f"48[{number}].3"), heard.get(f"48[{number}].5")
        seen = (detail in known, "an approved transaction of the batch", "another")
        yield _said(heard, "details", f"48[{number}].3", seen)
    if station.uploads is not None:
        station.uploads.details += len(numbers)


def _end(station: Station, heard: Heard) -> Iterator[Judgement]:
    uploads = station.uploads
    sent = uploads.details if uploads is not None else 0
    if uploads is not None:
        seen = (sent == uploads.wanted, f"{uploads.wanted} details", f"{sent}")
        yield _said(heard, "details", "48", seen)
    stated = heard.get("48.1")
    ok = stated.isdigit() and int(stated) == sent
    yield _said(heard, "end", "48.1", (ok, f"{sent} details in all", stated))


def _said(heard: Heard, cause: str, path: str, seen: tuple[bool, str, str]) -> Judgement:
    ok, expected, found = seen
    return Judgement(
        check="uploads",
        ok=ok,
        about={"cause": cause, "transaction": heard.transaction, "field": path},
        field=path,
        offset=heard.at(path),
        expected="" if ok else expected,
        found="" if ok else found,
    )


def settle(station: Station, asked: Asked, reply: Reply) -> None:
    """Answer a settlement with its result; close the batch at its end."""
    heard = asked.heard
    if heard.transaction == "settlement":
        told = _UPLOADS.get(asked.answer.kind, (_BALANCED, _BALANCED))
        content = heard.get("48").ljust(_WHOLE, "0")
        for at, result in zip(_RESULTS, told, strict=True):
            content = content[:at] + result + content[at + 1 :]
        reply.fields[48] = content
        wanted = len(station.open_book())
        station.uploads = Uploads(wanted=wanted) if _UNBALANCED in told else None
    elif heard.get("60.3") in _ENDS:
        if station.uploads is not None:
            station.uploads.is_ended = True
        station.book.clear()
        station.batch = ""
        station.must_sign_on, station.must_sign_on_case = "settled", station.last_case
