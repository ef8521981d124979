"""The models: addresses, identifiers, bounds; and keys named as their users name them."""

from __future__ import annotations

import msgspec
import pytest
from pydantic import ValidationError

from switch.config.files import (
    ConnectionOptions,
    LimitOptions,
    TerminalEntry,
    TimerOptions,
    split_address,
)
from switch.core import configuration as core
from switch.shell.settings import Limits

_TERMINAL = {
    "id": "50010001",
    "merchant": "999653080110001",
    "acquirer": "99900000",
    "category": "8011",
    "place": "CQ TEST VILLAGE CLINIC",
}


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("host.example:65535", ("host.example", 65535)),
        ("[::1]:8583", ("::1", 8583)),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, address: tuple[str, int]) -> None:
    assert split_address(text) == address


@pytest.mark.parametrize("text", ["", "8583", ":8583", "host:", "host:x", "host:65536", "h:-1"])
def test_anything_else_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match="an address like"):
        split_address(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("id", "5001000"),
        ("id", 50010001),
        ("merchant", "9996530801100012"),
        ("acquirer", "ABC"),
        ("category", "80110"),
        ("place", ""),
        ("place", "x" * 41),
        ("place", "诊所"),
        ("place", "a\x1b[2J"),
    ],
)
def test_a_terminal_with_a_wrong_value_is_refused_at_that_key(key: str, value: object) -> None:
    with pytest.raises(ValidationError) as raised:
        TerminalEntry.model_validate({**_TERMINAL, key: value})
    assert [error["loc"] for error in raised.value.errors()] == [(key,)]


@pytest.mark.parametrize(
    ("model", "used"),
    [
        (TimerOptions, core.Timers),
        (LimitOptions, core.Limits),
        (ConnectionOptions, Limits),
    ],
)
def test_options_have_the_names_of_what_they_set(
    model: type[TimerOptions], used: type[msgspec.Struct]
) -> None:
    assert set(model.model_fields) == set(used.__struct_fields__)
