"""Tables, facts and tiles: every value escaped, numbers at the right."""

from __future__ import annotations

from switch.report.tables import Cell, Tile, facts, listed, paragraph, right, table, tiles

_EVIL = "<script>alert(1)</script>"


def test_every_value_is_escaped() -> None:
    drawn = (
        table([_EVIL], [[_EVIL], [Cell(_EVIL, "bad")], [right(_EVIL)]], _EVIL)
        + facts([(_EVIL, _EVIL)])
        + tiles([Tile(_EVIL, _EVIL, _EVIL, "bad")])
        + paragraph(_EVIL)
        + listed([_EVIL])
    )
    assert "<script" not in drawn
    assert drawn.count("&lt;script&gt;") == 12


def test_numbers_stand_at_the_right_and_tones_are_classes() -> None:
    drawn = table(["a"], [[1], [right("2 %", "warn")], [Cell(3, "bad")], ["x"]])
    assert '<td class="right">1</td>' in drawn
    assert '<td class="right"><span class="number warn">2 %</span></td>' in drawn
    assert '<td class="bad right">3</td>' in drawn
    assert "<td>x</td>" in drawn


def test_what_has_no_value_is_left_out_of_the_facts() -> None:
    assert facts([("seed", 7), ("pid", "")]) == '<dl class="facts"><dt>seed</dt><dd>7</dd></dl>'
