"""Reading the configuration files (switch/config): their models, or everything wrong with them.

Nothing is raised: a person who mends a folder wants all its faults at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from importlib.resources.abc import Traversable
from pathlib import Path, PurePath
from typing import Generic, TypeVar, get_args

import msgspec
from pydantic import BaseModel, ValidationError

from switch.config.faults import Fault, Lines, Location, Wrong, reason_of, shown
from switch.config.files import BanksFile, CapsFile, CardsFile, JinbaoFile, TerminalsFile

M = TypeVar("M", bound=BaseModel)


class Source(Generic[M]):
    """A file: `model` is empty where the file has faults of its own.

    Tables may come from the registry instead: what is wrong with them is `wrong`.
    """

    __slots__ = ("_lines", "_rows", "faults", "model", "name", "wrong")

    def __init__(self, path: Path | Traversable, kind: type[M]) -> None:
        """Read the file; nothing is raised, everything is a fault."""
        self.name = str(path)
        self.faults: list[Fault] = []
        self.wrong: list[Wrong] = []
        self.model: M | None = None
        self._rows: dict[str, list[str]] = {}
        self._lines = Lines("")
        try:
            text = path.read_text(encoding="utf-8")
            self._lines = Lines(text)
            self.model = kind.model_validate(tomllib.loads(text))
        except tomllib.TOMLDecodeError as error:
            self._no_toml(str(error))
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                self.fault(each["loc"], reason_of(each, _known(kind, each["loc"])))
        except (OSError, UnicodeDecodeError) as error:
            self.fault((), f"cannot be read: {type(error).__name__}")

    def fault(self, where: Location, reason: str) -> None:
        """Note that something is wrong at a key, which may be one of a row."""
        match where:
            case (str(array), int(index), *rest) if array in self._rows:
                key = self._rows[array][index]
                self.wrong.append(Wrong(array, key, shown(tuple(rest)), reason))
            case _:
                self.faults.append(Fault(self.name, self._lines.of(where), shown(where), reason))

    def take(self, array: str, rows: Mapping[str, BaseModel]) -> None:
        """Let rows of the registry, by key, be the tables of an array."""
        if self.model is not None:
            self.model = self.model.model_copy(update={array: [*rows.values()]})
            self._rows[array] = [*rows]

    def line(self, array: str, index: int) -> int:
        """Return the line of a table of an array, 0 where it is not in the file."""
        return self._lines.of((array, index))

    def place(self, array: str) -> str:
        """Return where the tables of an array stand."""
        return "the registry" if array in self._rows else PurePath(self.name).name

    def check_unique(self, array: str, key: str, values: Iterable[object]) -> None:
        """Note every value that an array of tables has twice under `key`."""
        seen: dict[object, int] = {}
        for index, value in enumerate(values):
            if value in seen:
                line = self._lines.of((array, seen[value], key))
                self.fault((array, index, key), f"{value} is there already, in line {line}")
            else:
                seen[value] = index

    def _no_toml(self, complaint: str) -> None:
        """Note what the parser says, with the line that it names at its end."""
        reason, _, place = complaint.partition(" (at line ")
        line = place.partition(",")[0]
        self.faults.append(Fault(self.name, int(line) if line.isdecimal() else 0, "", reason))


class Sources:
    """The five files of an installation."""

    __slots__ = ("banks", "caps", "cards", "jinbao", "terminals")

    def __init__(self, folder: Path) -> None:
        """Read them all."""
        self.jinbao = Source(folder / "jinbao.toml", JinbaoFile)
        self.terminals = Source(folder / "terminals.toml", TerminalsFile)
        self.cards = Source(folder / "cards.toml", CardsFile)
        self.banks = Source(folder / "banks.toml", BanksFile)
        self.caps = Source(folder / "caps.toml", CapsFile)

    @property
    def faults(self) -> list[Fault]:
        """Everything that was found wrong so far."""
        each = (self.jinbao, self.terminals, self.cards, self.banks, self.caps)
        return [fault for source in each for fault in source.faults]

    @property
    def wrong(self) -> list[Wrong]:
        """The rows of the registry that were found wrong among what the files have."""
        each = (self.jinbao, self.terminals, self.cards, self.banks, self.caps)
        return [wrong for source in each for wrong in source.wrong]

    @property
    def models(self) -> Models | None:
        """The models, None where a file has none."""
        jinbao, terminals, cards = self.jinbao.model, self.terminals.model, self.cards.model
        banks, caps = self.banks.model, self.caps.model
        if jinbao and terminals and cards and banks and caps:
            return Models(jinbao, terminals, cards, banks, caps)
        return None


class Models(msgspec.Struct, frozen=True):
    """The content of the five files."""

    jinbao: JinbaoFile
    terminals: TerminalsFile
    cards: CardsFile
    banks: BanksFile
    caps: CapsFile


def _known(kind: type[BaseModel], where: Location) -> list[str]:
    """Return the keys that may stand where an unknown one was found."""
    here: type[BaseModel] | None = kind
    for step in where[:-1]:
        if isinstance(step, str):
            field = None if here is None else here.model_fields.get(step)
            here = None if field is None else _model_in(field.annotation)
    return [] if here is None else list(here.model_fields)


def _model_in(annotation: object) -> type[BaseModel] | None:
    """Return the model that an annotation is, or is a list of."""
    candidates = (annotation, *get_args(annotation))
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
