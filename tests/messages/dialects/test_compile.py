"""What only the whole dialect can tell: contradictions, each with its key."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from messages.dialects.compile import ContradictionError, compile_dialect, walk_parts
from messages.dialects.loader import load_dialect, resolve
from messages.dialects.model import DialectSpec

DELETED = object()


def table(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any value of a file
    """Return the whole `pos` table with dotted keys (`__` for a dot) set or deleted."""
    changed = copy.deepcopy(resolve("pos")[0])
    for key, value in changes.items():
        *above, last = key.split("__")
        here: Any = changed
        for step in above:
            here = entry(here, step) if isinstance(here, list) else here[step]
        if value is DELETED:
            del here[last]
        else:
            here[last] = value
    return changed


def entry(entries: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(e for e in entries if name in (e.get("id"), e.get("name")))


@pytest.mark.parametrize(
    ("place", "changes"),
    [
        (
            "fields.65",
            {
                "message__highest_field": 128,
                "fields__65": {"name": "x", "en": "", "zh": "", "type": "n", "length": 2},
            },
        ),
        ("fields.41.unit", {"fields__41__unit": "digits"}),
        ("fields.2.mask", {"fields__2__mask": "open"}),
        ("fields.2.mask", {"fields__2__mask": "by-layout"}),
        ("fields.35.mask", {"fields__35__mask": "open"}),
        ("fields.36.mask", {"fields__36__mask": "pan"}),
        ("fields.52.mask", {"fields__52__mask": DELETED}),
        ("fields.14.mask", {"fields__14__mask": "open"}),
        ("layouts.emv.tags.5A.mask", {"layouts__emv__tags__5A__mask": "open"}),
        ("layouts.emv.tags.57.mask", {"layouts__emv__tags__57__mask": "pan"}),
        ("layouts.emv.tags.5F24.mask", {"layouts__emv__tags__5F24__mask": DELETED}),
        ("fields.64.length", {"fields__64__length": 4}),
        ("fields.52.encoding", {"fields__52__encoding": "bcd"}),
        ("fields.52", {"fields__52__encoding": "hex", "fields__52__length": 7}),
        ("fields.41.encoding", {"fields__41__encoding": "bcd"}),
        ("fields.3.values", {"fields__3__values": "nothing"}),
        ("frame.head.tpdu.destination", {"frame__head__tpdu__parts__destination__default": "05"}),
        (
            "frame.head.tpdu",
            {
                "frame__head__tpdu__parts__source__size": 3,
                "frame__head__tpdu__parts__source__default": "000",
            },
        ),
        (
            "frame.head.tpdu.source",
            {
                "frame__head__tpdu__parts__destination__size": 3,
                "frame__head__tpdu__parts__destination__default": "005",
                "frame__head__tpdu__parts__source__encoding": "ascii",
            },
        ),
        ("frame", {"frame__length_bytes": 1}),
        ("layouts.type-and-batch.parts", {"layouts__type-and-batch__parts__1__size": "rest"}),
        ("layouts.original.parts", {"layouts__original__parts__2__id": "1"}),
        ("layouts.balances.repeat_from", {"layouts__balances__repeat_from": 9}),
        ("layouts.operator.repeat_from", {"layouts__operator__repeat_from": 0}),
        ("layouts.emv.parts", {"layouts__emv__kind": "parts"}),
        ("layouts.operator.when", {"layouts__operator__when": {"5": ["1"]}}),
        ("presence.sale.together", {"presence__sale__together": {"52": ["5"]}}),
        ("presence.sale.request", {"presence__sale__request": "3 4 4c"}),
        ("transactions.sale", {"transactions__sale__presence": "nothing"}),
        ("transactions.sale", {"transactions__sale__reversal_mti": DELETED}),
        ("transactions.echo", {"transactions__echo__mti": "0830"}),
        ("reasons", {"reasons__mac_wrong": DELETED}),
        ("reasons.mac_wrong.code", {"responses__A0": DELETED}),
        ("message.mac.field", {"message__mac__field": "5"}),
        ("message.mac.elements", {"message__mac__covers": "elements"}),
    ],
)
def test_a_contradiction_is_refused_with_its_key(place: str, changes: dict[str, Any]) -> None:
    with pytest.raises(ContradictionError) as caught:
        compile_dialect(DialectSpec.model_validate(table(**changes)), ("pos",))
    assert caught.value.key == place
    assert caught.value.reason


def test_the_unspoilt_table_compiles() -> None:
    compiled = compile_dialect(DialectSpec.model_validate(table()), ("pos",))
    assert compiled.name == load_dialect("pos").name


def test_nested_parts_have_absolute_paths() -> None:
    parts = load_dialect("interbank").layouts[60][0].parts
    paths = [part.path for part in walk_parts(parts)]
    assert {"60.1", "60.2.5", "60.3.1"} <= set(paths)
    assert len(paths) == len(set(paths))
