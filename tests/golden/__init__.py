"""Golden vectors: data files and the one function that reads them.

Bytes stand in hexadecimal; long values go over several lines that TOML joins again.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any


def load(name: str) -> dict[str, Any]:
    """Return the vectors of `name`.toml."""
    with (Path(__file__).parent / f"{name}.toml").open("rb") as source:
        return tomllib.load(source)
