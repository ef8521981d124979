"""What terminals download (switch/core): parameters, keys, lists, as pages of a profile's data.

A status message lists the entries, a page message fetches one by its number or id (DE 62), an end
message says that the terminal has them all: from then on its answers do not ask for them any more.
"""

from __future__ import annotations

from collections.abc import Callable

from switch.core.configuration import Configuration, Download
from switch.core.terminals.request import Request, TerminalKeys
from switch.core.terminals.sessions import Sessions

_MORE, _LAST, _NONE = "31", "30", "39"
"""First byte of DE 62 of an answer: 1 more entries follow, 0 this is the last, 9 there is none."""
_PAGE_DIGITS = 3
Told = Callable[[str | None, str], None]
"""Takes DE 62 of the answer in hexadecimal, None for an answer without it; and what the header asks
for next, empty for nothing."""


class Downloads:
    """Serves downloads, and notes what each terminal has."""

    def __init__(self, sessions: Sessions) -> None:
        """Keep what terminals have with their sessions."""
        self._sessions = sessions

    def serve(self, request: Request, configuration: Configuration, told: Told) -> bool:
        """Answer a download or status message; False where the profile has no such download."""
        code = request.network_code or ""
        for download in configuration.downloads:
            if code == download.end:
                note = (download.id, download.version)

                def noted(keys: TerminalKeys | None) -> None:
                    told(None, keys.asks if keys is not None else "")

                self._sessions.note(request.terminal or "", configuration, note, noted)
                return True
            if code == download.status:
                told(_list(download), "")
                return True
            if code == download.page:
                told(_page(download, request.value("62") or ""), "")
                return True
        return False


def _list(download: Download) -> str:
    """Return the ids of all entries, one after the other: one list has them all (it is checked)."""
    return _LAST + "".join(entry.id for entry in download.entries)


def _page(download: Download, asked: str) -> str:
    """Return the entry with this id or page number; the first where nothing is asked for."""
    at = 0
    for place, entry in enumerate(download.entries):
        if asked == entry.id:
            at = place
            break
    else:
        number = bytes.fromhex(asked).decode("latin-1")
        if asked and not (number.isascii() and number.isdecimal() and len(number) == _PAGE_DIGITS):
            return _NONE
        at = int(number or 1) - 1
    if not 0 <= at < len(download.entries):
        return _NONE
    more = _MORE if at + 1 < len(download.entries) else _LAST
    page = f"{at + 1:03d}".encode("ascii").hex().upper()
    return more + page + download.entries[at].content
