"""The reasons are a public contract: names in lower case, each mapped by each dialect."""

from __future__ import annotations

import re

from messages.reasons import Reason


def test_reason_names_are_the_values_in_lower_case() -> None:
    assert all(reason.value == reason.name.lower() for reason in Reason)
    assert all(re.fullmatch(r"[a-z_]+", reason.value) for reason in Reason)
