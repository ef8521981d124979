"""Stages from files: the packaged ones, and what refuses others."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

import pytest

from messages.dialects.loader import load_dialect
from switch.config.faults import ConfigurationError
from switch.config.registry.stages import load_stages

_KNOWN = frozenset(rule.id for rule in load_dialect("composite").transactions)


def _own(folder: Path, old: str, new: str) -> str:
    packaged = resources.files("specs") / "stages" / "chongqing-2014.toml"
    text = packaged.read_text("utf-8")
    assert old in text
    (folder / "own.toml").write_text(text.replace(old, new, 1), "utf-8")
    return "./own.toml"


def test_the_packaged_stages_open_the_beginning_and_the_towns_only() -> None:
    found = load_stages("chongqing-2014", Path(), _KNOWN)
    at_once = [stage.id for stage in found.stages if stage.open_from is not None]
    assert at_once == ["initial", "branches", "merchants", "benefits"]
    assert [stage.id for stage in found.stages if stage.needs_approval] == [
        "other-cards", "transfer", "products", "further", "subsidies",
    ]  # fmt: skip
    assert found.places == {"health_centre", "village_clinic"}


def test_a_file_of_ones_own_replaces_them(tmp_path: Path) -> None:
    name = _own(tmp_path, '"village_clinic"]', '"village_clinic", "other"]')
    assert "other" in load_stages(name, tmp_path, _KNOWN).places


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('"rural_withdrawal"', '"rural_holiday"', "rural_holiday is no transaction"),
        ('id = "other-cards"', 'id = "initial"', "initial is there already"),
        ("composite_only = [", 'composite_only = ["x", ', "composite_only: x is no transaction"),
        ('channels = ["rural"]', 'channels = ["moon"]', "stage[0].channels"),
        ('cards = ["social"]', "cards = []", "stage[0].cards"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        load_stages(_own(tmp_path, old, new), tmp_path, _KNOWN)
    assert told in str(refused.value)
    assert "own.toml:" in str(refused.value)
