"""三(三), in the notice's words: 购买国债和理财产品、远程消费, from the day of its stage on."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from messages.crypto.keys import Pik
from messages.crypto.pin import encode_pin_block
from switch.config.registry.kinds import OpeningRow
from tests.scenarios.notice.hall import BRANCH, CLINIC, OTHER, SOCIAL, Adds, Hall
from tests.switch.config.registry.making import rehearse
from tests.switch.core.social import HEADER, payload
from tests.switch.core.stage import PIK, approve

KINDS = {"BND": "961000", "WLT": "962000", "RMT": "963000"}


def opened(from_day: date) -> Adds:
    """Return what records the approval of phase three."""

    def adds(folder: Path) -> None:
        opening = OpeningRow(stage="products", scope="all", from_day=from_day, approval="A-9")
        rehearse(folder, {"opening": [opening]})

    return adds


def _buys(hall: Hall, sort: str, terminal: str = CLINIC, card: str = SOCIAL) -> str:
    """Pay an order at a composite terminal, with hosts that say yes; return DE 39."""
    hall.issue = _agree
    hall.ask("social_balance_inquiry", terminal=terminal, card=card)
    stan = f"{int(hall.last()[11]) + 500:06d}"
    frame = hall.withdrawal(
        stan,
        f2=card,
        f3=KINDS[sort],
        f4="000000010000",
        f35=f"{card}=30122201234567890",
        f41=terminal,
        f42=hall.configuration.terminals[terminal].merchant,
        f52=encode_pin_block("123456", card, Pik.from_hex(PIK)).hex().upper(),
        f55=None,
        f60=f"82{hall.last()[60][2:8]}00090",
    )
    fields = hall.codec.decode(frame, 13).fields
    fields[62] = payload({"S1": sort, "S5": "P1"})
    hall.terminal_says(hall.build("0200", fields, HEADER))
    assert hall.last()[11] == stan
    return hall.code


def _agree(mti: str, fields: dict[int, str]) -> dict[int, str] | None:
    answer = approve(mti, fields)
    return answer if answer is None or 37 not in fields else answer | {37: fields[37]}


@pytest.mark.parametrize("sort", KINDS)
def test_bonds_wealth_products_and_remote_purchases_wait_for_their_stage(sort: str) -> None:
    """三(三): the third phase; what is not open yet says when it will be, and by which clause."""
    before = Hall("2016-12-31", adds=opened(date(2017, 1, 1)))
    assert _buys(before, sort) == "40"
    assert {name: before.why[name] for name in ("stage", "open_from", "clause")} == {
        "stage": "products", "open_from": 20170101, "clause": "三(三)",
    }  # fmt: skip
    hall = Hall("2017-01-01", adds=opened(date(2017, 1, 1)))
    assert _buys(hall, sort) == "00"
    assert hall.requests()[-1][4] == "000000010000"
    (row,) = (each for each in hall.ledger.transactions() if each.bill is not None)
    assert row.bill is not None
    assert (row.state.name, row.bill.link, row.bill.service) == ("APPROVED", "products", sort)
    assert row.bill.state.name == "CONFIRMED"


def test_at_a_branch_they_are_open_at_once_and_never_for_other_cards_at_a_point() -> None:
    """四(二): 金融机构网点可一次性开放全部金融服务功能; 四(四)2 opens no products."""
    hall = Hall("2014-12-01")
    assert _buys(hall, "BND", BRANCH) == "00"
    assert _buys(hall, "BND", CLINIC) == "40"
    open_now = Hall("2017-01-01", adds=opened(date(2017, 1, 1)))
    assert _buys(open_now, "BND", CLINIC, OTHER) == "57"
