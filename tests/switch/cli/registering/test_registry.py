"""The verbs that show and change the registry, and a switch that takes a change up."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest

from switch.cli.outcome import USAGE
from switch.config.registry.kinds import KINDS
from tests.switch.cli.registering.bringing import FIRST, begun, change, registry
from tests.switch.cli.running import run
from tests.switch.cli.serving.test_serve import _serving
from tests.switch.config.registry.making import history

_CARD = "6219991234567890120"
_OTHER_CARD = "4111111111111111"
_HEADER = "merchant,village,name,category,open_from\n"


def _points(folder: Path, wrong: dict[int, str]) -> Path:
    """Write 10 000 points; those of `wrong` have another village."""
    rows = (
        f"{number:015},{wrong.get(number, 'test-village')},n,village_clinic,2014-06-17\n"
        for number in range(10_000)
    )
    path = folder / "point.csv"
    path.write_text(_HEADER + "".join(rows), "utf-8")
    return path


def test_one_wrong_row_of_10_000_refuses_all_of_them(folder: Path, tmp_path: Path) -> None:
    begun(folder)
    before = history(folder).changes
    path = _points(tmp_path, {4_321: "no-village"})
    outcome = change(folder, "import", str(path))
    assert outcome.status == USAGE
    assert outcome.err.splitlines() == [
        "jinbao: refused, and nothing is changed",
        f"{path}:4323: point.000000000004321.village: no village is no-village",
    ]
    assert history(folder).changes == before
    outcome = change(folder, "import", str(_points(tmp_path, {})))
    assert outcome.out.startswith("change 2: 10000 rows set, 0 removed")
    assert len(registry(folder, "show", "point").out.splitlines()) == 10_002


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_exported_is_imported_again_without_a_change(
    folder: Path, tmp_path: Path, kind: str
) -> None:
    begun(folder)
    path = tmp_path / f"{kind}.csv"
    path.write_text(registry(folder, "export", kind).out, "utf-8")
    outcome = change(folder, "import", str(path))
    if registry(folder, "show", kind).out.strip():
        assert outcome.out == "nothing changes: every row is there as it is\n"
    else:
        assert (outcome.status, "holds no rows" in outcome.err) == (USAGE, True)


def test_every_change_is_kept_with_who_and_why(folder: Path) -> None:
    begun(folder)
    fields = ("id=wulong", "name=Wulong", "pilot_from=2014-07-01")
    assert change(folder, "set", "district", *fields).status == 0
    assert change(folder, "remove", "district", "wulong").status == 0
    history = registry(folder, "show", "district", "--history").out.splitlines()
    first, second, third = (json.loads(line) for line in history)
    assert (first["number"], first["by"], first["why"]) == (1, "wang", "test")
    assert second["rows"]["district"][0]["pilot_from"] == "2014-07-01"
    assert third["removed"] == {"district": ["wulong"]}
    assert "wulong" not in registry(folder, "show").out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("set", "district", "id=d"), "the row: district.name: is missing"),
        (("set", "district", "id"), "should be FIELD=VALUE"),
        (("set", "district", "id=d", "name=b", "name=c"), "the field name is given twice"),
        (("set", "district", "id=d", "name=a\nb"), "district.name: should be one line"),
        (("set", "opening", "stage=initial", "scope=all", "from_day=2014-06-17",
          "until_day=2014-06-20"), "overlaps: initial is open everywhere from 20140617"),
        (("set", "planet", "id=d"), "there is no kind planet"),
        (("set", "inspection", "merchant=999653080110001", "day=2999-01-01", "by=li",
          "finding=good"), "2999-01-01 is in the future"),
        (("set", "plan", "issuer=99900000", "approved=2014-06-17",
          "parts=service branches schedule", "ranges=77"), "no range of cards.toml begins with 77"),
        (("set", "opening", "stage=other-cards", "scope=acquirer:99900000",
          "from_day=2015-01-01", "approval=x"), "overlaps with other-cards/acquirer:99900000"),
        (("remove", "district", "none"), "there is no none"),
        (("import", "none.csv", "--kind", "point"), "cannot be read"),
    ],
)  # fmt: skip
def test_a_mistake_changes_nothing_and_has_status_2(
    folder: Path, arguments: tuple[str, ...], told: str
) -> None:
    begun(folder)
    before = history(folder).changes
    outcome = change(folder, *arguments)
    assert outcome.status == USAGE
    assert told in outcome.err
    assert history(folder).changes == before


def test_a_change_needs_somebody_and_a_reason(folder: Path) -> None:
    outcome = registry(folder, "import", str(FIRST), "--by", " ", "--why", "x")
    assert outcome.status == USAGE
    assert "who makes the change" in outcome.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("id=d", f"name={_CARD}"),
        (f"id={_CARD}", "name=x"),
        ("id=d", "name=x", _CARD),
        ("id=d", "name=x", f"{_CARD}=x"),
        ("id=d", "name=x", "--by", f"li {_CARD}"),
        ("id=d", "name=x", "--why", f"card {_CARD}"),
    ],
)
def test_a_whole_card_number_is_neither_kept_nor_told(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    begun(folder)
    before = history(folder).changes
    told = {"--by": "li", "--why": "test"}
    told |= {name: value for name, value in pairwise(arguments) if name in told}
    fields = [each for each in arguments if each not in {*told, *told.values()}]
    options = [each for option in told.items() for each in option]
    outcome = registry(folder, "set", "district", *fields, *options)
    assert outcome.status == USAGE
    assert _CARD not in outcome.out + outcome.err
    assert history(folder).changes == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("remove", "district", _CARD, "--by", "li", "--why", "test"),
        ("set", _CARD, "id=d", "--by", "li", "--why", "test"),
        ("set", "plan", "issuer=99900000", "approved=2014-06-17", "parts=service branches schedule",
         f"ranges={_OTHER_CARD}", "--by", "li", "--why", "test"),
        ("can", _CARD, "sale", "social"),
        ("can", "50010001", _CARD, "social"),
    ],
)  # fmt: skip
def test_a_whole_card_number_in_the_wrong_place_is_not_told(
    folder: Path, arguments: tuple[str, ...]
) -> None:
    begun(folder)
    outcome = registry(folder, *arguments)
    assert outcome.status == USAGE
    assert not any(card in outcome.out + outcome.err for card in (_CARD, _OTHER_CARD))


def test_who_and_why_are_one_line(folder: Path) -> None:
    outcome = registry(folder, "import", str(FIRST), "--by", "li", "--why", "a\x1b[2J")
    assert (outcome.status, outcome.err) == (
        USAGE,
        "jinbao: --why should be one line, without control characters\n",
    )


def test_where_there_is_no_registry_nothing_can_be_shown(folder: Path) -> None:
    outcome = registry(folder, "show")
    assert outcome.status == USAGE
    assert "has no registry" in outcome.err


def test_a_running_switch_takes_a_change_up_without_dropping_a_line(folder: Path) -> None:
    begun(folder)
    with _serving(folder, "--business-date", "2014-06-18T09:30") as switch:
        with switch.connect() as terminal:
            fields = ("id=wulong", "name=Wulong", "pilot_from=2014-07-01")
            assert change(folder, "set", "district", *fields).status == 0
            assert json.loads(run("reload", "-c", str(folder)).out)["configuration"] == 2
            terminal.settimeout(0.2)
            with pytest.raises(TimeoutError):
                terminal.recv(1)  # it is still connected
        status, _ = switch.end()
    assert status == 0
