"""Recorded answers against new ones (simulators/replay), gathered by kind of difference.

Ten thousand differences of one kind are one line with one example. A field is only looked into
when its bytes differ, so that equal answers cost little.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeVar

import msgspec
from msgspec.structs import replace

from messages.dialects.dialect import Dialect
from messages.dialects.subfields import SubField, divide_one, leaves
from messages.errors import DecodeError
from messages.masking import HIDDEN, mask_numbers, mask_text
from messages.view import View, viewer_of
from simulators.replay.again.rules import Rules, Tolerance
from simulators.replay.trace.figures import Spread
from simulators.replay.trace.form import Side

ANSWER: Final = "answer"
"""The field of a difference that is about a whole answer."""
_T = TypeVar("_T")
REQUEST: Final = "request"
"""The field of a difference about a request that only one of two has, and what the field of a
difference within a request begins with."""
NONE: Final = "none"
GIVEN: Final = "given"
LATE: Final = "not in time"
LOST: Final = "connection lost"
UNASKED: Final = "unasked"
"""The answer of a difference: one that nobody waits for, or that came once more."""
MAC: Final = "mac"
"""The field of a difference: the MAC of an answer is not that of the key in force."""
"""Why no answer came: a kind of its own each, and both are NONE for a rule."""
MOST_GROUPS: Final = 500
"""Kinds of difference that are told apart."""
_CODE: Final = 39


class Outcome(msgspec.Struct, frozen=True, gc=False):
    """One request sent again: both answers without their length prefixes, None where none came.

    `missing` is why there is no new answer, where that is known: LATE or LOST. `has_wrong_mac` says
    that the new answer carries a MAC, but not the right one.
    """

    kind: str
    request: bytes
    recorded: bytes | None
    answered: bytes | None
    recorded_us: int | None
    answered_us: int | None
    missing: str = ""
    has_wrong_mac: bool = False


class Difference(msgspec.Struct, frozen=True):
    """One place where two answers differ; texts as they may be shown."""

    field: str
    recorded: str
    answered: str
    tolerated: str = ""


class Group(msgspec.Struct):
    """All differences of one kind: how many, and the first of them."""

    kind: str
    field: str
    recorded: str
    answered: str
    tolerated: str
    count: int
    example: Outcome


class Comparer:
    """Compares answers of one side and gathers what differs."""

    def __init__(self, dialect: Dialect, rules: Rules, side: Side) -> None:
        """Prepare the ignore list and the tolerances."""
        self.dialect = dialect
        self._viewer = viewer_of(dialect)
        self._base = dialect.frame.head_size
        self._ignored = rules.ignored(side, dialect.name)
        self._ignored_asked = self._ignored | rules.ignored("requests")
        self._tolerances: dict[str, list[Tolerance]] = {}
        for each in rules.tolerate:
            self._tolerances.setdefault(each.field, []).append(each)
        self.groups: dict[tuple[str, str, str, str, str], Group] = {}
        self.ungrouped = 0
        """Differences of further kinds than are told apart."""
        self.compared = 0
        self.equal = 0
        self.unexplained = 0
        self.unanswered = 0
        """Requests that got no answer in time, where one was recorded and no rule excuses that."""
        self.surplus = 0
        """Answers that nobody waits for, and that no rule excuses."""
        self.recorded = Spread()
        self.answered = Spread()

    def take(self, outcome: Outcome, asked: bytes | None = None) -> None:
        """Count one request that was sent again; `asked` is the other request, if that counts."""
        if outcome.recorded_us is not None:
            self.recorded.add(outcome.recorded_us)
        if outcome.answered_us is not None:
            self.answered.add(outcome.answered_us)
        if outcome.recorded is not None and outcome.answered is None and outcome.missing:
            found = [self.difference(ANSWER, GIVEN, outcome.missing, GIVEN, NONE)]
        else:
            found = list(self.differences(outcome.recorded, outcome.answered))
        if outcome.has_wrong_mac:
            found.append(self.difference(MAC, "right", "wrong"))
        if asked is not None:
            found += [
                replace(each, field=f"{REQUEST} {each.field}")
                for each in self.differences(outcome.request, asked, self._ignored_asked)
            ]
        self._count(outcome, found)

    def lacks(self, outcome: Outcome, recorded: str, answered: str) -> None:
        """Count a request that only one of two has: one text is GIVEN, the other NONE."""
        self._count(outcome, [self.difference(REQUEST, recorded, answered)])

    def unasked(self, answer: bytes) -> None:
        """Count an answer that nobody waits for, or that came once more."""
        each = self.difference(ANSWER, NONE, UNASKED, NONE, GIVEN)
        self.surplus += not each.tolerated
        self._gather(Outcome("no request", b"", None, answer, None, None), each)

    def _count(self, outcome: Outcome, found: list[Difference]) -> None:
        self.compared += 1
        self.equal += not found
        wrong = [each for each in found if not each.tolerated]
        # Silence says nothing of how a host answers: it is told apart from another answer.
        is_late = outcome.missing == LATE and [each.field for each in wrong] == [ANSWER]
        self.unanswered += is_late
        self.unexplained += bool(wrong) and not is_late
        for each in found:
            self._gather(outcome, each)

    def _gather(self, outcome: Outcome, each: Difference) -> None:
        # Two codes are a kind of their own; any other two values are one kind with one example.
        is_code = each.field in {str(_CODE), ANSWER, REQUEST}
        values = (each.recorded, each.answered) if is_code else ("", "")
        key = (outcome.kind, each.field, *values, each.tolerated)
        group = self.groups.get(key)
        if group is not None:
            group.count += 1
        elif len(self.groups) < MOST_GROUPS:
            shown = (each.recorded, each.answered, each.tolerated)
            self.groups[key] = Group(outcome.kind, each.field, *shown, 1, outcome)
        else:
            self.ungrouped += 1

    def differences(
        self,
        recorded: bytes | None,
        answered: bytes | None,
        ignored: frozenset[str] | None = None,
    ) -> Iterator[Difference]:
        """Yield what differs between two answers, what is tolerated with its reason."""
        ignored = self._ignored if ignored is None else ignored
        if recorded is None or answered is None:
            if recorded is not answered:
                values = tuple(NONE if each is None else GIVEN for each in (recorded, answered))
                yield self.difference(ANSWER, values[0], values[1])
            return
        try:
            one = self._viewer.index(recorded, self._base)
            other = self._viewer.index(answered, self._base)
            yield from self._between(one, other, ignored)
        except DecodeError as error:
            yield self.difference(ANSWER, "readable", f"field {error.field}: {error.reason}")

    def _between(self, one: View, other: View, ignored: frozenset[str]) -> Iterator[Difference]:
        if one.mti != other.mti:
            yield self.difference("mti", one.mti, other.mti)
        for number in sorted({*one.numbers, *other.numbers}):
            path = str(number)
            if not (one.has(number) and other.has(number)):
                # What is never compared should be there all the same, or be missing as before.
                shown = (self._shown(each, number) for each in (one, other))
                yield self.difference(path, *shown)
            elif path in ignored:
                continue
            elif one.raw(number) != other.raw(number):
                yield from (
                    each for each in self._within(number, one, other) if each.field not in ignored
                )

    def _within(self, number: int, one: View, other: View) -> Iterator[Difference]:
        """Yield what differs within one field: its parts where both divide."""
        mine, theirs = self._parts(one, number), self._parts(other, number)
        if not mine or not theirs:
            if one.text(number) != other.text(number):
                shown = (self._shown(each, number) for each in (one, other))
                yield self.difference(str(number), *shown, one.text(number), other.text(number))
            return
        for path in dict.fromkeys((*mine, *theirs)):
            left, right = mine.get(path), theirs.get(path)
            texts = [each.text if each is not None else NONE for each in (left, right)]
            if texts[0] != texts[1]:
                shown = (each.shown if each is not None else NONE for each in (left, right))
                yield self.difference(path, *shown, *texts)

    def _parts(self, view: View, number: int) -> dict[str, SubField]:
        if number not in self.dialect.layouts:
            return {}
        texts, raws = _Lazily(view, view.text), _Lazily(view, view.raw)
        try:
            parts = divide_one(self.dialect, number, texts, raws, view.mti)
        except DecodeError:
            return {}
        return {part.path: part for part in leaves(parts)}

    def _shown(self, view: View, number: int) -> str:
        if not view.has(number):
            return NONE
        field = self.dialect.field(number)
        return mask_numbers(mask_text(view.text(number), field.mask))

    def difference(self, path: str, recorded: str, answered: str, *texts: str) -> Difference:
        """Return a difference, with the reason of the first rule that tolerates it."""
        true = texts or (recorded, answered)
        for rule in self._tolerances.get(path, ()):
            if _tolerates(rule, *true):
                return Difference(path, recorded, answered, rule.why)
        return Difference(path, recorded, answered)


class _Lazily(Mapping[int, _T]):
    """Something of each field of a message, read when it is asked for."""

    __slots__ = ("_read", "_view")

    def __init__(self, view: View, read: Callable[[int], _T]) -> None:
        self._view = view
        self._read = read

    def __getitem__(self, number: int) -> _T:
        if not self._view.has(number):
            raise KeyError(number)
        return self._read(number)

    def __iter__(self) -> Iterator[int]:
        return iter(self._view.numbers)

    def __len__(self) -> int:
        return len(self._view.numbers)


def _tolerates(rule: Tolerance, recorded: str, answered: str) -> bool:
    if rule.recorded not in {"", recorded} or rule.answered not in {"", answered}:
        return False
    if rule.within is None:
        return True
    if not (recorded.isdecimal() and answered.isdecimal()):
        return False
    return abs(int(recorded) - int(answered)) <= rule.within


def field_lines(dialect: Dialect, frame: bytes | None) -> dict[str, str]:
    """Return a message for a person to read beside another: MTI and fields, masked."""
    if not frame:
        return {}
    try:
        view = viewer_of(dialect).index(frame, dialect.frame.head_size)
        told = {"mti": view.mti}
        for number in view.numbers:
            text = view.text(number)
            field = dialect.field(number)
            told[str(number)] = mask_numbers(mask_text(text, field.mask))
    except DecodeError as error:
        return {"error": f"field {error.field}: {error.reason}", "bytes": HIDDEN * len(frame)}
    return told
