"""Virtual time: what is due when, in order, on two clocks."""

from __future__ import annotations

from simulators.world.agenda import MS, SECOND, Agenda


def test_things_happen_when_they_are_due_and_those_of_one_instant_as_they_were_planned() -> None:
    agenda, seen = Agenda(0), []
    agenda.after(2 * MS, lambda: seen.append("late"))
    agenda.after(MS, lambda: seen.append("first"))
    agenda.after(MS, lambda: seen.append("second"))
    agenda.run_until(SECOND)
    assert seen == ["first", "second", "late"]
    assert agenda.now_ns == SECOND


def test_what_is_due_at_the_end_happens_after_it() -> None:
    agenda, seen = Agenda(0), []
    agenda.at(SECOND, lambda: seen.append(agenda.now_ns))
    agenda.run_until(SECOND)
    assert not seen
    agenda.run_until(SECOND + 1)
    assert seen == [SECOND]


def test_what_is_planned_meanwhile_happens_too_and_what_is_overdue_at_once() -> None:
    agenda, seen = Agenda(0), []
    agenda.after(MS, lambda: agenda.at(0, lambda: seen.append(agenda.now_ns)))
    agenda.run_until(SECOND)
    assert seen == [MS]


def test_the_wall_clock_runs_beside_and_can_be_moved() -> None:
    agenda = Agenda(1_000)
    agenda.run_until(2 * SECOND)
    assert agenda.moment.utc_ms == 3_000
    agenda.utc_offset_ms -= 2_500
    assert (agenda.moment.elapsed_ns, agenda.moment.utc_ms) == (2 * SECOND, 500)
