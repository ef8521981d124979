"""Fixes of the stories, undone one by one: a story's world must break its promise without its fix.

What a seed draws may change; then a story's world is another one, and its test says so. Then
`python -m tests.simulation.undoing NAME PROFILE FIRST COUNT` looks for a seed that tells it again.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, Final

import pytest
from msgspec.structs import replace

from simulators.checkers.answers import outcomes
from simulators.issuer import Issuer
from simulators.services import deeds
from simulators.services.deeds import DONE, Deed, DeedBooks, Payable
from simulators.terminal import Terminal
from simulators.terminals import answers
from simulators.world.actors.booth import Booth
from simulators.world.setting import Setting
from simulators.world.trial import attempt
from switch.core.financial import in_flight
from switch.core.issuers import pending
from switch.core.terminals import intake

Undo = Callable[[pytest.MonkeyPatch], None]


def _excuse(patch: pytest.MonkeyPatch) -> None:
    """Have the checker excuse nobody who died after a 98."""
    patch.setattr(outcomes, "_died_after", lambda *_: False)


def _sign_on(patch: pytest.MonkeyPatch) -> None:
    """Tell a copy of what is in flight to sign on again."""
    patch.setattr(intake.Intake, "_is_copy", lambda *_: False)


def _session_over(patch: pytest.MonkeyPatch) -> None:
    """Open what looked for its original, whatever became of its session meanwhile."""
    patch.setattr(intake.Intake, "_found", intake.Intake._open)


def _refused(patch: pytest.MonkeyPatch) -> None:
    """Forget what was refused before."""
    patch.setattr(in_flight.InFlight, "refused", lambda *_: None)


def _last_word(patch: pytest.MonkeyPatch) -> None:
    """Have a card refuse what it was told before other requests."""
    sent = Terminal._send

    def send(self: Terminal, *asked: Any) -> list[bytes]:  # noqa: ANN401 - as it is
        last = self._last_paid
        frames = sent(self, *asked)
        self._last_paid = self._last_paid or last
        return frames

    patch.setattr(Terminal, "_send", send)


def _another(patch: pytest.MonkeyPatch) -> None:
    """Hold an answer to what it must repeat alone."""
    patch.setattr(pending, "_REPEATED_IF_THERE", ())


def _anew(patch: pytest.MonkeyPatch) -> None:
    """Have a bank decide anew about what comes over another line."""
    joined = Issuer.another_line

    def another_line(self: Issuer) -> Issuer:
        other = joined(self)
        other._answers = type(self._answers)()
        return other

    patch.setattr(Issuer, "another_line", another_line)


def _reserves_anew(patch: pytest.MonkeyPatch) -> None:
    """Have a host of services forget what it refused."""

    def refuse(self: DeedBooks[Any], rrn: str, code: str) -> str:
        return DONE if rrn in self.deeds else code

    patch.setattr(DeedBooks, "refuse", refuse)


def _whoever_paid(patch: pytest.MonkeyPatch) -> None:
    """Have a host of services undo whatever paid a bill, not the payment that a void names."""
    standing = deeds._standing

    def of_the_bill(due: Payable, deed: Deed) -> str:
        return standing(due, replace(deed, undoes=deed.undoes and due.paid_by))

    patch.setattr(deeds, "_standing", of_the_bill)


def _day_over(patch: pytest.MonkeyPatch) -> None:
    """Call a batch settled once its terminal has nothing to do."""
    patch.setattr(Booth, "has_settled", property(lambda self: self.terminal.is_idle))


def _stage(patch: pytest.MonkeyPatch) -> None:
    """Hold a copy against the stages of its own arrival."""
    patch.setattr(intake, "OF_A_DAY", frozenset())
    patch.setattr(in_flight, "OF_A_DAY", frozenset())


def _try_later(patch: pytest.MonkeyPatch) -> None:
    """Take 91 to an advice for the last word."""
    patch.setattr(answers, "_TRY_LATER", frozenset())


UNDONE: Final[Mapping[str, Undo]] = {
    "excuse-after-98": _excuse,
    "copy-told-to-sign-on": _sign_on,
    "session-over-meanwhile": _session_over,
    "copy-of-what-was-refused": _refused,
    "card-refuses-late": _last_word,
    "answer-of-another": _another,
    "bank-decides-anew": _anew,
    "host-decides-anew": _reserves_anew,
    "void-of-whoever-paid": _whoever_paid,
    "day-closed-early": _day_over,
    "stage-of-a-copy": _stage,
    "advice-told-91": _try_later,
}
"""Every fix that can be undone, by the name that an entry of regressions.toml gives it."""


def main(name: str, profile: str, first: str, count: str, *options: str) -> None:
    """Print the first seed that breaks a promise without a fix, and keeps all with it."""
    drawn: dict[str, Any] = {"transfers": False, "social": False}
    drawn |= {"products": False, "stages": False, "minutes": 2}
    drawn |= dict.fromkeys(options, True)
    for seed in range(int(first), int(first) + int(count)):
        setting = Setting(seed=seed, profile=profile, **drawn)
        with pytest.MonkeyPatch.context() as patch:
            UNDONE[name](patch)
            broken = attempt(setting)[0].violations
        if broken and not attempt(setting)[0].violations:
            sys.stdout.write(f"{name} {profile} {seed}: {broken[0].promise}: {broken[0].what}\n")
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
