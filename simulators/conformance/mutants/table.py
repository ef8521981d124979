"""All mutants of terminals, and the table of what the suite makes of them (simulators/conformance).

The table stands in docs/conformance.md; a test holds it to this.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from simulators.conformance.mutants.by_conduct import CONDUCT_MUTANTS
from simulators.conformance.mutants.by_message import MESSAGE_MUTANTS
from simulators.conformance.mutants.by_reversal import REVERSAL_MUTANTS
from simulators.conformance.mutants.by_service import SERVICE_MUTANTS
from simulators.conformance.mutants.catching import Caught
from simulators.conformance.mutants.from_the_domain import DOMAIN_MUTANTS, READER_MUTANTS
from simulators.conformance.mutants.generated import generated
from simulators.conformance.mutants.model import Mutant
from simulators.conformance.mutants.of_hosts import HOST_MUTANTS, HostMutant

HAND: Final[tuple[Mutant, ...]] = (
    *MESSAGE_MUTANTS, *CONDUCT_MUTANTS, *REVERSAL_MUTANTS, *SERVICE_MUTANTS,
)  # fmt: skip
"""Written by hand, each for a requirement."""

MUTANTS: Final[tuple[Mutant, ...]] = (*HAND, *DOMAIN_MUTANTS, *READER_MUTANTS, *generated())
"""All of them: by hand, from the domain alone, by a reader of it, from the dialect's data."""

EVERY: Final[tuple[Mutant | HostMutant, ...]] = (*MUTANTS, *HOST_MUTANTS)
"""Those of terminals, and those of hosts."""


def rows(mutants: Sequence[Mutant]) -> Iterator[str]:
    """Yield the table of mutants in Markdown: what each does, breaks, and may break with it."""
    yield "| Mutant | What it does | Breaks | And with it |"
    yield "| --- | --- | --- | --- |"
    for mutant in mutants:
        also = " ".join(mutant.also)
        yield f"| `{mutant.id}` | {mutant.en} | {mutant.breaks} | {also} |"


def summary(caught: Sequence[Caught]) -> str:
    """Return how many mutants were caught, and how many set off something else."""
    hits = sum(each.is_caught for each in caught)
    noisy = sum(bool(each.surplus) for each in caught)
    share = 100 * hits / len(caught) if caught else 0.0
    return f"{hits} of {len(caught)} mutants caught ({share:.0f} %), {noisy} with surplus findings"


def host_rows() -> Iterator[str]:
    """Yield the table of host mutants in Markdown."""
    yield "| Mutant | What it does | Breaks | And with it |"
    yield "| --- | --- | --- | --- |"
    for mutant in HOST_MUTANTS:
        yield f"| `{mutant.id}` | {mutant.en} | {mutant.breaks} | {' '.join(mutant.also)} |"
