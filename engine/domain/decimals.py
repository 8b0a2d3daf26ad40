"""Numbers at the border: anything a person or an exchange may say becomes a finite Decimal."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_DOWN, Context, Decimal, InvalidOperation, localcontext

from engine.errors import InvalidRequest

#: More digits than any exchange shows: sums and products of money stay exact.
PRECISION = 60
#: No price or quantity of any listed instrument comes near; beyond it a number is a mistake.
LARGEST = Decimal("1e18")
SMALLEST = Decimal("1e-18")
ZERO = Decimal(0)

EXACT = Context(prec=PRECISION)


def shorten(value: object, limit: int = 40) -> str:
    """Return `value` as text that fits into one sentence."""
    if isinstance(value, str):
        kept = value[:limit]
        while len(repr(kept)) > limit + 2:  # What cannot be printed is written as up to ten letters
            kept = kept[:-1]
        return repr(value if kept == value else kept + "…")
    text = _written(value, repr)
    return text if len(text) <= limit + 2 else text[:limit] + "…"


def parse_positive(value: object, field: str) -> Decimal:
    """Return `value` as a Decimal above zero; floats are read as they print."""
    number = parse_number(value, field)
    if not SMALLEST <= number <= LARGEST:
        raise InvalidRequest(
            f"{field} is {shorten(value)}; it must be above 0 and at most {LARGEST:f}."
        )
    return number


def parse_number(value: object, field: str) -> Decimal:
    """Return `value` as a finite Decimal of a sane size."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        raise InvalidRequest(f"{field} is {shorten(value)}; it must be a number.")
    text = value if isinstance(value, str) else _written(value, str)
    try:
        number = Decimal(text) if len(text) <= 80 else Decimal("nan")
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or number.copy_abs() > LARGEST or has_too_many_digits(number):
        raise InvalidRequest(
            f"{field} is {shorten(value)}; it must be a finite number of at most 40 digits."
        )
    return number


def _written(value: object, write: Callable[[object], str]) -> str:
    try:
        return write(value)
    except ValueError:  # Python writes no whole number of more than some thousand digits
        return "a number of too many digits"


def has_too_many_digits(number: Decimal) -> bool:
    exponent = number.as_tuple().exponent
    return len(number.as_tuple().digits) > 40 or (isinstance(exponent, int) and exponent < -40)


def round_down(number: Decimal, step: Decimal) -> Decimal:
    """Return the largest multiple of `step` that is not above `number` (for number >= 0).

    A step of 0 is a rule that the exchange switched off.
    """
    if not step:
        return number
    with localcontext(EXACT):
        return (number / step).to_integral_value(rounding=ROUND_DOWN) * step


def is_multiple(number: Decimal, step: Decimal) -> bool:
    """Tell whether `step` divides `number`; a step of 0 allows everything."""
    with localcontext(EXACT):
        return not step or number % step == 0


def plain(number: Decimal) -> str:
    """Return the number without exponent and without trailing zeros: what goes on a wire."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in {"-0", ""} else text
