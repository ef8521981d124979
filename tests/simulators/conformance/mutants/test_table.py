"""docs/conformance.md has every mutant, and the summary counts what was missed and too much."""

from __future__ import annotations

from simulators.conformance.mutants.catching import Caught
from simulators.conformance.mutants.table import HAND, MUTANTS, host_rows, rows, summary
from tests.house.source import ROOT


def section(heading: str) -> list[str]:
    """Return the table under a heading of the page."""
    lines = (ROOT / "docs" / "conformance.md").read_text(encoding="utf-8").splitlines()
    below = lines[lines.index(f"### {heading}") + 1 :]
    stop = next((at for at, line in enumerate(below) if line.startswith("#")), len(below))
    return [line for line in below[:stop] if line.startswith("|")]


def test_the_table_of_the_page_is_that_of_the_mutants() -> None:
    assert section("Mutants by hand") == list(rows(HAND))
    assert section("Mutants of hosts") == list(host_rows())
    for heading, origin in (
        ("Mutants from the domain", "domain"),
        ("Mutants by a reader of the domain", "reader"),
        ("Mutants from the dialect", "dialect"),
    ):
        wanted = [mutant for mutant in MUTANTS if mutant.origin == origin]
        assert section(heading) == list(rows(wanted))


def test_a_summary_counts() -> None:
    one, other = HAND[0], HAND[1]
    caught = [
        Caught(mutant=one, failed=frozenset({one.breaks})),
        Caught(mutant=other, failed=frozenset({"XYZ-01"})),
    ]
    assert summary(caught) == "1 of 2 mutants caught (50 %), 1 with surplus findings"
    assert summary([]).startswith("0 of 0")
