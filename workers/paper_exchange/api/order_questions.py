"""How orders are named in a request, and which of them are open: alike for every market type."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from workers.paper_exchange.errors import missing_combination
from workers.paper_exchange.market.marketplace import Marketplace
from workers.paper_exchange.market.order_index import IndexedOrder

from .parameters import Parameters

_NO_ID = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"

O = TypeVar("O", bound=IndexedOrder)  # noqa: E741 - an order, whatever its market type


def read_ids(
    parameters: Parameters, read_client_id: Callable[[Parameters, str], str]
) -> tuple[int | None, str]:
    """Return orderId and origClientOrderId; -1102 when there is neither."""
    order_id = parameters.integer("orderId")
    client_order_id = read_client_id(parameters, "origClientOrderId")
    if order_id is None and not client_order_id:
        raise missing_combination(_NO_ID)
    return order_id, client_order_id


def read_market(venue: Marketplace[Any, Any], parameters: Parameters) -> str:
    """Return the symbol asked for; -1121 when there is no such market."""
    symbol = parameters.symbol()
    venue.market(symbol)
    return symbol


def read_optional_market(venue: Marketplace[Any, Any], parameters: Parameters) -> str | None:
    """Return the symbol asked for, None when all are; -1121 when there is no such market."""
    return read_market(venue, parameters) if parameters.has("symbol") else None


def read_open_orders(venue: Marketplace[Any, O], uid: int, parameters: Parameters) -> list[O]:
    """Return the open orders asked for: of one market, or of all."""
    symbol = parameters.optional_symbol()
    parameters.finish()
    if symbol is not None:
        venue.market(symbol)
    return venue.visible_open_orders(uid, symbol)
