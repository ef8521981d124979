"""Profiles of networks (switch/config): `specs/networks/*.toml`, or a file of one's own.

Data only: the same profile serves a world on virtual time and a relay between two processes.
"""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from routing.links import Hop, Latency, LinkClass, Outage, Profile, Told
from switch.config.faults import reason_of, shown

_US_PER_MS = 1_000
_MS_PER_S = 1_000
Count = Annotated[int, Field(gt=0, le=1_000_000_000)]
Delay = Annotated[float, Field(ge=0, le=600_000)]


class NetworkError(ValueError):
    """A profile that is not there or cannot be used; the text says which, where and why."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Latency(_Model):
    least: Delay
    p50: Delay
    p90: Delay
    p99: Delay
    most: Delay

    @model_validator(mode="after")
    def _ascends(self) -> _Latency:
        each = (self.least, self.p50, self.p90, self.p99, self.most)
        if list(each) != sorted(each):
            raise ValueError("should not fall from least to most")
        return self


class _Hop(_Model):
    name: Annotated[str, Field(min_length=1, max_length=40)]
    bandwidth_kbps: Count
    latency_ms: _Latency
    jitter_ms: Delay = 0


class _Outage(_Model):
    kind: Literal["stall", "cut"]
    every_s: Count
    lasts_s: Count


class _Network(_Model):
    format: Literal[1]
    kind: Literal["network"]
    link_class: Annotated[Literal["jinbao", "bank"], Field(alias="class")]
    en: str
    zh: str
    hop: Annotated[list[_Hop], Field(min_length=1, max_length=8)]
    outage: _Outage | None = None


def packaged_profiles() -> tuple[str, ...]:
    """Return the names of the profiles that come with the program."""
    folder = resources.files("specs") / "networks"
    return tuple(sorted(e.name[:-5] for e in folder.iterdir() if e.name.endswith(".toml")))


def load_profile(name: str) -> Profile:
    """Return a profile by its packaged name, or from a file (a path with a / or .toml).

    Raises NetworkError.
    """
    if "/" in name or name.endswith(".toml"):
        path = Path(name)
        return _made(path.stem, name, _text_of(path))
    if name not in packaged_profiles():
        known = ", ".join(packaged_profiles())
        raise NetworkError(f"there is no network profile {name}; there are {known}")
    found = resources.files("specs") / "networks" / f"{name}.toml"
    return _made(name, f"{name}.toml", found.read_text("utf-8"))


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NetworkError(f"{path}: cannot be read: {type(error).__name__}") from None


def _made(name: str, file: str, text: str) -> Profile:
    try:
        model = _Network.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise NetworkError(f"{file}: {error}") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise NetworkError(f"{file}: {shown(first['loc'])}: {reason_of(first)}") from None
    outage = model.outage
    return Profile(
        name=name,
        link_class=LinkClass(model.link_class),
        words=Told(model.en, model.zh),
        hops=tuple(
            Hop(
                name=hop.name,
                bandwidth_kbps=hop.bandwidth_kbps,
                latency=_latency(hop.latency_ms),
                jitter_us=_us(hop.jitter_ms),
            )
            for hop in model.hop
        ),
        outage=None
        if outage is None
        else Outage(
            is_cut=outage.kind == "cut",
            every_ms=outage.every_s * _MS_PER_S,
            lasts_ms=outage.lasts_s * _MS_PER_S,
        ),
    )


def _latency(given: _Latency) -> Latency:
    return Latency(
        _us(given.least), _us(given.p50), _us(given.p90), _us(given.p99), _us(given.most)
    )


def _us(milliseconds: float) -> int:
    return round(milliseconds * _US_PER_MS)
