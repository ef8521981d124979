"""Downloads: listed, fetched page by page or by id, asked for until the terminal has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from switch.config.downloads import load_downloads
from switch.core.configuration import Download
from tests.switch.core.stage import Stage

SET = load_downloads("default", Path())
_BY_ID = {download.id: download for download in SET}


@pytest.fixture
def stage() -> Stage:
    """Return a stage with the invented set."""
    return Stage(downloads=SET)


def _say(stage: Stage, code: str, asked: bytes = b"", mti: str = "0800") -> None:
    fields = {11: "000003", 41: "50010001", 42: "999653080110001", 60: f"00000002{code}"}
    if asked:
        fields[62] = asked.hex().upper()
    stage.terminal_says(stage.build(mti, fields))


def _asks(stage: Stage) -> str:
    """Return what the header of the last answer asks for (处理要求)."""
    return stage.told[-1][9:10].hex()[1]


def _fetch(stage: Stage, download: Download) -> list[str]:
    """Fetch all pages, then say that it is done; return the contents."""
    pages: list[str] = []
    content = "31"
    while content[:2] == "31":
        _say(stage, download.page, f"{len(pages) + 1:03d}".encode() if pages else b"")
        content = stage.last()[62]
        assert bytes.fromhex(content[2:8]).decode() == f"{len(pages) + 1:03d}"
        pages.append(content[8:])
    _say(stage, download.end)
    assert stage.code == "00"
    assert 62 not in stage.last()
    return pages


@pytest.mark.parametrize("download", SET, ids=lambda d: d.id)
def test_every_download_is_fetched_page_by_page(stage: Stage, download: Download) -> None:
    stage.sign_on()
    assert _fetch(stage, download) == [entry.content for entry in download.entries]


def test_the_header_asks_for_each_that_the_terminal_lacks_until_it_has_it(stage: Stage) -> None:
    stage.sign_on()
    asked = [_asks(stage)]
    for download in SET:
        _fetch(stage, download)
        stage.sign_on()
        asked.append(_asks(stage))
    assert asked == ["1", "4", "5", "7", "8", "0"]
    stage.withdraw()
    assert (stage.code, _asks(stage)) == ("00", "0")


def test_a_newer_version_is_asked_for_again_by_any_process(stage: Stage) -> None:
    stage.sign_on()
    for download in SET:
        _fetch(stage, download)
    newer = (replace(d, version=d.version + (d.id == "blacklist")) for d in SET)
    stage.configuration = replace(stage.configuration, downloads=tuple(newer))
    stage.start()
    stage.withdraw()
    assert (stage.code, _asks(stage)) == ("00", "7")


def test_a_terminal_that_must_sign_on_is_asked_for_that_first(stage: Stage) -> None:
    stage.withdraw()
    assert (stage.code, _asks(stage)) == ("77", "3")


@pytest.mark.parametrize("name", ["public_keys", "ic_parameters", "parameters"])
def test_a_status_lists_the_ids_and_an_entry_is_fetched_by_its_id(stage: Stage, name: str) -> None:
    download = _BY_ID[name]
    stage.sign_on()
    _say(stage, download.status, mti="0820")
    assert stage.last()[62] == "30" + "".join(entry.id for entry in download.entries)
    last = download.entries[-1]
    _say(stage, download.page, bytes.fromhex(last.id))
    assert stage.last()[62][8:] == last.content


def test_parameters_are_fetched_and_ended_by_advices_too(stage: Stage) -> None:
    stage.sign_on()
    _say(stage, "360", mti="0820")
    assert (stage.code, stage.last()[62][8:]) == ("00", _BY_ID["parameters"].entries[0].content)
    assert _asks(stage) == "0"
    _say(stage, "361", mti="0820")
    assert (stage.code, _asks(stage)) == ("00", "4")


def test_the_largest_entry_and_the_longest_list_are_told_whole(tmp_path: Path) -> None:
    ids = [f"A{number:08d}" for number in range(99)] + ["LASTONES"]
    entries = ", ".join(f'{{ id = "{each}", text = "{"银" * 450}" }}' for each in ids)
    head = 'format = 1\nkind = "downloads"\nname = "m"\ntitle = ["a", "b"]\nsource = "us"\n'
    one = '[[download]]\nid = "p"\nversion = 1\nasks = "1"\n'
    codes = f'status = "362"\npage = "360"\nend = "361"\nentries = [{entries}]\n'
    (tmp_path / "m.toml").write_text(head + one + codes, "utf-8")
    stage = Stage(downloads=load_downloads("./m.toml", tmp_path))
    stage.sign_on()
    _say(stage, "362", mti="0820")
    assert bytes.fromhex(stage.last()[62]).decode() == "0" + "".join(ids)
    _say(stage, "360", b"002")
    assert bytes.fromhex(stage.last()[62]).decode("gbk") == "1002" + "银" * 450


@pytest.mark.parametrize("asked", [b"999", b"000", b"nowhere", b"\xff\xfe"])
def test_a_page_that_is_not_there_is_told(stage: Stage, asked: bytes) -> None:
    stage.sign_on()
    _say(stage, "360", asked)
    assert (stage.code, stage.last()[62]) == ("00", "39")


def test_without_a_set_nothing_is_open_and_nothing_asked_for() -> None:
    stage = Stage()
    stage.sign_on()
    assert _asks(stage) == "0"
    _say(stage, "360")
    assert stage.code == "40"
    _say(stage, "362", mti="0820")
    assert stage.code == "40"
