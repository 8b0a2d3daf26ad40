"""What an exchange's error codes mean, and when an error proves that nothing was done. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

REQUEST_TIMEOUT, CONFLICT, SERVICE_UNAVAILABLE = 408, 409, 503


@dataclass(frozen=True, kw_only=True)
class Codes:
    """What an exchange's error codes mean: data of its dialect."""

    is_final: Callable[[int], bool]  # In a 4xx answer: nothing was done, for certain
    is_duplicate: Callable[[int, str], bool]  # The client id is in use: an order exists
    is_definite_overload: Callable[[int, str], bool]  # In a 503 answer: certainly not done
    is_of_moment: Callable[[int, str], bool]  # Refused by room, money or prices of that moment
    passing: frozenset[int]  # Of the final ones: another attempt may go well
    clock: frozenset[int]  # Our clock is off
    order_rate: frozenset[int]  # Too many orders of this account, the address is innocent
    no_such_order: frozenset[str]  # To a query
    not_open: frozenset[int]  # To a cancel
    key_refused: frozenset[int]  # Of a wrong form, unknown, from another address, or without right
    rules: frozenset[int]  # To an order: it is against the rules of its instrument


def is_definite_refusal(status: int, code: int, message: str, codes: Codes) -> bool:
    """Tell whether an error answer proves that the exchange did not act."""
    if status == SERVICE_UNAVAILABLE:
        return codes.is_definite_overload(code, message)
    is_client_error = 400 <= status < 500 and status not in {REQUEST_TIMEOUT, CONFLICT}
    return is_client_error and codes.is_final(code)
