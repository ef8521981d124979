"""The reader of console blocks: what it takes for a command, and what it accepts as its output."""

from __future__ import annotations

import pytest

from tests.docs.console import Command, commands

_PAGE = """\
# Page

```console
$ jinbao decode a.hex
MTI 0200

$ jinbao \\
    encode
...
```

```text
$ not a command
```

~~~~console
$ quiet
~~~~
"""


def test_commands_and_their_output_are_read_with_their_lines() -> None:
    assert list(commands(_PAGE)) == [
        Command("jinbao decode a.hex", 4, ("MTI 0200", "")),
        Command("jinbao \\\n    encode", 7, ("...",)),
        Command("quiet", 17, ()),
    ]


def test_a_fence_inside_a_longer_fence_is_text() -> None:
    assert not list(commands("````text\n```console\n$ no\n```\n````\n"))


def test_output_before_a_command_is_refused_with_its_line() -> None:
    with pytest.raises(ValueError, match="line 2: output before any command"):
        list(commands("```console\nMTI 0200\n```\n"))


@pytest.mark.parametrize(
    ("output", "printed"),
    [
        ((), ""),
        (("a", "b"), "a\nb\n"),
        (("a", "", "b", ""), "a  \n\nb\n\n"),
        (("...",), "a\nb\n"),
        (("...",), ""),
        (("a", "...", "d"), "a\nb\nc\nd\n"),
        (("a", "...", "d"), "a\nd\n"),
        (("1.5 (x)",), "1.5 (x)\n"),
    ],
)
def test_what_was_printed_is_recognised(output: tuple[str, ...], printed: str) -> None:
    assert Command("c", 1, output).shows(printed)


@pytest.mark.parametrize(
    ("output", "printed"),
    [
        ((), "a\n"),
        (("a",), ""),
        (("a", "b"), "a\nc\n"),
        (("a",), "a\nb\n"),
        (("a", "...", "d"), "a\nb\n"),
        (("  a",), "a\n"),
        (("1.5",), "1x5\n"),
    ],
)
def test_what_was_not_printed_is_recognised(output: tuple[str, ...], printed: str) -> None:
    assert not Command("c", 1, output).shows(printed)


def test_a_block_inside_a_list_is_read_without_its_indent() -> None:
    page = "1. Do:\n\n   ```console\n   $ jinbao a \\\n       b\n   done\n     more\n   ```\n"
    assert list(commands(page)) == [Command("jinbao a \\\n    b", 4, ("done", "  more"))]
