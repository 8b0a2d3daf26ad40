"""Read one field of an exchange's message, or say clearly that it is not there. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.domain.decimals import LARGEST, has_too_many_digits, shorten
from engine.exchange.raw_answer import Unreadable

#: Before 2001 and after 2286 no exchange has an order: such a time is not in milliseconds.
EARLIEST_MS, LATEST_MS = 10**12, 10**13

Row = Mapping[str, Any]


def as_row(value: Any) -> Row:
    if not isinstance(value, dict):
        raise Unreadable(f"expected an object, got {shorten(value)}")
    return value


def as_rows(value: Any) -> list[Row]:
    if not isinstance(value, list):
        raise Unreadable(f"expected a list, got {shorten(value)}")
    return [as_row(item) for item in value]


def text(row: Row, field: str) -> str:
    """Return a word that must be there and not be empty."""
    value = row.get(field)
    if not isinstance(value, str) or not value:
        raise Unreadable(f"{field} is {shorten(value)}, expected a word")
    return value


def optional_text(row: Row, field: str) -> str | None:
    value = row.get(field)
    return value if isinstance(value, str) and value else None


def flag(row: Row, field: str) -> bool:
    value = row.get(field)
    if not isinstance(value, bool):
        raise Unreadable(f"{field} is {shorten(value)}, expected true or false")
    return value


def identifier(row: Row, field: str) -> str:
    """Return a number that is a name, as text; below zero it stands for none."""
    value = row.get(field)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Unreadable(f"{field} is {shorten(value)}, expected an id")
    return str(value)


def time_ms(row: Row, field: str) -> int:
    return as_time_ms(row.get(field), field)


def as_time_ms(value: Any, field: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unreadable(f"{field} is {shorten(value)}, expected a time in ms")
    if not EARLIEST_MS <= value < LATEST_MS:
        raise Unreadable(f"{field} is {value}, not a time in ms")
    return value


def number(row: Row, field: str) -> Decimal:
    return as_number(row.get(field), field)


def as_number(value: Any, field: str) -> Decimal:
    """Return the exact number; only text and exactly parsed JSON numbers are let in."""
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        raise Unreadable(f"{field} is {shorten(value)}, expected a number")
    try:
        result = Decimal(value) if not isinstance(value, str) or len(value) <= 80 else None
    except ArithmeticError:
        result = None
    if result is None or not result.is_finite():
        raise Unreadable(f"{field} is {shorten(value)}, expected a number")
    if result.copy_abs() > LARGEST or has_too_many_digits(result):
        raise Unreadable(f"{field} is {shorten(value)}, beyond what any market has")
    return result


def quantity(row: Row, field: str) -> Decimal:
    """Return a number that cannot be below zero."""
    result = number(row, field)
    if result < 0:
        raise Unreadable(f"{field} is {result}, below zero")
    return result


def optional_price(row: Row, field: str) -> Decimal | None:
    """Return a price; the exchange writes 0 where an order has none."""
    return quantity(row, field) or None
