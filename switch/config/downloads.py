"""Loading what terminals download (switch/config): a packaged set, or a file of the same shape.

A name with a `/` is a path from the folder of the installation.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from messages.dialects.mistakes import Path as Place
from messages.dialects.mistakes import first_mistake, line_of
from switch.config.faults import ConfigurationError, Fault
from switch.core.configuration import Download, DownloadEntry

_MOST_BYTES: Final = 900
"""What one entry or one list may have, so that DE 62 holds it with its head."""
_TAG: Final = "9F"
"""Begins an id that is bytes (an EMV tag), written in hexadecimal; another is ASCII."""
_PAGE_DIGITS: Final = 3
_HEX_DIGITS: Final = frozenset("0123456789ABCDEF")
_Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{3}$")]
_Hex = Annotated[str, StringConstraints(pattern=r"^([0-9A-F]{2})+$", max_length=2 * _MOST_BYTES)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Entry(_Strict):
    id: Annotated[str, StringConstraints(pattern=r"^[0-9A-Z]{2,64}$")]
    text: Annotated[str, Field(min_length=1)] | None = None
    hex: _Hex | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        """Take the entry only if a terminal can be told its id and what it has."""
        if self.id.startswith(_TAG) and (len(self.id) % 2 or not set(self.id) <= _HEX_DIGITS):
            raise ValueError(f"its id begins with {_TAG}, so it is hexadecimal: pairs of 0-9, A-F")
        if (self.text is None) == (self.hex is None):
            raise ValueError("has text or hex, one of the two")
        try:
            size = len((self.text or "").encode("gbk"))
        except UnicodeEncodeError as error:
            character = (self.text or "")[error.start]
            raise ValueError(f"its text has {character!r}, which GBK has not") from None
        if size > _MOST_BYTES:
            raise ValueError(f"its text has {size} bytes; DE 62 holds {_MOST_BYTES}")
        return self

    def told(self) -> DownloadEntry:
        """Return the entry as terminals get it, all in hexadecimal."""
        is_tag = self.id.startswith(_TAG)
        return DownloadEntry(
            self.id if is_tag else self.id.encode("ascii").hex().upper(),
            self.hex or (self.text or "").encode("gbk").hex().upper(),
        )


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
    text, table = "", dict[str, object]()
    try:
        text = source.read_text("utf-8")
        table = tomllib.loads(text)
        found = _File.model_validate(table)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise _refusal(name, f"cannot be read: {error}") from None
    except ValidationError as error:
        path, reason = first_mistake(error, table)
        raise _refusal(str(source), reason, text, path) from None
    codes = [code for d in found.download for code in (d.status, d.page, d.end) if code]
    if len(codes) != len(set(codes)):
        raise _refusal(str(source), "a code (status, page, end) is used twice", text)
    made = []
    for download in found.download:
        entries = tuple(entry.told() for entry in download.entries)
        if mistake := _mistake(download, entries):
            at = ("download", download.id, *mistake[0])
            raise _refusal(str(source), mistake[1], text, at)
        made.append(_made(download, entries))
    return tuple(made)


def _mistake(download: _Download, entries: tuple[DownloadEntry, ...]) -> tuple[Place, str] | None:
    """Return what the entries are not together, and where: each alone is good."""
    seen: set[str] = set()
    for place, entry in enumerate(download.entries, 1):
        at = ("entries", entry.id)
        if entry.id in seen:
            return at, "there is an entry of this id already"
        seen.add(entry.id)
        if len(entry.id) == _PAGE_DIGITS and entry.id.isdecimal() and int(entry.id) != place:
            return at, f"is the number of another page; this is {place:03d}"
    size = sum(len(entry.id) for entry in entries) // 2
    if download.status and size >= _MOST_BYTES:
        return ("entries",), f"their ids have {size} bytes; a list (status) has under {_MOST_BYTES}"
    return None


def _made(download: _Download, entries: tuple[DownloadEntry, ...]) -> Download:
    return Download(
        id=download.id,
        version=download.version,
        asks=download.asks,
        status=download.status or "",
        page=download.page,
        end=download.end,
        entries=entries,
    )


def _refusal(name: str, reason: str, text: str = "", path: Place = ()) -> ConfigurationError:
    """Return what is wrong in the file, or with the key that names it where there is no text."""
    if not text:
        return ConfigurationError([Fault("jinbao.toml", 0, "downloads.set", f"{name}: {reason}")])
    return ConfigurationError([Fault(name, line_of(text, path), ".".join(path), reason)])
