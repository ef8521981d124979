"""`jinbao encode` (switch/cli): the JSON form of a message back to the bytes of a frame."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
import typer

from messages.dialects.dialect import Dialect
from messages.errors import EncodeError, FrameError
from messages.framing import build_heads, join
from messages.masking import HIDDEN
from switch.cli.messages.inputs import text_lines
from switch.cli.messages.reading import codec_for, dialect_named
from switch.cli.outcome import BAD, note, say

app = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False)
