"""The written form refuses what it does not know."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from messages.dialects.model import FieldSpec

GOOD: dict[str, Any] = {"name": "x", "en": "x", "zh": "x", "type": "n", "length": 6}


def test_the_good_field_is_accepted() -> None:
    assert FieldSpec.model_validate(GOOD).length == GOOD["length"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lenght": 6}, "Extra inputs are not permitted"),
        ({"max": 6, "prefix": "LL"}, "say either length"),
        ({"length": None}, "say either length"),
        ({"prefix": "LL"}, "max and prefix go together"),
        ({"length": None, "max": 6}, "max and prefix go together"),
        ({"length": None, "max": 100, "prefix": "LL"}, "does not fit a prefix LL"),
        ({"length": 13}, "its mask must be said"),
        ({"type": "x"}, "Input should be"),
        ({"pad_digit": "G"}, "should match pattern"),
        ({"name": "Not A Name"}, "should match pattern"),
    ],
)
def test_a_wrong_field_is_refused_with_the_reason(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        FieldSpec.model_validate(GOOD | change)
