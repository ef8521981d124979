"""The notice once more, with what the files have as rows of the registry: nothing is different.

Institutions, cards and terminals are in the history then, with who and why; the rules stay.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from switch.config.registry.fields import Row
from switch.config.registry.kinds import TariffRow
from switch.config.sections.rows import SECTIONS
from switch.core.rules import Rule
from tests.scenarios.notice.hall import CLINIC, HOSPITAL, Adds, Hall
from tests.switch.config.registry.making import rehearse
from tests.switch.config.sections.moving import empty, rows_of

_FIRST_DAY = "2014-06-17"


def _as_rows(kind: str = "", key: str = "", **fields: Any) -> Adds:  # noqa: ANN401 - of any row
    """Return what lets the registry have all that the files have, one row with other fields."""

    def adds(folder: Path) -> None:
        rows = rows_of(folder)
        for each in SECTIONS:
            empty(folder, each)
        rehearse(folder, rows)
        for row in rows.get(kind, ()):
            if row.key == key:
                rehearse(folder, {kind: [row.model_copy(update=fields)]})

    return adds


def test_an_acquirer_comes_over_the_line_that_is_registered_for_it() -> None:
    """四(三)3: 自愿选择通过“金保专网”免费统一接入或其他途径接入."""
    hall = Hall(_FIRST_DAY, adds=_as_rows())
    assert hall.ask("rural_withdrawal", 100, CLINIC) == "00"
    assert hall.kept().record.link == "issuer-jinbao"
    assert hall.ask("rural_withdrawal", 100, HOSPITAL) == "00"
    assert hall.kept().record.link == "issuer"
    other = Hall(_FIRST_DAY, adds=_as_rows("acquirer", "99910000", access="jinbao"))
    assert other.ask("rural_withdrawal", 100, HOSPITAL) == "00"
    assert other.kept().record.link == "issuer-jinbao"


def test_the_range_of_a_card_says_whether_it_is_of_social_security() -> None:
    """四(四)2: 在试点初期，仅受理金融社保卡."""
    hall = Hall(_FIRST_DAY, adds=_as_rows())
    assert hall.ask("rural_withdrawal", 100) == "00"
    other = Hall(_FIRST_DAY, adds=_as_rows("range", "621999/19", social=False))
    assert other.ask("rural_withdrawal", 100) == "57"
    assert other.why["rule"] == Rule.SOCIAL_CARD


def test_a_bank_has_the_tariff_that_is_registered_for_it_from_its_day_on() -> None:
    """四(四)3(6): 尽可能减免农村地区持卡人的费用; until then this bank takes nothing."""

    def charges(folder: Path) -> None:
        _as_rows()(folder)
        fields = {"from_day": "2014-06-18", "file": "at-ceiling"}
        rows: list[Row] = [
            TariffRow.model_validate({"institution": bank, **fields})
            for bank in ("99900000", "99910000")
        ]
        rehearse(folder, {"tariff": rows})

    fees = {}
    for day in (_FIRST_DAY, "2014-06-18"):
        hall = Hall(day, adds=charges)
        assert hall.ask("rural_withdrawal", 500) == "00"
        fees[day] = hall.kept().record.fee_fen
    assert fees == {_FIRST_DAY: 0, "2014-06-18": 400}
