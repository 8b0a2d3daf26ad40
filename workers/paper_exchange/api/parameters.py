"""Read the parameters of one request as Binance does, with its codes for what is wrong."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from workers.paper_exchange.errors import (
    ApiError,
    empty_parameter,
    illegal_characters,
    invalid_data,
    missing_parameter,
    too_precise,
    unread_parameters,
)
from workers.paper_exchange.spot.symbols import ASSET_PRECISION

DECIMAL_PATTERN = r"^([0-9]{1,20})(\.[0-9]{1,20})?$"
INTEGER_PATTERN = r"^[0-9]{1,20}$"
CLIENT_ID_PATTERN = r"^[a-zA-Z0-9-_]{1,36}$"
SYMBOL_PATTERN = r"^[A-Z0-9-_.]{1,20}$"

_DECIMAL = re.compile(DECIMAL_PATTERN)
_INTEGER = re.compile(INTEGER_PATTERN)
_CLIENT_ID = re.compile(CLIENT_ID_PATTERN)
_SYMBOL = re.compile(SYMBOL_PATTERN)

#: A number that no id, time or limit of the exchange exceeds.
_LARGEST_INTEGER = 2**63 - 1


class Parameters:
    """The parameters of a request; remembers which of them were read."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._read: set[str] = set()

    def has(self, name: str) -> bool:
        return name in self._values

    def optional(self, name: str) -> str | None:
        """Return the text, None when it was not sent; -1105 when it was sent empty."""
        value = self._values.get(name)
        if value is None:
            return None
        self._read.add(name)
        if not value:
            raise empty_parameter(name)
        return value

    def text(self, name: str) -> str:
        """Return the text; -1102 when it is missing or empty."""
        value = self._values.get(name)
        if not value:
            raise missing_parameter(name)
        self._read.add(name)
        return value

    def symbol(self) -> str:
        """Return the symbol in the exchange's letters; whether it exists is asked elsewhere."""
        return _matching(self.text("symbol"), "symbol", _SYMBOL, SYMBOL_PATTERN)

    def optional_symbol(self) -> str | None:
        return self.symbol() if self.has("symbol") else None

    def client_id(self, name: str) -> str:
        """Return a client order id, empty when it was not sent; -1100 for other characters."""
        value = self.optional(name)
        if value is None:
            return ""
        return _matching(value, name, _CLIENT_ID, CLIENT_ID_PATTERN)

    def boolean(self, name: str) -> bool | None:
        """Return true or false, None when it was not sent."""
        value = self.optional(name)
        if value is None:
            return None
        if value.lower() not in {"true", "false"}:
            raise invalid_data(name)
        return value.lower() == "true"

    def decimal(self, name: str) -> Decimal | None:
        """Return a number of at most eight decimals, None when it was not sent."""
        value = self.optional(name)
        if value is None:
            return None
        _matching(value, name, _DECIMAL, DECIMAL_PATTERN)
        number = Decimal(value)
        if len(value.partition(".")[2].rstrip("0")) > ASSET_PRECISION:
            raise too_precise(name)
        return number

    def integer(self, name: str) -> int | None:
        """Return a whole number, None when it was not sent."""
        value = self.optional(name)
        if value is None:
            return None
        number = int(_matching(value, name, _INTEGER, INTEGER_PATTERN))
        if number > _LARGEST_INTEGER:
            raise invalid_data(name)
        return number

    def limit(self, default: int, largest: int) -> int:
        """Return `limit` between 1 and `largest`; more is cut, as Binance does."""
        value = self.integer("limit")
        if value is None:
            return default
        if value < 1:
            raise invalid_data("limit")
        return min(value, largest)

    def choice(self, name: str, allowed: frozenset[str], code: int, otherwise: str) -> str | None:
        """Return one of `allowed`, None when not sent; ApiError for another word."""
        value = self.optional(name)
        if value is not None and value not in allowed:
            raise ApiError(code, otherwise)
        return value

    def ignore(self, *names: str) -> None:
        """Count as read what has a meaning elsewhere."""
        self._read.update(name for name in names if name in self._values)

    def finish(self) -> None:
        """Refuse with -1104 when something was sent that nobody read."""
        if len(self._read) != len(self._values):
            raise unread_parameters(len(self._read), len(self._values))


def _matching(value: str, name: str, pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(value):
        raise illegal_characters(name, text)
    return value
