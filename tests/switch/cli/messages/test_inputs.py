"""What an argument may stand for."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from switch.cli.messages.inputs import InputError, bytes_of, inputs, looks_like_hex, text_lines


@given(
    st.binary(), st.sampled_from(["", " ", ":", "  \t", "\n"]), st.sampled_from(["", "0x", "0X"])
)
def test_any_way_of_writing_bytes_is_read(content: bytes, separator: str, prefix: str) -> None:
    text = prefix + separator.join(f"{byte:02x}" for byte in content)
    assert bytes_of(text) == content
    assert bytes_of(text.upper()) == content


@given(st.text())
def test_any_text_is_read_or_refused_at_a_place_within_it(text: str) -> None:
    place = 0
    try:
        assert len(bytes_of(text)) <= len(text) / 2
    except InputError as problem:
        place = problem.offset
    assert 0 <= place <= len(text)


def test_an_argument_of_hexadecimal_digits_is_taken_as_such() -> None:
    assert list(inputs("00 01:02")) == ["00 01:02"]
    assert looks_like_hex(" 0x0a ")
    assert not looks_like_hex("")
    assert not looks_like_hex("./00")


def test_a_file_named_like_hexadecimal_digits_is_given_with_its_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cafe").write_text("0102\n", encoding="ascii")
    monkeypatch.chdir(tmp_path)
    assert list(inputs("./cafe")) == ["0102"]


def test_what_is_no_text_comes_as_bytes_and_whole(tmp_path: Path) -> None:
    file = tmp_path / "file"
    for content in (b"\x00\x01\n00\n", b"0200\x80\n0200\n", b"\xff" * 5_000_000):
        file.write_bytes(content)
        assert list(inputs(str(file))) == [content]


def test_chinese_comments_are_text(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("# 助农取款\n0200\n", encoding="utf-8")
    assert list(inputs(str(file))) == ["0200"]


def test_a_pipe_can_be_given_by_its_path(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as pool:
        pool.submit(pipe.write_bytes, b"0102\n0304\n")
        assert list(inputs(str(pipe))) == ["0102", "0304"]


def test_json_is_an_argument_or_a_file(tmp_path: Path) -> None:
    assert list(text_lines(' {"mti":"0800"}')) == [' {"mti":"0800"}']
    (tmp_path / "file").write_text("one\n\ntwo\n", encoding="ascii")
    assert list(text_lines(str(tmp_path / "file"))) == ["one", "two"]


@pytest.mark.parametrize("repeated", [1, 40])
def test_a_mistyped_frame_is_told_as_such_and_not_quoted(
    repeated: int, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        list(inputs("6219991234567890120D4912220" * repeated + "z"))
    assert ended.value.exit_code == 2
    told = capsys.readouterr().err
    assert told == "jinbao: neither hexadecimal text nor a file: the argument\n"


def test_a_folder_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as stopped:
        list(inputs(str(tmp_path)))
    assert stopped.value.exit_code == 2
    assert "Is a directory" in capsys.readouterr().err
