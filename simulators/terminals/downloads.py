"""Downloads of a terminal (simulators): what an answer's header asks for, page by page to the end.

The header's processing request says which; pages are fetched by their number (0800), and the end is
told, from which on the switch knows that this terminal has them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from simulators.requests import Identity
from simulators.terminal_memory import Kind, Memory, Result, Verdict
from simulators.wire import Heard

MTI: Final = "0800"
_GOOD: Final = "00"
_MORE, _LAST = "31", "30"
"""First byte of DE 62: more pages follow, or this is the last."""
_HEAD: Final = 8
"""Hexadecimal digits of that byte and the page's number."""
_MOST_PAGES: Final = 999


class _Codes(NamedTuple):
    """DE 60.3 of a page and of the end, and what it is."""

    page: str
    end: str
    name: str


ASKED: Final[Mapping[str, _Codes]] = {
    "1": _Codes("360", "361", "parameters"),
    "4": _Codes("370", "371", "public_keys"),
    "5": _Codes("380", "381", "ic_parameters"),
    "7": _Codes("390", "391", "blacklist"),
    "8": _Codes("392", "393", "withdrawal_fees"),
}
"""Processing requests (处理要求) that are downloads."""


class Downloads:
    """What a terminal is fetching now, if anything."""

    def __init__(self, identity: Identity, memory: Memory) -> None:
        """Fetch into a terminal's memory."""
        self._identity = identity
        self._memory = memory
        self._codes: _Codes | None = None
        self._pages: list[str] = []
        self._is_whole = False
        self._refused: set[str] = set()

    def asked(self, processing_request: str) -> None:
        """Begin what a header asks for, unless one is under way or was refused before."""
        codes = ASKED.get(processing_request)
        if codes is not None and self._codes is None and codes.name not in self._refused:
            self._codes, self._pages, self._is_whole = codes, [], False

    def signed_on(self) -> None:
        """Take what was refused for possible again."""
        self._refused.clear()

    def interrupted(self) -> None:
        """Leave a download: the next header asks for it again."""
        self._codes = None

    def next(self) -> dict[int, str] | None:
        """Return the fields of the next message, None where nothing is to be fetched."""
        codes = self._codes
        if codes is None:
            return None
        fields = {41: self._identity.id, 42: self._identity.merchant}
        code = codes.end if self._is_whole else codes.page
        fields[60] = f"00{self._memory.batch:06d}{code}"
        if not self._is_whole:
            fields[62] = f"{len(self._pages) + 1:03d}".encode("ascii").hex().upper()
        return fields

    def heard(self, heard: Heard) -> Result | None:
        """Take an answer; return how the whole download ended once it has."""
        codes, content = self._codes, heard.get(62)
        if codes is None:
            return None
        if self._is_whole:
            return self._over(codes, heard.get(39))
        if heard.get(39) != _GOOD or content[:2] not in {_MORE, _LAST}:
            return self._over(codes, heard.get(39) if heard.get(39) != _GOOD else "")
        self._pages.append(content[_HEAD:])
        self._is_whole = content[:2] == _LAST or len(self._pages) >= _MOST_PAGES
        return None

    def _over(self, codes: _Codes, code: str) -> Result:
        self._codes = None
        is_good = code == _GOOD and self._is_whole
        if is_good:
            self._memory.downloads[codes.name] = tuple(self._pages)
        else:
            self._refused.add(codes.name)
        return Result(
            kind=Kind.DOWNLOAD,
            verdict=Verdict.APPROVED if is_good else Verdict.DECLINED,
            code=code,
            batch=f"{self._memory.batch:06d}",
            of=codes.name,
        )
