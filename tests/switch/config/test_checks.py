"""What one file must have because of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.config.checks import check_across
from switch.config.reading import Sources
from tests.switch.config import folders

_RANGE = """
[[range]]
prefix = "621999"
length = 19
issuer = "99910000"
social = false
debit = true
"""
_LINK = '\n[[link]]\nname = "issuer"\naddress = "h:1"\nown_id = "99900000"\npeer_id = "00010000"\n'


def _faults(folder: Path) -> list[str]:
    sources = Sources(folder)
    assert sources.models is not None
    check_across(sources, sources.models)
    return [f"{Path(f.file).stem}:{f.line}: {f.key}: {f.reason}" for f in sources.faults]


def test_the_defaults_have_no_faults(tmp_path: Path) -> None:
    assert _faults(folders.make(tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "fault"),
    [
        (
            "terminals",
            'acquirer = "99900000"',
            'acquirer = "99900001"',
            "terminals:7: terminal[0].acquirer: no acquirer 99900001 in banks.toml",
        ),
        (
            "cards",
            'issuer = "99910000"',
            'issuer = "99910001"',
            "cards:7: range[0].issuer: no issuer 99910001 in banks.toml",
        ),
        (
            "cards",
            'prefix = "621999"\nlength = 19',
            'prefix = "621999123456789012"\nlength = 18',
            "cards:5: range[0].prefix: is as long as the whole PAN",
        ),
        (
            "banks",
            'links = ["outside"]',
            'links = ["other"]',
            "banks:45: issuer[2].links: no link other in banks.toml",
        ),
        (
            "jinbao",
            'jinbao = ["127.0.0.1:8583"] # 金保专网\nbank = ["127.0.0.1:8584"]',
            "",
            "jinbao:5: listen: has no address: terminals could not connect",
        ),
        (
            "jinbao",
            'bank = ["127.0.0.1:8584"]',
            'bank = ["127.0.0.1:8583"]',
            "jinbao:7: listen.bank: 127.0.0.1:8583 is in listen.jinbao already",
        ),
        (
            "jinbao",
            'bank = ["127.0.0.1:8584"]',
            'bank = ["h:1", "h:0", "h:0", "h:1"]',
            "jinbao:7: listen.bank: h:1 is in listen.bank already",
        ),
        (
            "caps",
            "from_day = 2014-09-10",
            "from_day = 2011-01-01",
            "caps:11: cap[1].from_day: should be later than 2011-01-01",
        ),
        (
            "caps",
            "format = 1",
            'format = 1\nper_acquirer = ["99910000"]',
            "caps:3: per_acquirer: lacks 99900000: each acquirer has a place, a new one at the end",
        ),
        (
            "caps",
            "format = 1",
            'format = 1\nper_acquirer = ["99900000", "99910000", "99900000"]',
            "caps:3: per_acquirer: names an acquirer twice",
        ),
        (
            "jinbao",
            "# issuer_ms = 45000",
            "issuer_ms = 55000",
            (
                "jinbao:31: timers.issuer_ms: an issuer's 55000 ms leave nothing "
                "of the 55000 ms for an answer"
            ),
        ),
    ],
)
def test_what_another_file_does_not_have_is_told_where_it_is_asked_for(
    tmp_path: Path, name: str, old: str, new: str, fault: str
) -> None:
    folder = folders.make(tmp_path)
    folders.change(folder, name, old, new)
    assert _faults(folder) == [fault]


@pytest.mark.parametrize(
    ("name", "more", "reason"),
    [
        ("cards", _RANGE, "621999 with 19 digits is there already, in line 5"),
        ("banks", _LINK, "issuer is there already, in line"),
        (
            "banks",
            '\n[[acquirer]]\nid = "99900000"\nname = "x"\ngroup = "first"\n',
            "99900000 is there already",
        ),
        (
            "banks",
            '\n[[issuer]]\nid = "99930000"\nname = "x"\nlinks = ["outside"]\n',
            "99930000 is there already",
        ),
    ],
)
def test_what_must_be_unique_is(tmp_path: Path, name: str, more: str, reason: str) -> None:
    folder = folders.make(tmp_path)
    path = folder / f"{name}.toml"
    path.write_text(path.read_text("utf-8") + more, "utf-8")
    (found,) = _faults(folder)
    assert reason in found
