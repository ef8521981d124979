"""The two classes of line that an acquirer may register, and what they are called (routing).

Notice 四(三)3: access is through 金保专网, which is free and unified, or by another route.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec


class LinkClass(StrEnum):
    """A class of line; the value is what configuration files say."""

    JINBAO = "jinbao"
    """金保专网: village, district, city."""
    BANK = "bank"
    """A bank's own line."""


class Told(msgspec.Struct, frozen=True):
    """One sentence in both languages."""

    en: str
    zh: str


CLASS_WORDS: Final[dict[LinkClass, Told]] = {
    LinkClass.JINBAO: Told("the 金保 network", "金保专网"),
    LinkClass.BANK: Told("a bank link", "银行专线"),
}
"""What people call the classes."""
