"""A fresh installation for each test of the verbs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.switch.config import folders


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the defaults, listening on a free port, with an issuer that is away."""
    made = folders.make(tmp_path / "city")
    folders.change(made, "jinbao", "127.0.0.1:8583", "127.0.0.1:0")
    # Nobody listens on port 1: what else runs on this machine is not an issuer of these tests.
    folders.change(made, "banks", "127.0.0.1:9583", "127.0.0.1:1")
    return made
