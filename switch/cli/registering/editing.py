"""Changing the registry (switch/cli): a change is checked as a whole before it is written.

What is wrong refuses all of it, with the line and the reason of each row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from messages.crypto.keys import Tmk
from messages.crypto.vault import Vault
from messages.crypto.wrapping import WrapError
from messages.dialects.dialect import Dialect
from messages.dialects.loader import SpecError, load_dialect
from messages.masking import mask_numbers
from switch.cli.outcome import stop
from switch.cli.registering.storing import editing
from switch.cli.serving.folder import key_store
from switch.config.checks import check_across, check_spoken
from switch.config.faults import ConfigurationError, Fault, Wrong
from switch.config.files import FeeOptions
from switch.config.installation import VAULT_ROLES
from switch.config.keystore import KeyStore
from switch.config.reading import Models, Sources
from switch.config.registry.building import around, decides, said_twice
from switch.config.registry.changes import Change, Changes, apply, change_to
from switch.config.registry.checks import wrong_rows
from switch.config.registry.fields import Row
from switch.config.registry.kinds import KINDS, State
from switch.config.registry.stages import Stages, load_stages
from switch.config.sections.cards import concealed
from switch.config.sections.following import follows_of
from switch.config.sections.merging import merge, owned_by, stands_twice
from switch.config.sections.rows import TerminalRow
from switch.config.tariffs import REGISTRY, load_tariffs
from switch.core.moment import SHANGHAI
from switch.shell.clock import wall_ns

_NS_PER_S = 1_000_000_000


class Edit:
    """What somebody wants: rows, keys that go, who and why, and where rows were read.

    Sections that are `taken` out of their files count as empty already. `files` are those of kinds
    that come from another than `file`. `made` makes the rows of what is there when writing.
    """

    def __init__(self, by: str, why: str) -> None:
        """Begin with nothing."""
        self.by, self.why = by, why
        self.rows: Mapping[str, Sequence[Row]] = {}
        self.made: Callable[[State], Mapping[str, Sequence[Row]]] | None = None
        self.removed: Mapping[str, list[str]] = {}
        self.taken: frozenset[str] = frozenset()
        self.file = ""
        self.files: Mapping[str, str] = {}
        self.lines: Mapping[tuple[str, str], int] = {}


def models_of(folder: Path) -> Models:
    """Return the files of an installation; status 2 where they cannot be used."""
    if not folder.is_dir():
        stop(f"there is no folder {folder}")
    sources = Sources(folder)
    if sources.models is None:
        stop(f"{folder} cannot be used\n{ConfigurationError(sources.faults)}")
    return sources.models


def carry_out(folder: Path, edit: Edit) -> Change | None:
    """Write a change, None where there is nothing to change.

    ConfigurationError with everything that is wrong; then nothing is written.
    """
    with editing(folder) as changes:
        return written(folder, edit, changes)


def written(folder: Path, edit: Edit, changes: Changes) -> Change | None:
    """Check and write a change to what is held for editing, as `carry_out` does."""
    rules = _Rules(folder, models_of(folder))
    now = _now()
    told = (now.strftime("%Y-%m-%dT%H:%M:%S+08:00"), edit.by, edit.why)
    _check_removed(changes, edit)
    given = edit.rows if edit.made is None else edit.made(changes.state)
    rows = concealed(given, lambda: vault_of(folder))
    change = change_to(changes, rows, edit.removed, told)
    if not (change.rows or change.removed):
        return None
    after: State = {kind: dict(changes.state[kind]) for kind in KINDS}
    apply(after, change)
    owned = owned_by([*changes.changes, change])
    sources = rules.sources(after, edit.taken, owned)
    wrongs: list[Wrong | Fault] = [*rules.wrong(after, sources, now.date())]
    wrongs += _made_up(given.get("terminal", ()), changes)
    if decides([*changes.changes, change]) and sources.models is not None:
        wrongs += said_twice(folder, sources.models, has_rows=bool(after["acquirer"]))
    file = edit.file or changes.place
    faults = [
        wrong.fault(edit.files.get(wrong.kind, file), edit.lines.get((wrong.kind, wrong.key), 0))
        for wrong in wrongs
        if isinstance(wrong, Wrong)
    ]
    faults += [fault for fault in wrongs if isinstance(fault, Fault)]
    if sources.faults:
        # A file that was wrong before is another matter, and perhaps what this change mends; but
        # while a kind stands twice, only what brings it to one place may go on.
        before = rules.sources(changes.state, owned=owned_by(changes.changes)).faults
        faults += [each for each in sources.faults if each not in before or stands_twice(each)]
    if faults:
        raise ConfigurationError(faults)
    changes.append(change)
    return change


def faults_of(
    folder: Path, state: State, file: str, lines: Mapping[tuple[str, str], int]
) -> list[Fault]:
    """Return what would be wrong in a folder with such rows; `lines` of `file` have them."""
    rules = _Rules(folder, models_of(folder))
    sources = rules.sources(state)
    wrong = rules.wrong(state, sources, _now().date())
    return [
        each.fault(file, lines.get((each.kind, each.key), 0)) for each in wrong
    ] + sources.faults


def _now() -> datetime:
    """Return the time in Shanghai."""
    return datetime.fromtimestamp(wall_ns() // _NS_PER_S, UTC) + SHANGHAI


class _Rules:
    """What a state of the registry must fit: the files of the folder, stages and dialects."""

    def __init__(self, folder: Path, models: Models) -> None:
        self._folder = folder
        self._dialects = _dialects(folder, models)
        self._stages = _stages(folder, models, self._dialects)

    def sources(
        self,
        state: State,
        taken: frozenset[str] = frozenset(),
        owned: frozenset[str] = frozenset(),
    ) -> Sources:
        """Return the files with the rows of a state, checked against each other."""
        sources = Sources(self._folder)
        merge(sources, state, taken, owned)
        if (models := sources.models) is not None:
            check_across(sources, models)
            check_spoken(sources.terminals, models.terminals, self._dialects)
        return sources

    def wrong(self, state: State, sources: Sources, today: date) -> Iterator[Wrong]:
        """Yield every row that is wrong, by itself or because of a file."""
        yield from sources.wrong
        if (models := sources.models) is not None:
            yield from wrong_rows(state, around(models, self._stages), today)
            yield from self._wrong_tariffs(state, models.jinbao.fees)
        yield from self._wrong_keys(state)

    def _wrong_keys(self, state: State) -> Iterator[Wrong]:
        """Yield every terminal without a key, or with another than the one that is recorded."""
        if not state["terminal"]:
            return
        store = key_store(self._folder)
        names = store.names("terminals")
        for key, row in state["terminal"].items():
            if key not in names:
                reason = "there is no key of it yet; `jinbao keys terminal new` makes one"
                yield Wrong("terminal", key, "", reason)
            elif isinstance(row, TerminalRow) and row.key_check:
                found = _check_value(store, key)
                if row.key_check.upper() != found:
                    reason = f"is {row.key_check}, and the key in keys/terminals.toml has {found}"
                    yield Wrong("terminal", key, "key_check", reason)

    def _wrong_tariffs(self, state: State, fees: FeeOptions) -> Iterator[Wrong]:
        """Yield every row that names a tariff which is not there, or not yet."""
        follows = follows_of(state)
        if not follows:
            return
        options = fees.model_dump(exclude={"tariffs"}, exclude_none=True)
        try:
            load_tariffs(fees.tariffs, self._folder, options, (), follows)
        except ConfigurationError as error:
            for fault in error.faults:
                if fault.file == REGISTRY:
                    kind, key, field = fault.key.split(".")
                    yield Wrong(kind, key, field, fault.reason)
                else:
                    yield Wrong("tariff", "", "", str(fault))


def _check_value(store: KeyStore, terminal: str) -> str:
    """Return the check value of a terminal's key, empty where its box does not open."""
    try:
        key = store.key("terminals", terminal)
    except WrapError:
        key = None
    return "" if key is None else Tmk(key).kcv().hex().upper()


def _made_up(rows: Iterable[Row], changes: Changes) -> Iterator[Wrong]:
    """Yield every row whose card nobody ever gave: a hash is made here, of a whole number."""
    known = {each.get("settlement_card") for each in _terminals(changes.changes)}
    for row in rows:
        card = row.settlement_card if isinstance(row, TerminalRow) else ""
        if "/" in card and card not in known:
            yield Wrong("terminal", row.key, "settlement_card", "is none that was ever given")


def _terminals(changes: Iterable[Change]) -> Iterator[Mapping[str, Any]]:
    for change in changes:
        yield from change.rows.get("terminal", ())


def _check_removed(changes: Changes, edit: Edit) -> None:
    for kind, keys in edit.removed.items():
        for key in keys:
            if key not in changes.state[kind]:
                reason = f"there is no {mask_numbers(key)}"
                raise ConfigurationError([Fault(changes.place, 0, kind, reason)])


def _dialects(folder: Path, models: Models) -> list[Dialect]:
    names = models.jinbao.dialects.terminals
    try:
        return [
            load_dialect(str(folder / name) if "/" in name else name)
            for name in ([names] if isinstance(names, str) else names)
        ]
    except SpecError as error:
        stop(str(error))


def _stages(folder: Path, models: Models, dialects: Sequence[Dialect]) -> Stages:
    """Return the stages; status 2 where they, or the dialects that they name, cannot be used."""
    known = frozenset(rule.id for dialect in dialects for rule in dialect.transactions)
    try:
        return load_stages(models.jinbao.registry.stages, folder, known)
    except ConfigurationError as error:
        stop(str(error))


def vault_of(folder: Path) -> Vault:
    """Return the keys of card data; status 2 where they are not there."""
    store = key_store(folder)
    try:
        data, cards = (store.key("vault", role) for role in VAULT_ROLES)
    except (ConfigurationError, WrapError) as error:
        stop(f"keys/vault.toml: {error}")
    if data is None or cards is None:
        stop("keys/vault.toml: there are no such keys; `jinbao init` makes them")
    return Vault(data, cards)
