"""A conversation as probes of a host (simulators/replay): asked again, and its answers held fast.

Each answer has the fields that the recorded one had, and they say the same; what changes from run
to run has the same form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any, Final

from simulators.cards import PIN
from simulators.conformance.hearing.heard import Heard
from simulators.conformance.rules.model import FEN_A_YUAN
from simulators.replay.cases.conversation import Conversation, Step
from simulators.replay.cases.forms import learnt, table
from simulators.replay.cases.naming import requirement_ids, step_id
from simulators.terminal_memory import Kind

_WRONG_PIN, _WRONG_MAC = "55", "A0"
_ASKED: Final = frozenset(
    {
        Kind.SIGN_ON, Kind.SIGN_OFF, Kind.ECHO, Kind.BALANCE, Kind.WITHDRAWAL, Kind.SALE,
        Kind.PAYMENT, Kind.VOID,
    }
)  # fmt: skip
_OTHER_PIN: Final = PIN[::-1]


def probes_of(told: Conversation, name: str, volatile: Collection[str]) -> str:
    """Return the text of a file of probes and requirements."""
    probes = list(_probes(told, name, volatile))
    ids = requirement_ids(name)
    head = (
        f"# Learned from what the host answered terminal {told.terminal}, step by step.\n"
        + "".join(f"# Left out: {count} {why}.\n" for why, count in told.left_out.most_common())
        + 'format = 1\nkind = "conformance-probes"\nalone = true\n'
    )
    requirements = [
        table(
            "requirements",
            {
                "id": next(ids),
                "area": "recorded",
                "en": f"{probe['en']}: answered as recorded.",
                "zh": f"{probe['zh']}：应答与记录一致。",
                "source": f"the trace {name}",
                "check": "contents",
                "where": {"probe": [probe["id"]]},
            },
        )
        for probe in probes
        if probe.get("expects")
    ]
    return "\n".join([head, *(table("probes", probe) for probe in probes), *requirements])


def _probes(told: Conversation, name: str, volatile: Collection[str]) -> Iterator[dict[str, Any]]:
    if told.steps[0].kind is not Kind.SIGN_ON:
        words = {"en": "Sign-on", "zh": "签到"}
        yield {"id": f"{name}-before", **words, "send": "sign_on", "codes": ["00"]}
    names = [step_id(name, number, step) for number, step in enumerate(told.steps)]
    sent: set[int] = set()
    for number, step in enumerate(told.steps):
        if step.kind not in _ASKED or (step.of is not None and step.of not in sent):
            told.left_out[f"{step.kind}, which our terminal does not ask a host"] += 1
            continue
        sent.add(number)
        original = names[step.of] if step.of is not None else ""
        yield _probe(names[number], step, volatile) | ({"of": original} if original else {})
        if (undone := step.reversal) is not None:
            made = _probe(f"{names[number]}-reversal", undone, volatile)
            yield made | {"send": "reversal", "of": names[number]}


def _probe(probe: str, step: Step, volatile: Collection[str]) -> dict[str, Any]:
    amount = f" {step.amount_fen / FEN_A_YUAN:.2f}" if step.amount_fen else ""
    made: dict[str, Any] = {"id": probe, "en": f"{step.kind}{amount}", "zh": f"{step.kind}{amount}"}
    made["send"] = str(step.kind)
    yuan, rest = divmod(step.amount_fen, FEN_A_YUAN)
    if step.amount_fen:
        made |= {"fen": step.amount_fen} if rest else {"yuan": yuan}
    if step.card:
        made["card"] = step.card
    if step.code == _WRONG_PIN:
        made["pin"] = _OTHER_PIN
    if step.code == _WRONG_MAC:
        made["defect"] = "wrong-mac"
    if step.answer is not None:
        made["expects"] = {each.path: each.pattern for each in learnt(step.answer, volatile)}
        if lacks := sorted(_possible(step.asked) - step.answer.message.fields.keys()):
            made["lacks"] = lacks
    return made


def _possible(asked: Heard) -> frozenset[int]:
    """Return the fields that an answer to this kind may have."""
    return asked.found.presence.response_allows if asked.found is not None else frozenset()
