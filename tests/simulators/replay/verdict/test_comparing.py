"""Differences are found field by field, gathered by kind, and tolerated only for a reason."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.replay.again.rules import Rules, Tolerance
from simulators.replay.verdict.comparing import (
    LATE,
    LOST,
    MAC,
    UNASKED,
    Comparer,
    Outcome,
    field_lines,
)
from tests.simulators.replay.days import DIALECTS, POS, bare

_TOLD = POS.hear(bare("withdrawal-response"))
_PAN = "6219991234567890120"


def answer(**changed: str) -> bytes:
    """Return the sample's answer with fields changed (`f39="05"`)."""
    said = {**_TOLD.fields, **{int(name[1:]): text for name, text in changed.items()}}
    return POS.bare(POS.say(_TOLD.frame[:11], "0210", {n: t for n, t in said.items() if t}))


def outcome(answered: bytes | None, recorded: bytes | None = None) -> Outcome:
    """Return an outcome against the sample's answer, or against `recorded`."""
    before = answer() if recorded is None else recorded
    return Outcome("0200 010000", bare("withdrawal"), before, answered, 30_000, 20_000)


def comparer(*tolerate: Tolerance) -> Comparer:
    """Return what compares answers to terminals."""
    rules = Rules(format=1, tolerate=tolerate)
    return Comparer(DIALECTS["terminal"], rules, "terminal")


def _fields(found: Comparer) -> dict[str, tuple[str, str]]:
    return {each.field: (each.recorded, each.answered) for each in found.groups.values()}


def test_times_numbers_mac_and_batch_may_differ() -> None:
    found = comparer()
    sixty = _TOLD.fields[60]
    found.take(outcome(answer(
        f37="999999999999", f12="235959", f13="1231", f64="FFFFFFFF", f38="ABCDEF",
        f60=sixty[:2] + "999999" + sixty[8:],
    )))  # fmt: skip
    assert (found.compared, found.equal, found.unexplained) == (1, 1, 0)


def test_codes_amounts_and_balances_may_not() -> None:
    found = comparer()
    found.take(outcome(answer(f39="05", f4="000000050001", f54=_TOLD.fields[54][:-1] + "9")))
    assert _fields(found) == {
        "4": ("000000050000", "000000050001"),
        "39": ("00", "05"),
        "54[1].5": (_TOLD.fields[54][8:20], _TOLD.fields[54][8:19] + "9"),
    }
    assert found.unexplained == 1


def test_ten_thousand_of_a_kind_are_one_group_with_one_example() -> None:
    found = comparer()
    for number in range(1_000):
        found.take(outcome(answer(f39="05" if number % 2 else "51")))
    assert sorted((each.answered, each.count) for each in found.groups.values()) == [
        ("05", 500), ("51", 500),
    ]  # fmt: skip


def test_a_rule_tolerates_what_it_names_and_no_more() -> None:
    rules = (
        Tolerance(field="39", recorded="00", answered="94", why="sent before"),
        Tolerance(field="54[1].5", within=100, why="the replayed amount"),
    )
    found = comparer(*rules)
    found.take(outcome(answer(f39="94")))
    near = f"{int(_TOLD.fields[54][8:20]) + 100:012d}"
    found.take(outcome(answer(f54=_TOLD.fields[54][:8] + near)))
    assert found.unexplained == 0
    assert {each.tolerated for each in found.groups.values()} == {
        "sent before", "the replayed amount",
    }  # fmt: skip
    far = f"{int(near) + 1:012d}"
    found.take(outcome(answer(f54=_TOLD.fields[54][:8] + far)))
    found.take(outcome(answer(f39="96")))
    assert found.unexplained == 2


def test_an_answer_that_is_missing_or_new_is_a_difference() -> None:
    found = comparer()
    found.take(outcome(None))
    assert _fields(found) == {"answer": ("given", "none")}
    again = comparer(Tolerance(field="answer", recorded="none", why="the host was restarted"))
    again.take(Outcome("0200", b"", None, answer(), None, 5))
    assert again.unexplained == 0


def test_silence_is_a_kind_of_its_own() -> None:
    late, lost = (replace(outcome(None), missing=why) for why in (LATE, LOST))
    found = comparer()
    found.take(late)
    found.take(late)
    found.take(lost)
    assert {(e.field, e.answered, e.count) for e in found.groups.values()} == {
        ("answer", LATE, 2), ("answer", LOST, 1),
    }  # fmt: skip
    # A connection that the host closed is its answer, in a way; of silence nobody knows.
    assert (found.compared, found.equal, found.unexplained, found.unanswered) == (3, 0, 1, 2)
    excused = comparer(Tolerance(field="answer", answered="none", why="it was restarted"))
    excused.take(late)
    excused.take(lost)
    assert (excused.unexplained, excused.unanswered) == (0, 0)
    # Where none was recorded, none is as it was.
    unheard = comparer()
    unheard.take(replace(late, recorded=None))
    assert (unheard.equal, unheard.unanswered) == (1, 0)


def test_a_field_more_or_less_and_an_unreadable_answer() -> None:
    found = comparer()
    found.take(outcome(answer(f44="")))
    found.take(outcome(answer()[:60]))
    assert set(_fields(found)) == {"44", "answer"}


def test_nothing_is_shown_unmasked() -> None:
    lines = field_lines(DIALECTS["terminal"], bare("withdrawal"))
    assert lines["2"] == "621999*********0120"
    assert _PAN not in str(lines)
    assert set(lines["52"]) == {"*"}
    assert field_lines(DIALECTS["terminal"], None) == {}
    assert "error" in field_lines(DIALECTS["terminal"], bare("withdrawal")[:40])


def test_what_is_never_compared_has_to_be_there_all_the_same() -> None:
    found = comparer()
    found.take(outcome(answer(f37="", f38="", f64="")))
    assert set(_fields(found)) == {"37", "38", "64"}
    assert (found.equal, found.unexplained) == (0, 1)
    rules = tuple(
        Tolerance(field=name, answered="none", why="this host has none") for name in ("37", "38")
    )
    excused = comparer(*rules)
    excused.take(outcome(answer(f37="", f38="")))
    assert excused.unexplained == 0


def test_a_wrong_mac_is_a_kind_of_its_own() -> None:
    found = comparer()
    found.take(replace(outcome(answer()), has_wrong_mac=True))
    assert _fields(found) == {MAC: ("right", "wrong")}
    assert found.unexplained == 1


def test_answers_that_nobody_waits_for_are_a_kind_of_their_own() -> None:
    found = comparer()
    found.unasked(answer())
    found.unasked(answer())
    assert (found.compared, found.unexplained, found.surplus) == (0, 0, 2)
    (group,) = found.groups.values()
    assert (group.field, group.recorded, group.answered, group.count) == (
        "answer", "none", UNASKED, 2,
    )  # fmt: skip
    excused = comparer(Tolerance(field="answer", recorded="none", why="it tells everything twice"))
    excused.unasked(answer())
    assert excused.surplus == 0
