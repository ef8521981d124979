"""Stages, and the matrix of when each is open in which scope."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from switch.registry.stages import EVERYWHERE, Matrix, Opening, Stage

_CHANNELS = ("rural", "urban")
_KINDS = ("withdrawal", "sale")
_SCOPES = (EVERYWHERE, "acquirer:1", "point:2")
_DAYS = st.integers(1, 9)


@st.composite
def _stages(draw: st.DrawFn) -> tuple[Stage, ...]:
    made = []
    for number in range(draw(st.integers(0, 3))):
        kinds = draw(st.none() | st.frozensets(st.sampled_from(_KINDS)))
        made.append(
            Stage(
                id=f"s{number}",
                en="",
                zh="",
                clause="",
                channels=draw(st.frozensets(st.sampled_from(_CHANNELS))),
                transactions=kinds,
                takes_social=draw(st.booleans()),
                takes_other=draw(st.booleans()),
                open_from=draw(st.none() | _DAYS),
            )
        )
    return tuple(made)


_OPENINGS = st.lists(
    st.builds(
        Opening,
        stage=st.sampled_from(("s0", "s1", "s2")),
        scope=st.sampled_from(_SCOPES),
        from_day=_DAYS,
        until_day=_DAYS,
    ),
    max_size=5,
)


@given(stages=_stages(), openings=_OPENINGS)
def test_the_matrix_has_every_opening_where_its_stage_covers_and_nothing_else(
    stages: tuple[Stage, ...], openings: list[Opening]
) -> None:
    matrix = Matrix(stages, tuple(openings))
    by_id = {stage.id: stage for stage in stages}
    for scope, kind, channel, is_social in product(_SCOPES, _KINDS, _CHANNELS, (True, False)):
        expected = [
            (each.stage, each.from_day, each.until_day)
            for each in openings
            if each.scope == scope
            and each.stage in by_id
            and by_id[each.stage].covers(kind, channel, is_social=is_social)
        ] + [
            (stage.id, stage.open_from, 9999_12_31)
            for stage in stages
            if scope == EVERYWHERE
            and stage.open_from is not None
            and stage.covers(kind, channel, is_social=is_social)
        ]
        found = matrix.windows(scope, kind, channel, is_social=is_social)
        shown = [(each.stage.id, each.from_day, each.until_day) for each in found]
        assert sorted(shown) == sorted(expected)
        assert [each.from_day for each in found] == sorted(each.from_day for each in found)
        assert matrix.windows(scope, kind, channel, is_social=is_social) == found


def test_the_first_stage_that_covers_is_the_one_that_is_named() -> None:
    stages = tuple(
        Stage(
            id=name,
            en="",
            zh="",
            clause="",
            channels=frozenset({"rural"}),
            transactions=kinds,
            takes_social=True,
            takes_other=False,
        )
        for name, kinds in (("a", frozenset({"sale"})), ("b", None))
    )
    matrix = Matrix(stages, ())
    found = [matrix.stage_for(kind, "rural", is_social=True) for kind in ("sale", "transfer")]
    assert [stage.id for stage in found if stage] == ["a", "b"]
    assert matrix.stage_for("sale", "rural", is_social=False) is None
    assert matrix.stage_for("sale", "urban", is_social=True) is None
