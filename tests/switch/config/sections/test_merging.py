"""Rows of the registry are what the files would have, in every check and in what is built."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from switch.config.faults import ConfigurationError
from switch.config.reading import Sources
from switch.config.registry.fields import Row
from switch.config.registry.kinds import KINDS, OpeningRow
from switch.config.sections.rows import FILE_OF, SECTIONS, TerminalRow
from tests.switch.config import folders
from tests.switch.config.registry.making import bring_in, installed
from tests.switch.config.sections.moving import empty, rows_of

Rows = dict[str, list[Row]]


def _moved(folder: Path, change: Callable[[Rows], None] = lambda _: None) -> Rows:
    """Let the registry have all that its files had, with a change."""
    rows = rows_of(folder)
    for kind in SECTIONS:
        empty(folder, kind)
    change(rows)
    bring_in(folder, rows)
    return rows


def _with(kind: str, key: str, **fields: object) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[kind] = [
            row.model_copy(update=fields) if row.key == key else row for row in rows[kind]
        ]

    return change


def _without(kind: str, key: str) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[kind] = [row for row in rows[kind] if row.key != key]

    return change


def test_rows_make_the_installation_that_the_files_made(tmp_path: Path) -> None:
    folder = folders.make(tmp_path)
    before = installed(folder).configuration
    _moved(folder)
    sources = Sources(folder)
    assert sources.models is not None
    assert not sources.models.terminals.terminal
    assert not sources.models.banks.acquirer
    after = installed(folder).configuration
    for field in before.__struct_fields__:
        if field not in {"vault", "tariffs"}:
            assert getattr(after, field) == getattr(before, field), field
    assert after.registry is None


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (_with("terminal", "50010002", acquirer="99990000"),
         "terminal.50010002.acquirer: no acquirer 99990000 in the registry"),
        (_with("terminal", "50010002", transactions=["dance"]),
         "terminal.50010002.transactions: dance is no transaction of its dialects"),
        (_with("terminal", "50010002", dialect="morse"),
         "terminal.50010002.dialect: morse is none of the terminals' dialects: pos, composite"),
        (_with("terminal", "50010002", key_check="00000000"),
         "terminal.50010002.key_check: is 00000000, and the key in keys/terminals.toml has 08D7"),
        (_with("range", "621999/19", issuer="99990000"),
         "range.621999/19.issuer: no issuer 99990000 in the registry"),
        (_with("range", "621999/19", prefix="621999000000001", length=15),
         "prefix: is as long as the whole PAN"),
        (_with("acquirer", "99900000", group="third"),
         "acquirer.99900000.group: no group third in the registry"),
        (_with("acquirer", "99910000", alternate="bank"),
         "acquirer.99910000.alternate: is the access itself, bank"),
        (_with("issuer", "99930000", links=["nowhere"]),
         "issuer.99930000.links: no link nowhere in banks.toml"),
        (_with("issuer", "99930000", links=[]), "issuer.99930000.links: no link leads there"),
        (_with("issuer", "99910000", group=None),
         "issuer.99910000.group: 99910000 is an acquirer too: both need the same group"),
        (_without("group", "second"),
         "acquirer.99910000.group: no group second in the registry"),
        (_without("issuer", "99930000"),
         ".issuer: no issuer 99930000 in the registry"),
        (_with("terminal", "50010002", id="59999999"),
         "there is no such key; `jinbao keys terminal new` makes one"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_row_names_the_row(
    tmp_path: Path, change: Callable[[Rows], None], told: str
) -> None:
    folder = folders.make(tmp_path)
    _moved(folder, change)
    with pytest.raises(ConfigurationError) as refused:
        installed(folder)
    assert told in str(refused.value)


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_kind_stands_in_its_file_or_in_the_registry_and_never_in_both(
    tmp_path: Path, kind: str
) -> None:
    folder = folders.make(tmp_path)
    bring_in(folder, {kind: rows_of(folder)[kind][:1]})
    with pytest.raises(ConfigurationError) as refused:
        installed(folder)
    name = f"{FILE_OF[kind]}.toml"
    line = (folder / name).read_text("utf-8").splitlines().index(f"[[{kind}]]") + 1
    (fault,) = (each for each in refused.value.faults if "adopt" in each.reason)
    assert (Path(fault.file).name, fault.line) == (name, line)
    assert f"jinbao registry adopt {kind}" in fault.reason


def test_kinds_can_be_brought_in_one_by_one(tmp_path: Path) -> None:
    folder = folders.make(tmp_path)
    bring_in(folder, {"terminal": rows_of(folder)["terminal"]})
    empty(folder, "terminal")
    assert len(installed(folder).configuration.terminals) == len(folders.TERMINALS)
    folders.change(folder, "banks", 'id = "99910000"', 'id = "99919999"')
    with pytest.raises(ConfigurationError, match=r"no acquirer 99910000 in banks\.toml"):
        installed(folder)


def test_a_registry_of_institutions_alone_closes_nothing(tmp_path: Path) -> None:
    folder = folders.make(tmp_path)
    rows = _moved(folder)
    assert installed(folder).configuration.registry is None
    opening = OpeningRow.model_validate(
        {"stage": "transfer", "scope": "all", "from_day": "2015-01-01", "approval": "A"}
    )
    bring_in(folder, {"opening": [opening]})
    assert installed(folder).configuration.registry is not None
    acquirer = rows["acquirer"][0].model_copy(update={"other_cards_from": date(2014, 12, 1)})
    bring_in(folder, {"acquirer": [acquirer]})
    told = r"acquirer\.99900000\.other_cards_from: the registry says this here"
    with pytest.raises(ConfigurationError, match=told):
        installed(folder)


def test_a_check_value_that_is_right_and_a_dialect_of_its_own_are_taken(tmp_path: Path) -> None:
    folder = folders.make(tmp_path)
    _moved(folder, _with("terminal", "50010002", key_check="08D7B4FB", dialect="pos"))
    terminal = installed(folder).configuration.terminals["50010002"]
    assert terminal.only_dialect == 0


def test_every_section_is_a_kind() -> None:
    assert {**SECTIONS}.items() <= KINDS.items()
    assert SECTIONS["terminal"] is TerminalRow
