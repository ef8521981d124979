"""A fresh installation for each test of the registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.switch.config import folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the defaults, listening on free ports, with issuers that are away."""
    return folders.away(folders.make(tmp_path / "city"))
