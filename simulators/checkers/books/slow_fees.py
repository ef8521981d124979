"""Fees computed again, slowly and apart (simulators): a ladder of questions and decimal arithmetic.

Nothing of `fees` is used here; rates and rules are written down a second time.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

FINANCIAL: Final = (
    "sale", "preauthorisation", "inquiry", "withdrawal", "payment", "transfer", "remittance",
)  # fmt: skip
_CENT: Final = Decimal(1)
_CEILING_2014: Final = 20140910
_RATES_2016: Final = 20160906
Legs = list[tuple[str, str, int]]

# 发改价格〔2013〕66号 in percent and yuan: issuer, network, acquirer, their bounds.
_2013: Final[dict[str, tuple[tuple[str, str | None], ...]]] = {
    "general": (("0.55", None), ("0.08", None), ("0.15", None)),
    "catering": (("0.90", None), ("0.13", None), ("0.22", None)),
    "property": (("0.90", "60"), ("0.13", "10"), ("0.22", "10")),
    "wholesale": (("0.55", "20"), ("0.08", "2.5"), ("0.15", "3.5")),
    "daily_life": (("0.26", None), ("0.04", None), ("0.08", None)),
}
CLASS_OF: Final = {
    "5812": "catering", "7011": "catering", "5511": "property", "7013": "property",
    "5039": "wholesale", "5411": "daily_life", "5541": "daily_life",
}  # fmt: skip


def row_c(case: Mapping[str, str]) -> str:  # noqa: PLR0911 - a ladder of questions
    """Return the row of table C."""
    what, channel = case["transaction"], case["channel"]
    if what == "social_service":
        return "C1"
    if what in {"reversal", "void"}:
        return "C11"
    if what == "refund":
        return "C12"
    if channel == "U":
        return "C2"
    if what == "withdrawal":
        if channel == "M":
            return "C8"
        if case["side"] == "off_us":
            return "C7"
        return "C5" if case["city"] == "in" else "C6"
    return {
        "sale": "C3", "preauthorisation": "C3", "inquiry": "C4",
        "payment": "C9", "transfer": "C10", "remittance": "C10",
    }[what]  # fmt: skip


def row_i(  # noqa: PLR0911 - a ladder of questions
    case: Mapping[str, str], options: Mapping[str, Any]
) -> str:
    """Return the row of table I."""
    what = case["transaction"]
    if what in {"reversal", "void"}:
        return "I11"
    if what == "refund":
        return "I12"
    if case["side"] == "on_us":
        return "I1"
    if what == "social_service":
        return "I2"
    if what == "preauthorisation":
        return "I13"
    if case["channel"] == "U":
        return "I9"
    if is_waived(case, options):
        return "I3"
    if what == "sale":
        return "I4" if case["institution"] == "W" else "I5"
    return {
        "withdrawal": "I6", "inquiry": "I7", "payment": "I8", "transfer": "I10",
        "remittance": "I10",
    }[what]  # fmt: skip


def is_waived(case: Mapping[str, str], options: Mapping[str, Any]) -> bool:
    """Tell whether 四(四)3(5) reaches a financial off-us transaction outside of channel U."""
    if case["card"] != "social" or case["institution"] != "W":
        return False
    if case["channel"] == "M" and not options["waiver_urban"]:
        return False
    return case["transaction"] == "sale" or options["waiver_scope"] == "all"


def price(entry: Any, fen: int, off_percent: int = 0) -> int:  # noqa: ANN401 - as in the file
    """Return what a price of a tariff file makes of an amount."""
    if entry == "free":
        return 0
    steps = entry if isinstance(entry, list) else [entry]
    step = next(s for s in steps if fen <= s.get("up_to_fen", fen))
    exact = Decimal(step.get("fixed_fen", 0)) + Decimal(fen) * step.get("rate_ppm", 0) / 1_000_000
    exact = max(exact, Decimal(step.get("least_fen", 0)))
    if "most_fen" in step:
        exact = min(exact, Decimal(step["most_fen"]))
    return int((exact * (100 - off_percent) / 100).quantize(_CENT, ROUND_HALF_UP))


def percent(fen: int, rate: str, most_yuan: str | None) -> int:
    """Return a percentage, bounded."""
    exact = Decimal(fen) * Decimal(rate) / 100
    if most_yuan is not None:
        exact = min(exact, Decimal(most_yuan) * 100)
    return int(exact.quantize(_CENT, ROUND_HALF_UP))


def farm_worker_fee(fen: int, day: int) -> int:
    """Return the ceiling of a withdrawal at another bank."""
    if day >= _CEILING_2014:
        return min(percent(fen, "0.5", None), 2_000)
    return max(100, min(percent(fen, "0.8", None), 2_000))


def cardholder(case: Mapping[str, str], fen: int, day: int, banks: Mapping[str, Any]) -> Legs:
    """Return what the cardholder pays; `banks` are tables of tariff files by side."""
    row, channel = row_c(case), case["channel"]
    issuer, acquirer = banks["issuer"]["as_issuer"], banks["acquirer"]["as_acquirer"]
    off_issuer, off_acquirer = (
        banks[side].get("discount_percent", {}).get(channel, 0) for side in ("issuer", "acquirer")
    )
    what = case["transaction"]
    if row == "C2":
        names = ("transaction", "side", "city")
        entry = next(
            e
            for e in issuer["standard"]
            if all(case[name] in e.get(name, [case[name]]) for name in names)
        )
        own = price(entry["price"], fen, off_issuer)
    elif row == "C6":
        own = price(issuer["withdrawal_out_of_city"], fen, off_issuer)
        own = min(own, price(issuer["remittance"], fen))
    elif row == "C7":
        own = price(issuer["withdrawal_off_us"], fen, off_issuer)
        other = price(acquirer["withdrawal_off_us"], fen, off_acquirer)
        most = farm_worker_fee(fen, day)
        own = min(own, most)
        return [
            ("cardholder", "issuer", own),
            ("cardholder", "acquirer", min(other, most - own)),
        ]
    elif row == "C9":
        own = price(issuer["payment"], fen, off_issuer)
        if case["side"] == "off_us":
            other = price(acquirer["payment"], fen, off_acquirer)
            return [("cardholder", "issuer", own), ("cardholder", "acquirer", other)]
    elif row == "C10":
        own = price(issuer[what], fen, off_issuer)
    else:
        own = 0
    return [("cardholder", "issuer", own)]


def interbank(
    case: Mapping[str, str], row: str, fen: int, day: int, acquirer: Mapping[str, Any]
) -> Legs:
    """Return what institutions pay each other, without what is nothing."""
    agreed = {name: price(entry, fen) for name, entry in acquirer["as_acquirer"].items()}
    by_merchant = case["transaction"] in {"sale", "payment"}
    legs: Legs = []
    if row in {"I3", "I4"}:
        legs = [("merchant" if by_merchant else "issuer", "acquirer", agreed["welfare"])]
    elif row == "I5":
        legs = purchase(case, fen, day, agreed["purchase"])
    elif row in {"I6", "I7", "I9"}:
        name = {"I6": "withdrawal", "I7": "inquiry", "I9": "urban"}[row]
        legs = [
            ("issuer", "network", agreed[f"{name}_network"]),
            ("issuer", "acquirer", agreed[f"{name}_acquirer"]),
        ]
    elif row == "I8":
        legs = [
            ("acquirer", "issuer", agreed["payment_issuer"]),
            ("acquirer", "network", agreed["payment_network"]),
            ("merchant", "acquirer", agreed["payment_acquirer"]),
        ]
    elif row == "I10":
        legs = [
            ("acquirer", "issuer", agreed["transfer_issuer"]),
            ("issuer", "network", agreed["transfer_network"]),
            ("issuer", "acquirer", agreed["transfer_acquirer"]),
        ]
    return [leg for leg in legs if leg[2]]


def purchase(case: Mapping[str, str], fen: int, day: int, market_fen: int) -> Legs:
    """Return the legs of a purchase by the national prices of its day."""
    if day < _RATES_2016:
        kind = CLASS_OF.get(case["category"], "general")
        issuer, network, own = (percent(fen, rate, most) for rate, most in _2013[kind])
        return [
            ("acquirer", "issuer", issuer),
            ("acquirer", "network", network),
            ("merchant", "acquirer", own),
        ]
    rate, most = ("0.45", None) if case["card"] == "credit" else ("0.35", "13")
    each = percent(fen, "0.0325", "3.25")
    return [
        ("acquirer", "issuer", percent(fen, rate, most)),
        ("acquirer", "network", each),
        ("issuer", "network", each),
        ("merchant", "acquirer", market_fen),
    ]
