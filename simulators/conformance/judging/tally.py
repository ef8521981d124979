"""From judgements to verdicts (simulators/conformance): which requirement each one speaks of.

A requirement fails by one judgement; it passes when it was looked at and never failed; else it is
open, and says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from simulators.conformance.hearing.heard import Heard
from simulators.conformance.judging.contents import SPELLED, spelled
from simulators.conformance.rules.model import Requirement
from simulators.conformance.rules.vocabulary import Judgement

Verdict = Literal["pass", "fail", "open"]
MOST_KEPT: Final = 20
"""Failures of one requirement that are kept with their evidence."""


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """One broken requirement: what was seen, in which record, of which terminal, in which case."""

    requirement: str
    judgement: Judgement
    record: int
    terminal: str
    case: str


class Score(msgspec.Struct):
    """What is known of one requirement."""

    kept: int = 0
    broken: int = 0
    first_record: int = 0
    """A record in which it was kept."""

    @property
    def verdict(self) -> Verdict:
        """Pass, fail, or open where nothing was seen of it."""
        if self.broken:
            return "fail"
        return "pass" if self.kept else "open"


class Tally:
    """Scores by requirement; `failures` are the first of each."""

    def __init__(self, requirements: Iterable[Requirement]) -> None:
        """Begin with everything open."""
        self.requirements = tuple(requirements)
        self.scores = {r.id: Score() for r in self.requirements}
        self.failures: list[Failure] = []
        self._spelled = tuple(r for r in self.requirements if r.check in SPELLED)
        self._seen: dict[str, list[Requirement]] = {}
        for requirement in self.requirements:
            if requirement.check not in SPELLED:
                self._seen.setdefault(requirement.check, []).append(requirement)

    def of_contents(self, heard: Heard) -> list[tuple[str, Judgement]]:
        """Judge a message against every requirement that spells its contents out."""
        return [(r.id, judgement) for r in self._spelled for judgement in spelled(r, heard)]

    def of(self, judgement: Judgement) -> list[tuple[str, Judgement]]:
        """Return the requirements that a judgement speaks of."""
        return [
            (requirement.id, judgement)
            for requirement in self._seen.get(judgement.check, ())
            if _is_about(requirement.where, judgement.about)
        ]

    def count(
        self, found: Iterable[tuple[str, Judgement]], record: int, terminal: str, case: str
    ) -> list[Failure]:
        """Add judgements; return the failures among them, one for each requirement and field."""
        failures: dict[tuple[str, str], Failure] = {}
        for name, judgement in found:
            score = self.scores[name]
            if judgement.ok:
                score.kept += 1
                score.first_record = score.first_record or record
                continue
            score.broken += 1
            failures.setdefault(
                (name, judgement.field),
                Failure(
                    requirement=name,
                    judgement=judgement,
                    record=record,
                    terminal=terminal,
                    case=case,
                ),
            )
        for failure in failures.values():
            if sum(f.requirement == failure.requirement for f in self.failures) < MOST_KEPT:
                self.failures.append(failure)
        return list(failures.values())

    def verdicts(self) -> dict[str, Verdict]:
        """Return the verdict of every requirement."""
        return {name: score.verdict for name, score in self.scores.items()}

    def failed(self) -> set[str]:
        """Return the requirements that failed."""
        return {name for name, score in self.scores.items() if score.broken}


def _is_about(where: Mapping[str, list[str]], about: Mapping[str, str]) -> bool:
    for name, values in where.items():  # noqa: SIM110 - `all` takes twice the time, and this is hot
        if about.get(name, "") not in values:
            return False
    return True
