"""Probes of a host as data (simulators/conformance): what is sent, and what is wrong with it.

They stand in `specs/conformance/host-probes.toml`, or in a file of one's own, and are sent in
their order.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final, Literal

import msgspec

from simulators.conformance.rules.model import FEN_A_YUAN, Case, Match, Requirement, Suite
from simulators.conformance.rules.reading import RulesError, host_requirements, own_requirements

_FILE: Final = "host-probes.toml"
_PIN_DIGITS: Final = range(4, 13)
Sends = Literal[
    "sign_on", "echo", "balance", "withdrawal", "reversal", "repeat", "late-original", "garbage",
    "sign_off", "sale", "payment", "void",
]  # fmt: skip
Defect = Literal[
    "", "wrong-mac", "no-mac", "old-batch", "unknown-terminal", "unknown-merchant", "bad-pin-block",
    "unknown-type", "no-amount", "split", "keep-alive", "twice", "unknown-original",
]  # fmt: skip
"""What is wrong with a request on purpose, or unusual about how it is sent."""


class Probe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to ask: `codes` are the answers (DE 39) that are right, any known one if empty.

    `asks` is what the header of the answer should ask for; `refused` wants anything but approval.
    Of whoever writes probes: `fen` is an amount that is not of whole yuan, `card` a test card by
    number, `pin` what is typed instead of its own, `of` the probe that a void or reversal is about.
    `expects` are patterns by path for what the answer holds, `lacks` fields that it does not have.
    """

    id: str
    en: str
    zh: str
    send: Sends
    yuan: int = 0
    defect: Defect = ""
    codes: list[str] = []
    asks: str = ""
    refused: bool = False
    fen: int = 0
    card: int = 0
    pin: str = ""
    of: str = ""
    expects: dict[str, str] = {}
    lacks: list[int] = []

    @property
    def amount_fen(self) -> int:
        """The amount in fen, 0 for none."""
        return self.fen or self.yuan * FEN_A_YUAN


class _ProbeFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal[1]
    kind: Literal["conformance-probes"]
    probes: list[Probe]
    requirements: list[Requirement] = []
    """What goes with these probes."""
    alone: bool = False
    """Whether these probes are sent without those of the program."""


class Probes(msgspec.Struct, frozen=True, kw_only=True):
    """What a host is asked, and the requirements besides those of the program."""

    probes: tuple[Probe, ...]
    requirements: tuple[Requirement, ...] = ()


@cache
def packaged_probes() -> tuple[Probe, ...]:
    """Return the probes that come with the program; RulesError where their file is wrong."""
    text = (resources.files("specs") / "conformance" / _FILE).read_text(encoding="utf-8")
    return tuple(_read(text, _FILE).probes)


def with_probe_files(paths: Sequence[str]) -> Probes:
    """Return the probes of the program with those of one's own files; RulesError for a wrong one.

    One file that wants its probes alone is enough.
    """
    probes, requirements, is_alone = list[Probe](), list[Requirement](), False
    for path in paths:
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
            raise RulesError(f"{path}: {reason}") from None
        found = _read(text, path)
        probes += found.probes
        requirements += own_requirements(found.requirements, path)
        is_alone |= found.alone
    asked = tuple(probes) if is_alone else (*packaged_probes(), *probes)
    _check(asked, requirements)
    return Probes(probes=asked, requirements=tuple(requirements))


def _read(text: str, where: str) -> _ProbeFile:
    try:
        return msgspec.convert(tomllib.loads(text), _ProbeFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RulesError(f"{where}: {error}") from None


def _check(probes: Sequence[Probe], requirements: Sequence[Requirement]) -> None:
    names: set[str] = set()
    for probe in probes:
        if probe.id in names:
            raise RulesError(f"probe {probe.id}: is there twice")
        if probe.of and probe.of not in names:
            raise RulesError(f"probe {probe.id}: of: there is no probe {probe.of} before it")
        if probe.send == "void" and not probe.of:
            raise RulesError(f"probe {probe.id}: of: a void is about an earlier probe")
        if probe.pin and not (probe.pin.isdecimal() and len(probe.pin) in _PIN_DIGITS):
            raise RulesError(f"probe {probe.id}: pin: should be 4 to 12 digits")
        for path, pattern in probe.expects.items():
            try:
                re.compile(pattern)
            except re.error as error:
                raise RulesError(f"probe {probe.id}: expects.{path}: {error}") from None
        names.add(probe.id)
    known = {each.id for each in host_requirements()}
    for each in requirements:
        if each.id in known:
            raise RulesError(f"requirement {each.id}: is there twice")
        known.add(each.id)


def host_suite(probes: tuple[Probe, ...], requirements: tuple[Requirement, ...] = ()) -> Suite:
    """Return the requirements for hosts, and these probes as cases, for a report."""
    cases = tuple(
        Case(
            id=probe.id, en=probe.en, zh=probe.zh, tell=probe.en, tell_zh=probe.zh, do=[],
            match=Match(transactions=[]),
        )
        for probe in probes
    )  # fmt: skip
    return Suite(requirements=(*host_requirements(), *requirements), cases=cases)
