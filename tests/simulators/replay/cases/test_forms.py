"""What changes or may not be shown is learned by its form; the rest by its text."""

from __future__ import annotations

import re
import tomllib

from hypothesis import given
from hypothesis import strategies as st

from messages.framing import Framing
from simulators.cards import FIRST_PAN
from simulators.conformance.hearing.heard import Heard, read
from simulators.replay.cases.forms import inline, learnt, table
from tests.simulators.replay.cases.talks import DIALECTS, VOLATILE
from tests.simulators.replay.days import bare


def _heard(name: str) -> Heard:
    found = read(DIALECTS[0], Framing(DIALECTS[0].frame), bare(name))
    assert isinstance(found, Heard)
    return found


def test_each_part_is_matched_by_what_it_was_learned_of() -> None:
    for name in ("withdrawal", "withdrawal-response", "sign-on", "sign-on-response", "settlement"):
        heard = _heard(name)
        found = list(learnt(heard, VOLATILE))
        assert found
        for each in found:
            assert re.fullmatch(each.pattern, heard.get(each.path)), each.path


def test_what_changes_is_a_form_and_what_stays_a_text() -> None:
    found = {each.path: each for each in learnt(_heard("withdrawal"), VOLATILE)}
    assert found["3"].text == "010000"
    assert found["11"].pattern == "[0-9]{6}"
    assert found["60.1"].text
    assert found["60.2"].text == ""
    assert found["64"].pattern == "[0-9A-F]{8}"
    assert found["55.9F26"].text == ""
    assert found["55.9F1A"].text == "0156"


def test_no_card_is_learned_even_where_nothing_is_volatile() -> None:
    for name in ("withdrawal", "withdrawal-response"):
        texts = "".join(each.text + each.pattern for each in learnt(_heard(name), frozenset()))
        assert FIRST_PAN not in texts
        assert "04F16B5C9021D1EA" not in texts


_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**31), 2**31) | st.text(st.characters(codec="utf-8")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc-9", min_size=1, max_size=4), _VALUES, max_size=4))
def test_what_is_written_is_read_as_it_was(values: dict[str, object]) -> None:
    assert tomllib.loads(f"x = {inline(values)}\n")["x"] == values


def test_what_is_empty_is_left_out_of_a_table() -> None:
    assert table("probes", {"id": "a", "of": "", "lacks": [], "yuan": 0}) == (
        '[[probes]]\nid = "a"\nyuan = 0\n'
    )
