"""Many orders in one request, and the dead man's switch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import orjson

from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.api.render import Json
from workers.paper_exchange.errors import ApiError, invalid_data, missing_parameter
from workers.paper_exchange.futures.venue import Venue

from . import render, trading

T = TypeVar("T")

_MOST_ORDERS, _MOST_CANCELS = 5, 10


def place_batch(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Place at most five orders; each is accepted or refused by itself, in their order."""
    rows = _read_list(parameters, "batchOrders", _MOST_ORDERS)
    parameters.finish()
    if not all(isinstance(row, dict) for row in rows):
        raise invalid_data("batchOrders")

    def place(row: object) -> object:
        assert isinstance(row, dict)
        texts = {str(name): _text(value) for name, value in row.items() if value is not None}
        return trading.place_order(venue, caller, Parameters(texts))

    return _each(rows, place)


def cancel_batch(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Cancel at most ten orders of one contract, by either kind of id."""
    symbol = parameters.symbol()
    by_number = parameters.has("orderIdList")
    name = "orderIdList" if by_number else "origClientOrderIdList"
    ids = _read_list(parameters, name, _MOST_CANCELS)
    parameters.finish()

    def cancel(value: object) -> object:
        if by_number and not isinstance(value, int):
            raise invalid_data(name)
        order = venue.desk.cancel(
            caller.uid,
            symbol,
            order_id=value if by_number and isinstance(value, int) else None,
            client_order_id="" if by_number else str(value),
        )
        return render.answered_order(order)

    return _each(ids, cancel)


def _read_list(parameters: Parameters, name: str, most: int) -> list[object]:
    text = parameters.text(name)
    try:
        rows = orjson.loads(text)
    except orjson.JSONDecodeError:
        raise invalid_data(name) from None
    if not isinstance(rows, list) or not rows:
        raise invalid_data(name)
    if len(rows) > most:
        raise ApiError(-4082, "Invalid number of batch place orders.")
    return rows


def _each(values: Sequence[T], act: Callable[[T], object]) -> list[object]:
    """Return what each value was answered, a refusal in the place of its answer."""
    answers: list[object] = []
    for value in values:
        try:
            answers.append(act(value))
        except ApiError as error:
            refusal: Json = error.body()
            answers.append(refusal)
    return answers


def _text(value: object) -> str:
    """Return a parameter as it would stand in a query."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def set_countdown(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Cancel all orders of a contract in so many ms, unless it is said again; 0 is never."""
    symbol, length_ms = parameters.symbol(), parameters.integer("countdownTime")
    parameters.finish()
    if length_ms is None:
        raise missing_parameter("countdownTime")
    venue.countdowns.set(caller.uid, symbol, length_ms)
    return {"symbol": symbol, "countdownTime": str(length_ms)}
