"""The locks: fresh, hashed, without an address, and of one mind."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.house.source import ROOT
from tests.packaging.locks import DEVELOPMENT, INSTALLER, RUNTIME, pins

_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
_GROUPS = _PROJECT["dependency-groups"]


@pytest.mark.parametrize("lock", [RUNTIME, DEVELOPMENT, INSTALLER], ids=lambda lock: lock.name)
def test_every_release_has_its_hashes_and_no_address(lock: Path) -> None:
    assert all(pin.hashes for pin in pins(lock).values())
    assert "//" not in lock.read_text("utf-8")


def test_the_development_lock_holds_the_runtime_lock_release_for_release() -> None:
    runtime, development = pins(RUNTIME), pins(DEVELOPMENT)
    assert {name: (pin.release, pin.hashes) for name, pin in runtime.items()} == {
        name: (pin.release, pin.hashes) for name, pin in development.items() if name in runtime
    }


@pytest.mark.parametrize(
    ("wanted", "lock"),
    [
        (_PROJECT["project"]["dependencies"], RUNTIME),
        (_PROJECT["build-system"]["requires"], RUNTIME),
        (_GROUPS["build"], RUNTIME),
        (_GROUPS["dev"], DEVELOPMENT),
        (_GROUPS["installer"], INSTALLER),
        (_GROUPS["installer"], DEVELOPMENT),
    ],
)
def test_the_lock_gives_what_the_project_asks_for(wanted: list[str], lock: Path) -> None:
    locked = pins(lock)
    for requirement in map(Requirement, wanted):
        (version,) = locked[requirement.name].requirement.specifier
        assert version.version in requirement.specifier
