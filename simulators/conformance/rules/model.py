"""Requirements and cases as they stand in `specs/conformance` (simulators/conformance).

A requirement names a check and what it is about; a case is what a tester does, what the host
answers, and what must follow. Both are data, so a bank's own are a file.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

Level = Literal["must", "should"]
Role = Literal["terminal", "host"]
Kind = Literal[
    "approve", "decline", "none", "late", "delayed", "split", "slow", "keep-alive", "cut",
    "wrong-mac", "no-mac", "wrong-stan", "wrong-amount", "wrong-terminal", "wrong-mti",
    "wrong-chip", "bad-pik", "bad-mak", "unbalanced", "unbalanced-foreign", "garbled", "original",
]  # fmt: skip
"""What a host does with a request."""
Follow = Literal["reversal", "sign-on", "upload"]
FEATURES: Final = (
    "magstripe", "chip", "contactless", "pin_pad", "composite", "void", "settlement", "track_key",
    "payment", "sale", "chip_check", "robot",
)  # fmt: skip
"""What a questionnaire asks about a terminal."""


class Requirement(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One sentence that a terminal (or host) must or should fulfil, and how that is seen.

    `where` limits the check to findings with these attributes. `source` is a page and heading of
    docs/reference, or a clause of the notice. Without `needs` it holds for every terminal.
    """

    id: str
    area: str
    level: Level = "must"
    en: str
    zh: str
    source: str
    check: str
    where: dict[str, list[str]] = {}
    needs: list[str] = []
    path: str = ""
    """What a check of contents looks at: `22`, `60.3`, `55.9F02`."""
    other: str = ""
    """The path that it should equal."""
    allowed: list[str] = []
    pattern: str = ""
    sizes: list[int] = []
    fields: list[int] = []
    tags: list[str] = []
    least: float = 0
    most: float = 0
    unproven: str = ""
    """Why no mutant trips it, where none does."""


FEN_A_YUAN: Final = 100


class Action(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the tester does, in a form that a robot reads; `yuan` in whole yuan, `card` by number.

    `fen` is an amount that is not of whole yuan.

    `of` names the case whose transaction a void is about, or whose bill is paid or asked after.
    """

    job: str
    yuan: int = 0
    card: int = 0
    code: str = ""
    of: str = ""
    entry: Literal["chip", "stripe", "contactless"] = "chip"
    pin: str = ""
    """The PIN that is typed, where it is not the card's."""
    wait_s: float = 0
    """How long the tester waits before."""
    tags: dict[str, str] = {}
    """What a social service says in DE 62, beside the person and the bill of the case `of`."""
    fen: int = 0

    @property
    def amount_fen(self) -> int:
        """The amount in fen, 0 for none."""
        return self.fen or self.yuan * FEN_A_YUAN


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What the host does with a request; `after_s` seconds later, `header` asks something."""

    kind: Kind = "approve"
    code: str = ""
    header: str = ""
    after_s: float = 0
    bill: str = ""
    """The bill that an inquiry is answered with."""
    to_pay_yuan: int = 0
    """What the card bears of that bill."""
    closes_batch: bool = False
    """Whether the host closes its batch by itself: the next sign-on gives another number."""


class Match(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a request of a case looks like: the transactions it may be, and its amount.

    `fen` is an amount that is not of whole yuan.

    The amount tells the cases of one transaction apart, so the tester may take any order.
    """

    transactions: list[str]
    yuan: int = 0
    texts: dict[str, str] = {}
    """What a request without an amount says at these paths: `62.S1`."""
    fen: int = 0

    @property
    def amount_fen(self) -> int:
        """The amount in fen, 0 for none."""
        return self.fen or self.yuan * FEN_A_YUAN


class Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case: instruction, expected request, answer, and what must come of it."""

    id: str
    en: str
    zh: str
    tell: str
    tell_zh: str
    needs: list[str] = []
    after: list[str] = []
    do: list[Action]
    match: Match
    answer: Answer = Answer()
    reversal: Answer = Answer()
    """What the host does with the reversals that come of it."""
    then: list[Follow] = []
    least_s: float = 0
    """How long, at most, a person waits for this case: for the plan of a run."""


class Suite(msgspec.Struct, frozen=True, kw_only=True):
    """All requirements and cases of one role."""

    requirements: tuple[Requirement, ...]
    cases: tuple[Case, ...]

    def selected(self, features: frozenset[str]) -> Suite:
        """Return what applies to a terminal with these features."""
        return Suite(
            requirements=tuple(r for r in self.requirements if features.issuperset(r.needs)),
            cases=tuple(c for c in self.cases if features.issuperset(c.needs)),
        )

    def case(self, name: str) -> Case:
        """Return a case by its id; KeyError where there is none."""
        for case in self.cases:
            if case.id == name:
                return case
        raise KeyError(name)
