"""What banks take of cardholders in a world (simulators): each as a tariff, and as plain numbers.

The switch is given the tariff; whoever computes fees again reads the file, or the numbers here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final

from msgspec.structs import replace

from fees.quote import Tariffs
from fees.tariff import Price, Step
from switch.config.tariffs import packaged_tariffs

_TABLES: Final = ("chongqing-2014", "national")
_AT_CEILING: Final = "at-ceiling"
_PAYMENT: Final = {"fixed_fen": 30, "rate_ppm": 1_500, "most_fen": 500}
_PAYMENT_OF_ACQUIRER: Final = {"rate_ppm": 333}
"""What payments cost besides: a void gives it back."""


class BankTable(StrEnum):
    """The banks' own tariffs: none, the ceiling of withdrawals, or that and fees for payments."""

    FREE = "free"
    CEILING = _AT_CEILING
    CHARGING = "charging"

    @property
    def tariffs(self) -> Tariffs:
        """Return the whole set that the switch computes by."""
        return _tariffs(self)

    def numbers(self, day: int) -> Mapping[str, Any]:
        """Return the bank's entry on a day (YYYYMMDD), as a file has it."""
        found = [entry for entry in _entries(self) if _day(entry) <= day]
        return max(found, key=_day)


@cache
def _tariffs(table: BankTable) -> Tariffs:
    if table is not BankTable.CHARGING:
        return packaged_tariffs(*_TABLES, table.value)
    made = packaged_tariffs(*_TABLES, _AT_CEILING)
    issuer, acquirer = Price((Step(**_PAYMENT),)), Price((Step(**_PAYMENT_OF_ACQUIRER),))
    banks = {
        bank: tuple(
            replace(
                tariff,
                as_issuer={**tariff.as_issuer, "payment": issuer},
                as_acquirer={**tariff.as_acquirer, "payment": acquirer},
            )
            for tariff in versions
        )
        for bank, versions in made.banks.items()
    }
    return Tariffs(made.matrix, made.national, banks)


@cache
def _entries(table: BankTable) -> list[dict[str, Any]]:
    name = _AT_CEILING if table is BankTable.CHARGING else table.value
    text = (resources.files("specs") / "tariffs" / f"{name}.toml").read_text(encoding="utf-8")
    entries: list[dict[str, Any]] = tomllib.loads(text)["bank"]
    if table is BankTable.CHARGING:
        for entry in entries:
            entry["as_issuer"]["payment"] = _PAYMENT
            entry["as_acquirer"]["payment"] = _PAYMENT_OF_ACQUIRER
    return entries


def _day(entry: Mapping[str, Any]) -> int:
    return int(entry["valid_from"].strftime("%Y%m%d"))
