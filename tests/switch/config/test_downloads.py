"""Downloads as files: the packaged set is good, and what is wrong is told with its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from switch.config.downloads import load_downloads
from switch.config.faults import ConfigurationError

_HEAD = 'format = 1\nkind = "downloads"\nname = "mine"\ntitle = ["a", "b"]\nsource = "us"\n'
_ONE = '[[download]]\nid = "keys"\nversion = 2\nasks = "4"\npage = "370"\nend = "371"\n'
_ENTRY = 'entries = [{ id = "01", text = "银" }]\n'


def test_the_packaged_set_has_every_kind_that_a_header_asks_for() -> None:
    assert [download.asks for download in load_downloads("default", Path())] == list("14578")
    assert load_downloads("", Path()) == ()


def test_a_file_of_ones_own_is_read_beside_the_folder(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(_HEAD + _ONE + _ENTRY, "utf-8")
    (download,) = load_downloads("./mine.toml", tmp_path)
    assert (download.id, download.version, download.status) == ("keys", 2, "")
    assert download.entries[0].content == "银".encode("gbk").hex().upper()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nonsense = [", "cannot be read"),
        (_HEAD.replace("format = 1", "format = 2") + _ONE + _ENTRY, "format"),
        (_HEAD + _ONE.replace('"4"', '"3"') + _ENTRY, "asks"),
        (_HEAD + _ONE + 'entries = [{ id = "01", hex = "ABC" }]\n', "hex"),
        (_HEAD + _ONE + "entries = []\n", "entries"),
        (_HEAD + _ONE.replace("371", "370") + _ENTRY, "used twice"),
        (_HEAD + _ONE + 'entries = [{ id = "9FZZ", text = "A" }]\n', "9FZZ: its id begins with 9F"),
        (_HEAD + _ONE + 'entries = [{ id = "9F0", text = "A" }]\n', "9F0: its id begins with 9F"),
        (_HEAD + _ONE + f'entries = [{{ id = "01", text = "{"银" * 451}" }}]\n', "902 bytes"),
        (_HEAD + _ONE + 'entries = [{ id = "01", text = "€" }]\n', "'€', which GBK has not"),
        (_HEAD + _ONE + 'entries = [{ id = "01" }]\n', "one of the two"),
        (_HEAD + _ONE + 'entries = [{ id = "01", text = "" }]\n', "text"),
        (_HEAD + _ONE + 'entries = [{ id = "01", text = "A", hex = "41" }]\n', "one of the two"),
        (
            _HEAD + _ONE + 'entries = [\n{ id = "01", hex = "41" },\n{ id = "01", text = "B" }]\n',
            r"mine.toml:1[23]: download.keys.entries.01: there is an entry of this id already",
        ),
        (_HEAD + _ONE + 'entries = [{ id = "002", text = "A" }]\n', "number of another page"),
    ],
)
def test_what_is_wrong_is_told(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "mine.toml").write_text(text, "utf-8")
    with pytest.raises(ConfigurationError, match=why):
        load_downloads("./mine.toml", tmp_path)


@pytest.mark.parametrize(("extra", "is_good"), [("", True), ("A", False)])
def test_a_list_that_one_answer_cannot_hold_is_refused(
    tmp_path: Path, extra: str, *, is_good: bool
) -> None:
    ids = [f"A{number:08d}" for number in range(99)] + [f"LASTONES{extra}"]
    entries = ", ".join(f'{{ id = "{each}", text = "A" }}' for each in ids)
    listed = _HEAD + _ONE + f'status = "372"\nentries = [{entries}]\n'
    (tmp_path / "mine.toml").write_text(listed, "utf-8")
    if is_good:
        (download,) = load_downloads("./mine.toml", tmp_path)
        assert len(download.entries) == len(ids)
    else:
        with pytest.raises(ConfigurationError, match="their ids have 900 bytes"):
            load_downloads("./mine.toml", tmp_path)
    # Without a status nobody lists them.
    (tmp_path / "mine.toml").write_text(listed.replace('status = "372"', ""), "utf-8")
    assert load_downloads("./mine.toml", tmp_path)


def test_a_set_that_nobody_has_is_told() -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        load_downloads("none", Path())
