"""Reading rows that somebody wrote: every mistake is told with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from switch.config.faults import ConfigurationError
from switch.config.registry.kinds import Inspection, PointRow
from switch.config.registry.tables import read_row, read_rows

_HEADER = "merchant,village,name,category,open_from,agreement,clauses\n"
_ROW = "999653080110001,v,Clinic,village_clinic,2014-06-17,2014-06-17,cash_source errors\n"


def _written(folder: Path, text: str, name: str = "point.csv") -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def test_a_csv_file_is_read_by_its_header(tmp_path: Path) -> None:
    found = read_rows(_written(tmp_path, "\ufeff" + _HEADER + _ROW + "\n"), "")
    (row,) = found.of["point"]
    assert isinstance(row, PointRow)
    assert row.clauses == {"cash_source", "errors"}
    assert row.open_from == date(2014, 6, 17)
    assert found.lines == {("point", row.key): 2}


def test_a_toml_file_holds_any_kind(tmp_path: Path) -> None:
    text = 'format = 1\n[[district]]\nid = "d"\nname = "D"\n\n[[village]]\nid = "v"\n'
    path = _written(tmp_path, text + 'district = "d"\nname = "V"\n', "any.toml")
    found = read_rows(path, "")
    assert {kind: len(rows) for kind, rows in found.of.items()} == {"district": 1, "village": 1}
    assert found.lines["village", "v"] == 6


@pytest.mark.parametrize(
    ("text", "name", "told"),
    [
        (_HEADER + _ROW.replace("2014-06-17", "2014-06-31"), "point.csv", ":2: point.open_from"),
        (_HEADER + _ROW.replace("2014-06-17", "20140617"), "point.csv", "a day like 2014-06-17"),
        (_HEADER + _ROW + _ROW, "point.csv", "is there already, in line 2"),
        (_HEADER + "a,b\n", "point.csv", ":2: has 2 cells, not 7"),
        (_HEADER.replace("name", "village"), "point.csv", ":1: a column is there twice"),
        (_HEADER.replace("name", "nam") + _ROW, "point.csv", "did you mean name?"),
        (_HEADER + '"open', "point.csv", ":2: unexpected end of data"),
        (_HEADER + _ROW.replace("cash_source", "cash"), "point.csv", ":2: point.clauses"),
        (_HEADER, "things.csv", "holds which kind?"),
        ("", "point.csv", "point.csv: holds no rows"),
        (_HEADER, "point.csv", "point.csv: holds no rows"),
        (_HEADER + "\n\n", "point.csv", "point.csv: holds no rows"),
        ("merchant\n", "point.csv", ":1: point.village: is missing: the first line names"),
        ("format = 1\n", "a.toml", "a.toml: holds no rows"),
        ("format = 1\ndistrict = []\n", "a.toml", "a.toml: holds no rows"),
        (_HEADER + _ROW.replace("Clinic", "6219991234567890120"), "point.csv",
         ":2: point.name: could hold a whole card number"),
        (_HEADER + _ROW.replace("Clinic", '"a\nb"'), "point.csv", "point.name: should be one line"),
        ("format = 1\nx", "a.toml", "a.toml: "),
        ("format = 2\n", "a.toml", ":1: format should be 1"),
        ("format = 1\n[[planet]]\n", "a.toml", ":2: planet is no kind"),
        ("format = 1\ndistrict = [1]\n", "a.toml", "should be an array of tables"),
        ("format = 1\n[[district]]\nid = 7\nname = 'x'\n", "a.toml", ":2: district.id"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, text: str, name: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_rows(_written(tmp_path, text, name), "")
    assert told in str(refused.value)


def test_one_wrong_row_of_10_000_is_told_with_its_line(tmp_path: Path) -> None:
    rows = [f"{number:015},v,n,village_clinic,2014-06-17,,\n" for number in range(10_000)]
    rows[7_654] = rows[7_654].replace("2014-06-17", "2014-02-30")
    with pytest.raises(ConfigurationError) as refused:
        read_rows(_written(tmp_path, _HEADER + "".join(rows)), "")
    (fault,) = refused.value.faults
    assert (fault.line, fault.key) == (7_656, "point.open_from")


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: FileNotFoundError"):
        read_rows(tmp_path / "point.csv", "")


def test_one_row_is_read_from_texts() -> None:
    fields = {"merchant": "999653080110001", "day": "2014-07-01", "by": "li", "finding": "good"}
    row = read_row("inspection", fields | {"regular": "false"})
    assert isinstance(row, Inspection)
    assert not row.regular
    assert row.key == "999653080110001/2014-07-01"
    with pytest.raises(ConfigurationError, match=r"inspection\.finding: is missing"):
        read_row("inspection", fields | {"finding": ""})
