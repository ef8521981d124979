"""The mark of a business date (switch/cli): a small file beside the books that were written so.

Once a switch has run under a business date, what its books say is dated by no wall clock; every
verb that reads them says so, and a report does in itself.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from messages.dialects.dialect import Words
from switch.cli.outcome import note, stop
from switch.config.installation import Installation
from switch.core.moment import SHANGHAI

_FILE: Final = "business-date.json"
_MS_PER_S: Final = 1_000


class Mark(msgspec.Struct, frozen=True):
    """The newest start under a business date: what it began at, and when that was; Shanghai."""

    business: str
    wall: str


def begun(installation: Installation, offset_ms: int, wall_ms: int) -> str:
    """Mark the books, and return the business time (empty where the clock has no offset)."""
    if not offset_ms:
        return ""
    mark = Mark(_minute(wall_ms + offset_ms), _minute(wall_ms))
    path = _path(installation)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_bytes(msgspec.json.encode(mark) + b"\n")
        fresh.replace(path)
    except OSError as error:
        stop(f"{path}: {error.strerror}")
    return mark.business


def mark_of(installation: Installation) -> Mark | None:
    """Return the mark of the books, None where they never had a business date."""
    path = _path(installation)
    try:
        return msgspec.json.decode(path.read_bytes(), type=Mark)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.MsgspecError) as error:
        stop(f"{path}: is no mark of a business date ({error})")


def words_of(mark: Mark) -> Words:
    """Return what is said of marked books."""
    at, was = mark.business.replace("T", " "), mark.wall.replace("T", " ")
    return Words(
        f"written under a business date: {at} began at {was}, so that its times are made up",
        f"账务按模拟业务日期记录：{was}起按{at}计时，并非真实时间",
    )


def tell_business_date(installation: Installation) -> None:
    """Say on standard error that the books have a business date, where they have one."""
    if (mark := mark_of(installation)) is not None:
        note(f"the books were {words_of(mark).en}")


def _path(installation: Installation) -> Path:
    return installation.stops.with_name(_FILE)


def _minute(utc_ms: int) -> str:
    at = datetime.fromtimestamp(utc_ms / _MS_PER_S, UTC) + SHANGHAI
    return at.strftime("%Y-%m-%dT%H:%M")
