"""Names of what is learned are such as the files of cases and requirements take."""

from __future__ import annotations

import re
from itertools import islice

from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.cases.naming import case_name, requirement_ids


@given(st.text())
def test_any_text_becomes_the_name_of_a_case(text: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", case_name(text))


def test_two_traces_have_other_requirements() -> None:
    one, other = (list(islice(requirement_ids(name), 3)) for name in ("monday", "tuesday"))
    assert all(re.fullmatch(r"T[A-Z]{3}-0[123]", each) for each in (*one, *other))
    assert not set(one) & set(other)
