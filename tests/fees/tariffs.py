"""A set of tariffs for tests, with a price of its own for everything, made through files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from fees.quote import Case, Tariffs
from switch.config.tariffs import load_tariffs

ISSUER, ACQUIRER = "99910001", "99920002"
FILE: Final = """
format = 1
kind = "bank-tariffs"
name = "two-banks"
title = ["Two banks", "两家银行"]
source = "tests"

[[bank]]
id = "99910001"
valid_from = 2010-01-01
discount_percent = { R = 15, M = 5 }
[bank.as_issuer]
withdrawal_out_of_city = { rate_ppm = 10_000, least_fen = 150, most_fen = 5_000 }
withdrawal_off_us = { fixed_fen = 37, rate_ppm = 3_333 }
payment = [
    { up_to_fen = 10_000, fixed_fen = 50 },
    { up_to_fen = 100_000, rate_ppm = 4_999 },
    { fixed_fen = 499, rate_ppm = 7 },
]
transfer = { rate_ppm = 1_234, least_fen = 11 }
remittance = { rate_ppm = 9_000, least_fen = 100, most_fen = 4_000 }
standard = [
    { transaction = ["withdrawal"], side = ["on_us"], city = ["in"], price = "free" },
    { transaction = ["withdrawal"], side = ["on_us"], city = ["out"], price = {rate_ppm = 5_000} },
    { transaction = ["withdrawal"], side = ["off_us"], price = { fixed_fen = 400 } },
    { transaction = ["transfer", "remittance"], price = { rate_ppm = 2_500, most_fen = 5_000 } },
    { transaction = ["sale", "preauthorisation", "inquiry", "payment"], price = "free" },
]

[[bank]]
id = "99920002"
valid_from = 2010-01-01
refund = "none"
discount_percent = { R = 33 }
[bank.as_acquirer]
withdrawal_off_us = { rate_ppm = 5_555 }
payment = { fixed_fen = 125 }
welfare = { rate_ppm = 1_111 }
purchase = { rate_ppm = 1_999, most_fen = 800 }
withdrawal_network = { rate_ppm = 321, most_fen = 60 }
withdrawal_acquirer = { fixed_fen = 200 }
inquiry_network = { fixed_fen = 5 }
inquiry_acquirer = { fixed_fen = 7 }
payment_issuer = { rate_ppm = 1_501 }
payment_network = { rate_ppm = 299 }
payment_acquirer = { fixed_fen = 33 }
transfer_issuer = { fixed_fen = 21 }
transfer_network = { rate_ppm = 77 }
transfer_acquirer = { fixed_fen = 41 }
urban_network = { fixed_fen = 60 }
urban_acquirer = { fixed_fen = 300 }
"""
BANKS: Final[dict[str, Any]] = dict(
    zip(("issuer", "acquirer"), tomllib.loads(FILE)["bank"], strict=True)
)
"""The same prices as tables, for the slow computation."""


def load(folder: Path, options: Mapping[str, str | bool] | None = None) -> Tariffs:
    """Return the set."""
    (folder / "two-banks.toml").write_text(FILE, encoding="utf-8")
    return load_tariffs(("chongqing-2014", "national", "./two-banks.toml"), folder, options)


def case(**changes: Any) -> Case:  # noqa: ANN401 - whatever a case has
    """Return a withdrawal at another bank's rural point with some values changed."""
    values: dict[str, Any] = {
        "transaction": "withdrawal", "card": "social", "side": "off_us", "city": "in",
        "channel": "R", "institution": "W", "category": "8011", "day": 20140620,
        "issuer": ISSUER, "acquirer": ACQUIRER,
    }  # fmt: skip
    return Case(**(values | changes))
