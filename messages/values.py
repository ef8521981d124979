"""Values of the messages room: Pan, Amount, Stan, Rrn, Mti.

Each is immutable. `Pan` shows itself masked wherever it is printed; the hot path works on
plain str and int, so the same rules also stand here as plain functions. No error quotes
the text it refuses, because that text may be card data.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NoReturn, Self

import msgspec

_SHORTEST_SHOWN_PAN: Final = 13
"""First six and last four leave three hidden digits here; anything shorter is hidden whole."""
_LONGEST_PAN: Final = 19
"""DE 2 is n..19."""
_MAX_STAN: Final = 999_999
_MAX_DE4_FEN: Final = 999_999_999_999
_DE4_LENGTH: Final = 12
_RRN_LENGTH: Final = 12
_DOUBLED: Final = bytes(sum(divmod(2 * max(0, byte - 48), 10)) % 10 for byte in range(256))
"""What each ASCII digit counts for when it is doubled."""
_ZERO: Final = ord("0")
_MTI: Final = re.compile("[0-9]{4}")
_CURRENCY: Final = re.compile("[0-9]{3}")
_YUAN: Final = re.compile(r"(-?)([0-9]{1,13})(?:\.([0-9]{2}))?")
_FUNCTIONS_ANSWERED: Final = "0246"
"""MTI digit 3 of a request, advice, notification, instruction (ISO 8583:1987)."""
_ORIGINS: Final = "012345"
"""MTI digit 4: acquirer, issuer, other; the odd digit of each pair is the repeat."""


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


def mask_pan(text: str) -> str:
    """Return `text`, a PAN, as it may be shown: first six and last four digits, the length kept.

    Fewer than 13 or more than 19 characters, or anything but ASCII digits, is hidden whole.
    """
    length = len(text)
    if _SHORTEST_SHOWN_PAN <= length <= _LONGEST_PAN and _is_digits(text):
        return f"{text[:6]}{'*' * (length - 10)}{text[-4:]}"
    return "*" * length


def is_luhn_valid(digits: str) -> bool:
    """Tell whether the last of `digits` is the right check digit for the others (ISO/IEC 7812)."""
    if not _is_digits(digits):
        return False
    codes = digits.encode("ascii")
    single = codes[-1::-2]
    total = sum(single) - _ZERO * len(single) + sum(codes[-2::-2].translate(_DOUBLED))
    return total % 10 == 0


class Pan:
    """A primary account number (DE 2, n..19) that prints masked and is not serialized.

    str, repr and format give the mask; JSON and pickle encoders raise TypeError.
    """

    __slots__ = ("_digits",)
    _digits: str

    def __init__(self, digits: str) -> None:
        """Keep 1 to 19 ASCII digits; anything else raises ValueError."""
        if not (0 < len(digits) <= _LONGEST_PAN and _is_digits(digits)):
            msg = f"a PAN is 1 to {_LONGEST_PAN} digits"
            raise ValueError(msg)
        object.__setattr__(self, "_digits", digits)

    @property
    def masked(self) -> str:
        """The mask of `mask_pan`."""
        return mask_pan(self._digits)

    @property
    def is_luhn_valid(self) -> bool:
        """Whether the check digit is right."""
        return is_luhn_valid(self._digits)

    def reveal(self) -> str:
        """Return the digits in clear: for the wire and for keys of stores, never for a person."""
        return self._digits

    def __str__(self) -> str:
        """Return the mask."""
        return self.masked

    def __repr__(self) -> str:
        """Return the mask inside the class name."""
        return f"Pan({self.masked})"

    def __format__(self, format_spec: str) -> str:
        """Format the mask."""
        return format(self.masked, format_spec)

    def __eq__(self, other: object) -> bool:
        """Compare the digits."""
        if isinstance(other, Pan):
            return self._digits == other._digits
        return NotImplemented

    def __hash__(self) -> int:
        """Hash the digits."""
        return hash((Pan, self._digits))

    def __setattr__(self, name: str, value: object) -> NoReturn:
        """Refuse: a Pan never changes."""
        msg = "a Pan is immutable"
        raise AttributeError(msg)

    def __delattr__(self, name: str) -> NoReturn:
        """Refuse: a Pan never changes."""
        msg = "a Pan is immutable"
        raise AttributeError(msg)

    def __copy__(self) -> Self:
        """Return itself: it never changes."""
        return self

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return itself: it never changes."""
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse: a pickle would hold the digits in clear."""
        msg = "a Pan cannot be pickled"
        raise TypeError(msg)


def fen_from_de4(text: str) -> int:
    """Return the fen of DE 4 text (n12); ValueError otherwise."""
    if len(text) != _DE4_LENGTH or not _is_digits(text):
        msg = f"an amount in DE 4 is {_DE4_LENGTH} digits"
        raise ValueError(msg)
    return int(text)


def de4_from_fen(amount_fen: int) -> str:
    """Return DE 4 text (n12) of 0 to 999 999 999 999 fen; ValueError otherwise."""
    if not 0 <= amount_fen <= _MAX_DE4_FEN:
        msg = f"an amount in DE 4 is 0 to {_MAX_DE4_FEN} fen"
        raise ValueError(msg)
    return f"{amount_fen:012d}"


class Amount(msgspec.Struct, frozen=True):
    """Money in whole fen (hundredths) of one currency, ISO 4217 numeric (DE 49); 156 is the yuan.

    Amounts of different currencies are never added, subtracted or ordered: ValueError.
    """

    fen: int
    currency: str = "156"

    def __post_init__(self) -> None:
        """Refuse float and bool amounts (TypeError) and odd currencies (ValueError)."""
        if type(self.fen) is not int:
            msg = "an amount is a whole number of fen"
            raise TypeError(msg)
        if not _CURRENCY.fullmatch(self.currency):
            msg = "a currency is 3 digits"
            raise ValueError(msg)

    @classmethod
    def from_de4(cls, text: str, currency: str = "156") -> Self:
        """Read DE 4 text (n12, fen)."""
        return cls(fen_from_de4(text), currency)

    @classmethod
    def parse(cls, text: str, currency: str = "156") -> Self:
        """Read `500` or `500.00`, with `-` before a negative amount; ValueError otherwise."""
        match = _YUAN.fullmatch(text)
        if match is None:
            msg = "an amount is written like 500.00"
            raise ValueError(msg)
        sign, whole, hundredths = match.groups()
        fen = int(whole) * 100 + int(hundredths or 0)
        return cls(-fen if sign else fen, currency)

    def to_de4(self) -> str:
        """Return DE 4 text (n12, fen); ValueError when negative or too large."""
        return de4_from_fen(self.fen)

    def __str__(self) -> str:
        """Return the amount with two decimals, as 500.00."""
        whole, hundredths = divmod(abs(self.fen), 100)
        return f"{'-' if self.fen < 0 else ''}{whole}.{hundredths:02d}"

    def __format__(self, format_spec: str) -> str:
        """Format the text of `str`."""
        return format(str(self), format_spec)

    def __neg__(self) -> Amount:
        """Return the amount with its sign turned."""
        return Amount(-self.fen, self.currency)

    def __add__(self, other: Amount) -> Amount:
        """Add an amount of the same currency."""
        return Amount(self.fen + self._fen_of(other), self.currency)

    def __sub__(self, other: Amount) -> Amount:
        """Subtract an amount of the same currency."""
        return Amount(self.fen - self._fen_of(other), self.currency)

    def __lt__(self, other: Amount) -> bool:
        """Compare with an amount of the same currency."""
        return self.fen < self._fen_of(other)

    def __le__(self, other: Amount) -> bool:
        """Compare with an amount of the same currency."""
        return self.fen <= self._fen_of(other)

    def __gt__(self, other: Amount) -> bool:
        """Compare with an amount of the same currency."""
        return self.fen > self._fen_of(other)

    def __ge__(self, other: Amount) -> bool:
        """Compare with an amount of the same currency."""
        return self.fen >= self._fen_of(other)

    def _fen_of(self, other: object) -> int:
        if not isinstance(other, Amount):
            msg = "an amount goes only with another amount"
            raise TypeError(msg)
        if other.currency != self.currency:
            msg = f"amounts in {self.currency} and {other.currency} do not go together"
            raise ValueError(msg)
        return other.fen


def next_stan(number: int) -> int:
    """Return the STAN (DE 11) after `number`: 999999 is followed by 1, and 0 is never given."""
    return number % _MAX_STAN + 1


class Stan(msgspec.Struct, frozen=True, order=True):
    """A system trace audit number (DE 11): 000001 to 999999, never 0."""

    number: int

    def __post_init__(self) -> None:
        """Refuse a number out of range."""
        if not 1 <= self.number <= _MAX_STAN:
            msg = "a STAN is 000001 to 999999"
            raise ValueError(msg)

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Read the six digits of DE 11; ValueError otherwise."""
        if len(text) != len(str(_MAX_STAN)) or not _is_digits(text):
            msg = "a STAN is six digits"
            raise ValueError(msg)
        return cls(int(text))

    def successor(self) -> Stan:
        """Return the STAN after this one; 999999 is followed by 000001."""
        return Stan(next_stan(self.number))

    def __str__(self) -> str:
        """Return the six digits of DE 11."""
        return f"{self.number:06d}"


class Rrn(msgspec.Struct, frozen=True):
    """A retrieval reference number (DE 37, an12), the one that people quote."""

    text: str

    def __post_init__(self) -> None:
        """Refuse anything but twelve ASCII letters and digits."""
        if len(self.text) != _RRN_LENGTH or not (self.text.isascii() and self.text.isalnum()):
            msg = "an RRN is twelve letters and digits"
            raise ValueError(msg)

    def __str__(self) -> str:
        """Return the twelve characters of DE 37."""
        return self.text


@lru_cache(maxsize=256)
def response_mti(mti: str) -> str:
    """Return the MTI that answers `mti`: its function + 1, its repeat digit cleared.

    0200 -> 0210, 0421 -> 0430, 0820 -> 0830. ValueError when `mti` asks for no answer.
    """
    if not _MTI.fullmatch(mti) or mti[2] not in _FUNCTIONS_ANSWERED or mti[3] not in _ORIGINS:
        msg = "the MTI is not that of a request, advice, notification or instruction"
        raise ValueError(msg)
    return f"{mti[:2]}{int(mti[2]) + 1}{int(mti[3]) & ~1}"


class Mti(msgspec.Struct, frozen=True):
    """A message type indicator: four digits for version, class, function and origin."""

    text: str

    def __post_init__(self) -> None:
        """Refuse anything but four ASCII digits."""
        if not _MTI.fullmatch(self.text):
            msg = "an MTI is four digits"
            raise ValueError(msg)

    @property
    def version(self) -> int:
        """Digit 1: 0 is ISO 8583:1987."""
        return int(self.text[0])

    @property
    def message_class(self) -> int:
        """Digit 2: 1 authorization, 2 financial, 3 file, 4 reversal, 5 settlement, 8 network."""
        return int(self.text[1])

    @property
    def function(self) -> int:
        """Digit 3: 0 request, 2 advice, 4 notification; the odd digits are their answers."""
        return int(self.text[2])

    @property
    def origin(self) -> int:
        """Digit 4: 0 acquirer, 2 issuer, 4 other; the odd digits are their repeats."""
        return int(self.text[3])

    @property
    def is_response(self) -> bool:
        """Whether the function is an answer."""
        return self.function % 2 == 1

    @property
    def is_repeat(self) -> bool:
        """Whether the origin says that this was sent before."""
        return self.origin % 2 == 1

    def response(self) -> Mti:
        """Return the MTI of the answer (see `response_mti`)."""
        return Mti(response_mti(self.text))

    def repeat(self) -> Mti:
        """Return the MTI for sending the same again: 0420 -> 0421; ValueError for a response."""
        if self.is_response:
            msg = "a response is not repeated under an MTI of its own"
            raise ValueError(msg)
        return Mti(f"{self.text[:3]}{self.origin | 1}")

    def __str__(self) -> str:
        """Return the four digits."""
        return self.text
