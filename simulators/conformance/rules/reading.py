"""Reading requirements, cases and questionnaires (simulators/conformance): strict, with places.

What is wrong is named with its file and key before anything is sent or listened for.
"""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import msgspec

from simulators.conformance.rules.model import FEATURES, FEN_A_YUAN, Case, Requirement, Role, Suite
from simulators.conformance.rules.vocabulary import CHECKS, HOST_CHECKS, OWN_HOST_CHECKS

_FOLDER: Final = "conformance"
_ID: Final = re.compile(r"[A-Z]{2,4}-[0-9]{2,4}")
_CASE_ID: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
T = TypeVar("T")


MOST_TIMER_S: Final = 600
"""The longest response timer that a terminal may say it has."""


class RulesError(ValueError):
    """A file of requirements, cases or answers that cannot be used: file, key, reason."""


class _RequirementFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal[1]
    kind: Literal["conformance-requirements"]
    role: Role = "terminal"
    requirements: list[Requirement]


class _CaseFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal[1]
    kind: Literal["conformance-cases"]
    cases: list[Case]
    requirements: list[Requirement] = []
    """What goes with these cases."""
    alone: bool = False
    """Whether these cases are run without those of the program."""


class Questionnaire(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the tester says of the terminal under test; it selects requirements and cases."""

    format: Literal[1] = 1
    kind: Literal["conformance-answers"] = "conformance-answers"
    features: dict[str, bool] = {}
    mak_bytes: Literal[8, 16] = 16
    response_timer_s: float = 60
    """How long the terminal says that it waits for an answer."""

    def having(self) -> frozenset[str]:
        """Return the features that the terminal has."""
        return frozenset(name for name, has in self.features.items() if has)


ALL: Final = Questionnaire(features=dict.fromkeys(FEATURES, True))


@cache
def packaged_suite() -> Suite:
    """Return the requirements and cases for terminals that come with the program."""
    requirements: list[Requirement] = []
    cases: list[Case] = []
    for name, text in _packaged():
        if name.startswith("cases"):
            cases += _read_cases(text, name)
        elif name.startswith("requirements"):
            requirements += _read_requirements(text, name, "terminal")
    return checked(requirements, cases)


@cache
def host_requirements() -> tuple[Requirement, ...]:
    """Return the requirements for hosts that come with the program."""
    found: list[Requirement] = []
    for name, text in _packaged():
        if name.startswith("host-requirements"):
            found += _read_requirements(text, name, "host")
    _unique((r.id for r in found), "requirement")
    return tuple(found)


def with_files(suite: Suite, paths: Sequence[str]) -> Suite:
    """Return a suite with the requirements and cases of one's own files added."""
    requirements, cases, is_alone = [*suite.requirements], list[Case](), False
    for path in paths:
        text = _text(path)
        kind = _table(text, path).get("kind")
        if kind == "conformance-cases":
            found = _convert(_table(text, path), _CaseFile, path)
            cases += found.cases
            requirements += _sound(found.requirements, path, "terminal")
            is_alone |= found.alone
        else:
            requirements += _read_requirements(text, path, "terminal")
    return checked(requirements, cases if is_alone else [*suite.cases, *cases])


def load_answers(path: str) -> Questionnaire:
    """Return the questionnaire in a file; RulesError says what is wrong."""
    found = _convert(_table(_text(path), path), Questionnaire, path)
    if not 0 < found.response_timer_s <= MOST_TIMER_S:
        raise RulesError(f"{path}: response_timer_s: should be above 0, and {MOST_TIMER_S} at most")
    for name in found.features:
        if name not in FEATURES:
            raise RulesError(f"{path}: features.{name}: should be one of {', '.join(FEATURES)}")
    return found


def checked(requirements: Iterable[Requirement], cases: Iterable[Case]) -> Suite:
    """Return a suite whose parts fit together; RulesError otherwise."""
    suite = Suite(requirements=tuple(requirements), cases=tuple(cases))
    _unique((r.id for r in suite.requirements), "requirement")
    _unique((c.id for c in suite.cases), "case")
    names = {case.id for case in suite.cases}
    for case in suite.cases:
        for complaint in _about_case(case, names):
            raise RulesError(f"case {case.id}: {complaint}")
    seen: dict[tuple[str, int], str] = {}
    before = _before(suite.cases)
    for case in suite.cases:
        for transaction in case.match.transactions:
            key = transaction, case.match.amount_fen
            # Alike cases are told apart where one comes after the other, whatever else happens.
            other = seen.get(key, "") if key[1] else ""
            if other and other not in before[case.id] and case.id not in before[other]:
                amount = f"{key[1] / FEN_A_YUAN:g} yuan"
                raise RulesError(f"case {case.id}: {transaction} of {amount} is case {other}")
            seen[key] = case.id
    return suite


def _before(cases: Iterable[Case]) -> dict[str, set[str]]:
    """Return which cases come before each, by `after`; those that follow themselves end there."""
    after = {case.id: set(case.after) for case in cases}
    while True:
        more = {
            name: {far for near in found for far in after.get(near, ())} - found
            for name, found in after.items()
        }
        if not any(more.values()):
            return after
        for name, found in more.items():
            after[name] |= found


def _about_case(case: Case, names: set[str]) -> Iterator[str]:
    if not _CASE_ID.fullmatch(case.id):
        yield "id: should be words of small letters and digits, joined by -"
    for feature in case.needs:
        if feature not in FEATURES:
            yield f"needs: {feature} should be one of {', '.join(FEATURES)}"
    for other in (*case.after, *(a.of for a in case.do if a.of)):
        if other not in names:
            yield f"after: there is no case {other}"
    if case.answer.kind == "late" and not case.answer.after_s:
        yield "answer: a late answer needs after_s"


def _read_requirements(text: str, where: str, role: Role) -> list[Requirement]:
    found = _convert(_table(text, where), _RequirementFile, where)
    if found.role != role:
        raise RulesError(f"{where}: role: should be {role}")
    return _sound(found.requirements, where, role)


def _sound(found: list[Requirement], where: str, role: Role) -> list[Requirement]:
    for requirement in found:
        for complaint in _about(requirement, role):
            raise RulesError(f"{where}: {requirement.id}: {complaint}")
    return found


def own_requirements(found: list[Requirement], where: str) -> list[Requirement]:
    """Return the requirements of a file of probes; RulesError where one is wrong."""
    return _sound(found, where, "host")


def _read_cases(text: str, where: str) -> list[Case]:
    return _convert(_table(text, where), _CaseFile, where).cases


def _about(requirement: Requirement, role: Role) -> Iterator[str]:
    checks = CHECKS if role == "terminal" else {**HOST_CHECKS, **OWN_HOST_CHECKS}
    if not _ID.fullmatch(requirement.id):
        yield "id: should be letters, - and two digits, as in MAC-01"
    if requirement.check not in checks:
        yield f"check: {requirement.check} should be one of {', '.join(sorted(checks))}"
    else:
        strangers = requirement.where.keys() - checks[requirement.check]
        for name in sorted(name for name in strangers if not name[:1].isdigit()):
            yield f"where.{name}: the check {requirement.check} does not tell that"
    for feature in requirement.needs:
        if feature not in FEATURES:
            yield f"needs: {feature} should be one of {', '.join(FEATURES)}"
    if requirement.pattern:
        try:
            re.compile(requirement.pattern)
        except re.error as error:
            yield f"pattern: {error}"


def _packaged() -> Iterator[tuple[str, str]]:
    folder = resources.files("specs") / _FOLDER
    for file in sorted(folder.iterdir(), key=lambda each: each.name.removesuffix(".toml")):
        if file.name.endswith(".toml"):
            yield file.name, file.read_text(encoding="utf-8")


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise RulesError(f"{path}: {reason}") from None


def _table(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RulesError(f"{where}: {error}") from None


def _convert(table: dict[str, Any], kind: type[T], where: str) -> T:
    try:
        return msgspec.convert(table, kind)
    except msgspec.ValidationError as error:
        raise RulesError(f"{where}: {error}") from None


def _unique(names: Iterable[str], what: str) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise RulesError(f"{what} {name}: is there {count} times")
