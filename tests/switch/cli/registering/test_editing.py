"""A change is written whole, or refused whole with line and reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.cli.registering.editing import Edit, carry_out
from switch.config.faults import ConfigurationError
from switch.config.registry.fields import Row
from switch.config.registry.kinds import District
from tests.switch.cli.registering.bringing import begun
from tests.switch.config.registry.making import history


def _edit(kind: str, row: Row) -> Edit:
    edit = Edit("li", "because")
    edit.rows, edit.file, edit.lines = {kind: [row]}, "a.csv", {(kind, row.key): 7}
    return edit


def test_a_change_says_who_when_and_why(folder: Path) -> None:
    change = carry_out(folder, _edit("district", District(id="d", name="D")))
    assert change is not None
    assert (change.number, change.by, change.why) == (1, "li", "because")
    assert change.at.endswith("+08:00")
    assert carry_out(folder, _edit("district", District(id="d", name="D"))) is None


def test_what_would_be_wrong_afterwards_is_not_written(folder: Path) -> None:
    begun(folder)
    before = history(folder).changes
    edit = Edit("li", "because")
    edit.removed = {"district": ["test-district"]}
    with pytest.raises(ConfigurationError, match="no district is test-district"):
        carry_out(folder, edit)
    edit.removed = {"district": ["none"]}
    with pytest.raises(ConfigurationError, match="there is no none"):
        carry_out(folder, edit)
    assert history(folder).changes == before
