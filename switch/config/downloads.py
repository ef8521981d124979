"""Loading what terminals download (switch/config): a packaged set, or a file of the same shape.

A name with a `/` is a path from the folder of the installation.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from messages.dialects.mistakes import first_mistake
from switch.config.faults import ConfigurationError, Fault
from switch.core.configuration import Download, DownloadEntry

_MOST_BYTES: Final = 900
"""What one entry may have, so that DE 62 holds it with its head."""
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
_Hex = Annotated[str, StringConstraints(pattern=r"^([0-9A-F]{2})+$", max_length=2 * _MOST_BYTES)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Entry(_Strict):
    id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2,64}$")]
    text: str = ""
    hex: _Hex | None = None


class _Download(_Strict):
    id: Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,32}$")]
    version: Annotated[int, Field(ge=1)]
    asks: Annotated[str, StringConstraints(pattern=r"^[124-9]$")]
    status: _Code | None = None
    page: _Code
    end: _Code
    entries: Annotated[list[_Entry], Field(min_length=1, max_length=999)]


class _File(_Strict):
    format: Literal[1]
    kind: Literal["downloads"]
    name: str
    title: tuple[str, str]
    source: str
    download: list[_Download] = []


def load_downloads(name: str, folder: Path) -> tuple[Download, ...]:
    """Return the downloads of a packaged set, or of a file where the name has a `/`.

    Nothing for an empty name. ConfigurationError where it is not there or wrong.
    """
    if not name:
        return ()
    source = (
        folder / name
        if "/" in name
        else resources.files("specs").joinpath("downloads", f"{name}.toml")
    )
    table: dict[str, object] = {}
    try:
        table = tomllib.loads(source.read_text("utf-8"))
        found = _File.model_validate(table)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _refusal(name, f"cannot be read: {error}") from None
    except ValidationError as error:
        path, reason = first_mistake(error, table)
        raise _refusal(name, f"{'.'.join(map(str, path))}: {reason}") from None
    codes = [code for d in found.download for code in (d.status, d.page, d.end) if code]
    if len(codes) != len(set(codes)):
        raise _refusal(name, "a code (status, page, end) is used twice")
    return tuple(_made(download) for download in found.download)


def _made(download: _Download) -> Download:
    entries = tuple(
        DownloadEntry(
            entry.id if entry.id.startswith("9F") else entry.id.encode("ascii").hex().upper(),
            entry.hex or entry.text.encode("gbk", "replace").hex().upper(),
        )
        for entry in download.entries
    )
    return Download(
        id=download.id,
        version=download.version,
        asks=download.asks,
        status=download.status or "",
        page=download.page,
        end=download.end,
        entries=entries,
    )


def _refusal(name: str, reason: str) -> ConfigurationError:
    return ConfigurationError([Fault("jinbao.toml", 0, "downloads.set", f"{name}: {reason}")])
