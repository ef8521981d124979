"""A folder with a ledger of each sort of transaction, and its first registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.switch.cli.books.conftest import filled, folder
from tests.switch.cli.registering.bringing import begun

__all__ = ["filled", "folder"]


@pytest.fixture
def city(folder: Path) -> Path:
    """Return the folder with its registry."""
    begun(folder)
    return folder
