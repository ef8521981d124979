"""Loading tariffs (switch/config): files of three kinds become one set that `fees` quotes from.

Everything that is wrong is found in one go; a fee table with a hole or an overlap is refused.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final

import msgspec
from pydantic import BaseModel

from fees.matrix import (
    CHANNELS,
    STANDARD_DIMENSIONS,
    Box,
    FeeTableError,
    Matrix,
    Options,
    Part,
    Rule,
    cover,
    tabulate,
)
from fees.quote import Tariffs
from fees.tariff import (
    EVERY_BANK,
    FREE,
    BankTariff,
    Ceiling,
    NationalPrices,
    Price,
    RateClass,
    Rates,
    StandardKey,
    latest_first,
)
from switch.config.faults import ConfigurationError, Fault
from switch.config.reading import Source
from switch.config.sections.following import Follow, spliced
from switch.config.tariff_files import (
    KINDS,
    BankEntry,
    BanksTariffFile,
    ClassEntry,
    IssuerPrices,
    MatrixFile,
    NationalFile,
    PriceEntry,
    RatesEntry,
    RuleEntry,
    price_of,
)

_INQUIRY: Final = "inquiry"
_BANKS: Final = "bank-tariffs"
REGISTRY: Final = "the registry"
"""The file of a fault that is in a row of kind `tariff`."""
PACKAGED: Final = ("chongqing-2014", "national", "free")
"""The set that holds where nothing else is named."""


def packaged_names() -> tuple[str, ...]:
    """Return the names of the tariff files that come with the program, sorted."""
    folder = resources.files("specs") / "tariffs"
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    )


@cache
def packaged_tariffs(*names: str) -> Tariffs:
    """Return a set of packaged files (`PACKAGED` without names), loaded once."""
    return load_tariffs(names or PACKAGED)


def load_tariffs(
    names: Sequence[str],
    folder: Path | None = None,
    options: Mapping[str, str | bool] | None = None,
    instead: Sequence[str] = (),
    follows: Sequence[Follow] = (),
) -> Tariffs:
    """Return what the named files say; ConfigurationError with everything that is wrong.

    A name with `/` is a path (from `folder`), any other a packaged file. `options` are readings
    that replace those of the matrix. The files `instead` replace all named ones of their kinds, and
    with those of banks what single banks follow (`follows`) too.
    """
    loading = _Loading(options or {}, folder)
    for name in instead:
        loading.read(name)
    replaced = loading.kinds
    for name in names:
        loading.read(name, replaced)
    for follow in follows if _BANKS not in replaced else ():
        loading.follow(follow)
    made = loading.tariffs() if not loading.faults else None
    if made is None:
        raise ConfigurationError(loading.faults)
    return made


class _Loading:
    """Files that were read so far, and what is wrong with them."""

    def __init__(self, options: Mapping[str, str | bool], folder: Path | None) -> None:
        self.faults: list[Fault] = []
        self._options = options
        self._folder = folder or Path()
        self._followed: dict[str, dict[int, tuple[Follow, list[BankTariff]]]] = {}
        self._files: dict[str, list[tuple[Source[Any], Any]]] = {kind: [] for kind in KINDS}

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of the files that were read so far."""
        return frozenset(kind for kind, found in self._files.items() if found)

    def read(self, name: str, replaced: frozenset[str] = frozenset()) -> None:
        place = self._place(name)
        if place is None:
            self._fault(name, _no_such())
            return
        kind = _kind(place)
        if kind in replaced:
            return
        model: type[BaseModel] | None = KINDS.get(kind)
        if model is None:
            allowed = " or ".join(KINDS)
            self._fault(str(place), f"kind is {kind!r}, not {allowed}" if kind else "has no kind")
            return
        source = Source(place, model)
        self.faults += source.faults
        self._files[kind].append((source, source.model))

    def _place(self, name: str) -> Path | Traversable | None:
        if "/" in name:
            return self._folder / name
        packaged = resources.files("specs") / "tariffs" / f"{name}.toml"
        return packaged if name in packaged_names() else None

    def follow(self, follow: Follow) -> None:
        """Let a bank have the tariff of a file from a day on: its own there, or everybody's."""
        place = self._place(follow.file)
        if place is None:
            self._wrong(follow, f"{follow.file}: {_no_such()}")
            return
        if (kind := _kind(place)) != _BANKS:
            self._wrong(follow, f"{follow.file} is of kind {kind!r}, not {_BANKS}")
            return
        source = Source(place, BanksTariffFile)
        entries = [] if source.model is None else source.model.bank
        own = [index for index, entry in enumerate(entries) if entry.id == follow.bank]
        every = [index for index, entry in enumerate(entries) if entry.id == EVERY_BANK]
        versions = [
            msgspec.structs.replace(self._bank(source, index, entries[index]), bank=follow.bank)
            for index in own or every
        ]
        self.faults += source.faults
        self._followed.setdefault(follow.bank, {})[follow.from_day] = follow, versions

    def tariffs(self) -> Tariffs | None:
        """Return the set, None after faults."""
        matrices, national = self._files["fee-matrix"], self._files["national-prices"]
        for kind, found in (("fee-matrix", matrices), ("national-prices", national)):
            if len(found) != 1:
                self._fault("tariffs", f"{len(found)} files of kind {kind}, not one")
        if self.faults:
            return None
        matrix = self._matrix(*matrices[0])
        prices = self._national(*national[0])
        banks = self._banks()
        if matrix is None or self.faults:
            return None
        return Tariffs(matrix, prices, banks)

    def _matrix(self, source: Source[Any], model: MatrixFile) -> Matrix | None:
        options = msgspec.structs.replace(Options(**model.options.model_dump()), **self._options)
        cardholder = tuple(map(_rule, model.cardholder))
        interbank = tuple(map(_rule, model.interbank))
        try:
            cells = tabulate(cardholder, interbank, options)
        except FeeTableError as error:
            self._fault(source.name, str(error))
            return None
        return Matrix(
            name=model.name,
            title=_title(model.title),
            source=model.source,
            welfare_categories=frozenset(model.welfare_categories),
            options=options,
            cardholder=cardholder,
            interbank=interbank,
            cells=cells,
        )

    def _national(self, source: Source[Any], model: NationalFile) -> NationalPrices:
        ceilings = [
            Ceiling(valid_from=_day(e.valid_from), clause=e.clause, price=price_of(e.price))
            for e in model.farm_workers
        ]
        source.check_unique("farm_workers", "valid_from", (e.valid_from for e in ceilings))
        source.check_unique("rates", "valid_from", (e.valid_from for e in model.rates))
        rates = [self._rates(source, index, entry) for index, entry in enumerate(model.rates)]
        self.faults += source.faults
        if self.faults:
            return NationalPrices(rates=(), farm_workers=())
        return NationalPrices(rates=latest_first(rates), farm_workers=latest_first(ceilings))

    def _rates(self, source: Source[Any], index: int, entry: RatesEntry) -> Rates:
        by_category: dict[str, RateClass] = {}
        rest: list[RateClass] = []
        for each in entry.classes:
            made = _class(each)
            for category in each.categories:
                if category in by_category:
                    reason = f"{category} is in {by_category[category].id} and in {each.id}"
                    source.fault(("rates", index), reason)
                by_category[category] = made
            if not each.categories:
                rest.append(made)
        if len(rest) != 1:
            reason = f"{len(rest)} classes without categories, not one for all that no other names"
            source.fault(("rates", index), reason)
            rest.append(_class(entry.classes[0]))
        return Rates(
            valid_from=_day(entry.valid_from),
            clause=entry.clause,
            by_category=by_category,
            otherwise=rest[0],
        )

    def _banks(self) -> dict[str, tuple[BankTariff, ...]]:
        by_bank: dict[str, list[BankTariff]] = {}
        seen: dict[tuple[str, int], str] = {}
        for source, model in self._files[_BANKS]:
            file: BanksTariffFile = model
            for index, entry in enumerate(file.bank):
                tariff = self._bank(source, index, entry)
                key = (tariff.bank, tariff.valid_from)
                if key in seen:
                    reason = f"{entry.id} has a tariff from {entry.valid_from} in {seen[key]}"
                    source.fault(("bank", index, "valid_from"), reason)
                else:
                    seen[key] = source.name
                    by_bank.setdefault(tariff.bank, []).append(tariff)
            self.faults += source.faults
        found = {bank: latest_first(versions) for bank, versions in by_bank.items()}
        for bank, follows in self._followed.items():
            versions = {day: each for day, (_, each) in follows.items()}
            try:
                found[bank] = spliced(found.get(bank, ()), versions)
            except ValueError as error:
                follow, _ = follows[error.args[0]]
                self._wrong(follow, f"{follow.file} has no tariff of {bank} on {follow.from_day}")
        return found

    def _bank(self, source: Source[Any], index: int, entry: BankEntry) -> BankTariff:
        standard: dict[StandardKey, Price] = {}
        if entry.as_issuer.standard is not None:
            try:
                standard = _standard(entry.as_issuer)
            except FeeTableError as error:
                source.fault(("bank", index, "as_issuer", "standard"), str(error))
        if any(key[0] == _INQUIRY and price != FREE for key, price in standard.items()):
            # DE 28 has no place in an inquiry, and there is no DE 4 to debit it with.
            reason = "an inquiry moves no money: its price should be free"
            source.fault(("bank", index, "as_issuer", "standard"), reason)
        discounts = entry.discount_percent.model_dump()
        return BankTariff(
            bank=entry.id,
            valid_from=_day(entry.valid_from),
            refunds_in_proportion=entry.refund == "in_proportion",
            discount_percent={channel: discounts[channel] for channel in CHANNELS},
            as_issuer=_prices(entry.as_issuer, leave_out=("standard",)),
            standard=standard,
            as_acquirer=_prices(entry.as_acquirer),
        )

    def _wrong(self, follow: Follow, reason: str) -> None:
        self.faults.append(Fault(REGISTRY, 0, f"tariff.{follow.key}.file", reason))

    def _fault(self, file: str, reason: str) -> None:
        self.faults.append(Fault(file, 0, "", reason))


def _no_such() -> str:
    known = ", ".join(packaged_names())
    return f"no tariff file of this name; there are {known}; a path has a /"


def _kind(place: Path | Traversable) -> str:
    """Return what kind of file this says it is; empty where that cannot be read."""
    try:
        kind = tomllib.loads(place.read_text(encoding="utf-8")).get("kind", "")
    except (OSError, ValueError):
        return _BANKS  # it has faults of its own, and they are told with its reading
    return kind if isinstance(kind, str) else ""


def _rule(entry: RuleEntry) -> Rule:
    return Rule(
        id=entry.id,
        title=(entry.en, entry.zh),
        clause=entry.clause,
        boxes=tuple(
            Box(box.values_by_dimension, box.option.model_dump(exclude_none=True))
            for box in entry.boxes
        ),
        not_under=tuple(entry.not_under),
        charges=entry.charges,
        parts=tuple(
            Part(
                payer=part.payer, payee=part.payee, price=part.price,
                values=part.values_by_dimension,
            )
            for part in entry.parts
        ),
        ceiling=entry.ceiling,
    )  # fmt: skip


def _class(entry: ClassEntry) -> RateClass:
    def price(steps: PriceEntry | None) -> Price | None:
        return None if steps is None else price_of(steps)

    issuer = price_of(entry.issuer)
    return RateClass(
        id=entry.id,
        title=_title(entry.title),
        categories=frozenset(entry.categories),
        issuer=issuer,
        issuer_credit=price(entry.issuer_credit) or issuer,
        network=price_of(entry.network),
        network_of_issuer=price(entry.network_of_issuer) or FREE,
        acquirer=price(entry.acquirer),
    )


def _standard(prices: IssuerPrices) -> dict[StandardKey, Price]:
    """Return the standard tariff by case; FeeTableError where it is not disjoint and total."""
    entries = prices.standard or []
    named = {f"standard[{index}]": entry for index, entry in enumerate(entries)}
    covered = cover(
        STANDARD_DIMENSIONS,
        [(name, [entry.values_by_dimension], []) for name, entry in named.items()],
        "standard tariff",
    )
    return {
        (cell[0], cell[1], cell[2]): price_of(named[name].price) for cell, name in covered.items()
    }


def _prices(model: BaseModel, leave_out: Iterable[str] = ()) -> dict[str, Price]:
    names = [name for name in type(model).model_fields if name not in leave_out]
    stated = ((name, getattr(model, name)) for name in names)
    return {name: price_of(steps) for name, steps in stated if steps is not None}


def _title(title: Sequence[str]) -> tuple[str, str]:
    english, chinese = title
    return english, chinese


def _day(day: date) -> int:
    return int(day.strftime("%Y%m%d"))
