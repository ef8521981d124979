"""What the chip of a test card does, and what its issuer answers (simulators): DE 55 both ways.

Scripts (71, 72) are carried out whatever their own MAC: a test card's files are of no worth.

The tags that a cryptogram covers, and their order, are a profile; the usual one is `COVERED`.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from hmac import compare_digest
from typing import Final

from messages.crypto.chip import ARQC_BYTES, CODE_BYTES, CardKey, ChipKey
from messages.dialects.tlv import Tlv, TlvError, ber_item, encode_ber, parse_ber

COVERED: Final = ("9F02", "9F03", "9F1A", "95", "5F2A", "9A", "9C", "9F37", "82", "9F36")
"""The tags that a cryptogram covers, in order; the card's own results (in 9F10) follow."""
_CRYPTOGRAM, _COUNTER, _ISSUER_DATA, _ANSWER = "9F26", "9F36", "9F10", "91"
_KIND: Final = "9F27"
_TEMPLATES: Final = ("71", "72")
"""Scripts before and after the card's last word."""
_SCRIPT_ID, _COMMAND, _SCRIPT_RESULT = "9F18", "86", "DF31"
_ID_BYTES: Final = 4
_CLASSES: Final = frozenset({0x04, 0x84, 0x8C})
"""Classes of commands that an issuer may send in a script; DA, for one, writes a value."""
_COMMAND_HEAD: Final = 5
_DONE, _FAILED, _LAST_NUMBER = 0x20, 0x10, 0x0F
_REPORTED: Final = (
    "9F33", "95", "9F37", "9F1E", "9F10", "9F26", "9F36", "82", _SCRIPT_RESULT, "9F1A", "9A",
)  # fmt: skip
"""The tags of a script result, in that order."""
_RESULTS: Final = slice(3, 7)
"""The card verification results in 9F10, after its length, key index and version."""
MASTER_KEY: Final = "9E15204313F7318ACB79B90BD986AD29"
"""The chip master key of the fictional BIN: for tests only."""


class ChipCheck(StrEnum):
    """What an issuer does about cryptograms."""

    IGNORE = "ignore"
    """Looks at none and answers none."""
    VERIFY = "verify"
    """Refuses a wrong one with A7, and answers a right one with its own (91)."""
    WRONG = "wrong"
    """Verifies, and answers with a cryptogram that no card accepts."""


class Chip:
    """The chip of one card, as its issuer made it."""

    def __init__(self, pan: str, sequence: str, key: ChipKey | CardKey | None = None) -> None:
        """Take the card's key, or make it of a master key; without one of the fictional BIN's."""
        if not isinstance(key, CardKey):
            key = (key or ChipKey.from_hex(MASTER_KEY)).card(pan, sequence[-2:])
        self._key: CardKey = key

    def signed(self, chip: str) -> str:
        """Return DE 55 of a request with the cryptogram that its data ask for."""
        return encode_ber(self.sign(parse_ber(bytes.fromhex(chip)))).hex().upper()

    def sign(self, items: Sequence[Tlv]) -> list[Tlv]:
        """Return the tags of a request with the cryptogram that they ask for."""
        code = self._cryptogram(items)
        return [item if item.tag != _CRYPTOGRAM else ber_item(item.tag, code) for item in items]

    def last_word(self, chip: str, kind: int) -> str:
        """Return DE 55 after the answer: `kind` (9F27) is 0x40 for a TC, 0 for an AAC."""
        items = [
            item if item.tag != _KIND else ber_item(_KIND, bytes([kind]))
            for item in parse_ber(bytes.fromhex(chip))
        ]
        code = self._cryptogram(items, bytes([kind]))
        told = [item if item.tag != _CRYPTOGRAM else ber_item(item.tag, code) for item in items]
        return encode_ber(told).hex().upper()

    def is_right(self, chip: str) -> bool:
        """Tell whether the cryptogram in DE 55 of a request is this card's."""
        try:
            items = parse_ber(bytes.fromhex(chip))
            carried = _value(items, _CRYPTOGRAM)
            return compare_digest(carried, self._cryptogram(items))
        except (TlvError, ValueError):
            return False

    def answer(self, chip: str, code: str, *, is_wrong: bool = False) -> str:
        """Return DE 55 of the answer to a request: the counter, and the issuer's cryptogram."""
        items = parse_ber(bytes.fromhex(chip))
        counter, covered = _value(items, _COUNTER), code.encode("ascii")
        arpc = self._key.arpc(counter, _value(items, _CRYPTOGRAM), covered)
        if is_wrong:
            arpc = bytes([arpc[0] ^ 1]) + arpc[1:]
        told = [ber_item(_COUNTER, counter), ber_item(_ANSWER, arpc + covered)]
        return encode_ber(told).hex().upper()

    def accepts(self, chip: str, answered: str) -> bool:
        """Tell whether the card takes an answer's DE 55; one without a cryptogram is taken."""
        try:
            told = _value(parse_ber(bytes.fromhex(answered)), _ANSWER)
        except (TlvError, ValueError):
            return True
        if len(told) < ARQC_BYTES + CODE_BYTES:
            return False
        asked = parse_ber(bytes.fromhex(chip))
        code = told[ARQC_BYTES : ARQC_BYTES + CODE_BYTES]
        arqc = _value(asked, _CRYPTOGRAM)
        return compare_digest(
            told[:ARQC_BYTES], self._key.arpc(_value(asked, _COUNTER), arqc, code)
        )

    def _cryptogram(self, items: Sequence[Tlv], kind: bytes = b"") -> bytes:
        values = {item.tag: item.value for item in reversed(items)}
        try:
            covered = b"".join([values[tag] for tag in COVERED])
            results = values[_ISSUER_DATA][_RESULTS]
            return self._key.arqc(values[_COUNTER], covered + results + kind)
        except KeyError as missing:
            raise ValueError(f"DE 55 has no {missing.args[0]}") from None


def issuer_script(identifier: str, *commands: str, template: str = "72") -> str:
    """Return a script as it stands in DE 55 of an answer; identifier and commands in hexadecimal.

    ValueError for what is no script: an identifier of another size, a template that is none.
    """
    if template not in _TEMPLATES or len(identifier) != 2 * _ID_BYTES or not commands:
        raise ValueError("a script has a template 71 or 72, an id of 4 bytes, and commands")
    items = [ber_item(_SCRIPT_ID, bytes.fromhex(identifier))]
    items += [ber_item(_COMMAND, bytes.fromhex(command)) for command in commands]
    return encode_ber([ber_item(template, encode_ber(items))]).hex().upper()


def script_results(answered: str) -> str:
    """Carry out the scripts of an answer's DE 55; return DF31's value, empty where there are none.

    Five bytes a script: 2 and 0, or 1 and the number of the command that failed; then its id.
    """
    try:
        scripts = [item for item in parse_ber(bytes.fromhex(answered)) if item.tag in _TEMPLATES]
    except (TlvError, ValueError):
        return ""
    return b"".join(_ran(script.value) for script in scripts).hex().upper()


def _ran(script: bytes) -> bytes:
    try:
        items = parse_ber(script)
    except TlvError:
        return bytes([_FAILED]) + bytes(_ID_BYTES)
    named = (item.value for item in items if item.tag == _SCRIPT_ID)
    identifier = next(named, b"")[:_ID_BYTES].rjust(_ID_BYTES, b"\0")
    commands = [item.value for item in items if item.tag == _COMMAND]
    for number, command in enumerate(commands, 1):
        if not _is_command(command):
            return bytes([_FAILED | min(number, _LAST_NUMBER)]) + identifier
    return bytes([_DONE]) + identifier


def _is_command(command: bytes) -> bool:
    """Tell whether a card understands it: a class of scripts, and the length that it says."""
    if len(command) < _COMMAND_HEAD or command[0] not in _CLASSES:
        return False
    return len(command) == _COMMAND_HEAD + command[_COMMAND_HEAD - 1]


def script_chip(asked: str, results: str) -> str:
    """Return DE 55 of a script result: from the request's own, and DF31."""
    found = {item.tag: item for item in parse_ber(bytes.fromhex(asked))}
    found[_SCRIPT_RESULT] = ber_item(_SCRIPT_RESULT, bytes.fromhex(results))
    return encode_ber([found[tag] for tag in _REPORTED if tag in found]).hex().upper()


def told_results(chip: str) -> str:
    """Return DF31 of a script result's DE 55, empty where it has none."""
    try:
        return _value(parse_ber(bytes.fromhex(chip)), _SCRIPT_RESULT).hex().upper()
    except (TlvError, ValueError):
        return ""


def _value(items: Sequence[Tlv], tag: str) -> bytes:
    """Return the value of the first item with a tag; ValueError where there is none."""
    for item in items:
        if item.tag == tag:
            return item.value
    raise ValueError(f"DE 55 has no {tag}")
