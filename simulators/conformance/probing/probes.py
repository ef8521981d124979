"""Probes of a host as data (simulators/conformance): what is sent, and what is wrong with it.

They stand in `specs/conformance/host-probes.toml` and are sent in their order.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec

from simulators.conformance.rules.model import Case, Match, Suite
from simulators.conformance.rules.reading import RulesError, host_requirements

_FILE: Final = "host-probes.toml"
Sends = Literal[
    "sign_on", "echo", "balance", "withdrawal", "reversal", "repeat", "late-original", "garbage",
]  # fmt: skip
Defect = Literal[
    "", "wrong-mac", "no-mac", "old-batch", "unknown-terminal", "unknown-merchant", "bad-pin-block",
    "unknown-type", "no-amount", "split", "keep-alive", "twice", "unknown-original",
]  # fmt: skip
"""What is wrong with a request on purpose, or unusual about how it is sent."""


class Probe(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing to ask: `codes` are the answers (DE 39) that are right, any known one if empty.

    `asks` is what the header of the answer should ask for; `refused` wants anything but approval.
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


class _ProbeFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    format: Literal[1]
    kind: Literal["conformance-probes"]
    probes: list[Probe]


@cache
def packaged_probes() -> tuple[Probe, ...]:
    """Return the probes that come with the program; RulesError where their file is wrong."""
    text = (resources.files("specs") / "conformance" / _FILE).read_text(encoding="utf-8")
    try:
        found = msgspec.convert(tomllib.loads(text), _ProbeFile)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise RulesError(f"{_FILE}: {error}") from None
    return tuple(found.probes)


def host_suite(probes: tuple[Probe, ...]) -> Suite:
    """Return the requirements for hosts, and these probes as cases, for a report."""
    cases = tuple(
        Case(
            id=probe.id, en=probe.en, zh=probe.zh, tell=probe.en, tell_zh=probe.zh, do=[],
            match=Match(transactions=[]),
        )
        for probe in probes
    )  # fmt: skip
    return Suite(requirements=host_requirements(), cases=cases)
