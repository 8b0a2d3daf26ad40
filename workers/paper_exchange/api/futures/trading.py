"""Placing, cancelling and asking for orders and trades of the futures market."""

from __future__ import annotations

from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.paging import DAY_MS, page_of, read_span
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.errors import ApiError, missing_combination, no_such_order
from workers.paper_exchange.futures.orders import Order, Trade
from workers.paper_exchange.futures.takeovers import FORCED
from workers.paper_exchange.futures.venue import Venue

from . import render
from .order_parameters import (
    read_amount,
    read_client_id,
    read_order,
    read_price,
    read_side,
    refuse_unsupported,
)

_WEEK_MS = 7 * DAY_MS
_CLOSE_TYPES = frozenset(FORCED)
_NO_ID = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"
ALL_CANCELED = {"code": 200, "msg": "The operation of cancel all open order is done."}


def place_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    request = read_order(parameters, venue.clock())
    parameters.finish()
    placed = venue.desk.place(caller.uid, request)
    return render.answered_order(placed.order if request.response == "RESULT" else placed.accepted)


def check_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer order/test: the checks of a new order without the order."""
    request = read_order(parameters, venue.clock())
    parameters.finish()
    venue.desk.check(caller.uid, request)
    return {}


def read_ids(parameters: Parameters) -> tuple[int | None, str]:
    """Return orderId and origClientOrderId; -1102 when there is neither."""
    order_id = parameters.integer("orderId")
    client_order_id = read_client_id(parameters, "origClientOrderId")
    if order_id is None and not client_order_id:
        raise missing_combination(_NO_ID)
    return order_id, client_order_id


def amend_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Change the quantity and the price of an open limit order; it keeps its id."""
    symbol, side = parameters.symbol(), read_side(parameters)
    order_id, client_order_id = read_ids(parameters)
    quantity = read_amount(parameters, "quantity", -4003, "Quantity less than zero.")
    price = read_price(parameters, is_needed=True)
    refuse_unsupported(parameters)
    parameters.finish()
    venue.market(symbol)
    order = venue.ledger.open_of(caller.uid, symbol).find(order_id, client_order_id)
    if order is None or order.side != side:
        raise no_such_order()
    return render.answered_order(venue.desk.amend(order, quantity, price))


def query_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    return render.queried_order(_seen_order(venue, caller, parameters))


def query_open_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer openOrder: as order, but only while it is open."""
    order = _seen_order(venue, caller, parameters)
    if not order.is_open:
        raise no_such_order()
    return render.queried_order(order)


def _seen_order(venue: Venue, caller: Caller, parameters: Parameters) -> Order:
    symbol = parameters.symbol()
    order_id, client_order_id = read_ids(parameters)
    parameters.finish()
    order = venue.desk.find(caller.uid, symbol, order_id=order_id, client_order_id=client_order_id)
    seen = venue.visible(order)
    if seen is None:
        raise no_such_order()
    return seen


def cancel_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.symbol()
    order_id, client_order_id = read_ids(parameters)
    parameters.finish()
    order = venue.desk.cancel(
        caller.uid, symbol, order_id=order_id, client_order_id=client_order_id
    )
    return render.answered_order(order)


def cancel_open_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Cancel every open order of one contract; conditional orders have an endpoint of their own."""
    symbol = parameters.symbol()
    parameters.finish()
    venue.desk.cancel_all(caller.uid, symbol)
    return ALL_CANCELED


def open_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.optional_symbol()
    parameters.finish()
    if symbol is not None:
        venue.market(symbol)
    if not venue.read_lag_ms:
        orders = venue.ledger.open_orders(caller.uid, symbol)
    else:
        # A lagging replica may still show as open what has just closed
        orders = _orders_of(venue, caller.uid, symbol)
    seen = (venue.visible(order) for order in orders)
    return [render.queried_order(o) for o in seen if o is not None and o.is_open]


def _orders_of(venue: Venue, uid: int, symbol: str | None) -> list[Order]:
    symbols = [symbol] if symbol is not None else list(venue.markets)
    return [venue.ledger.order(k) for s in symbols for k in venue.ledger.order_keys[uid, s]]


def all_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer allOrders: from an id upward, inside a time span, or the newest of a week."""
    symbol = parameters.optional_symbol()
    if symbol is not None:
        venue.market(symbol)
    from_id = parameters.integer("orderId")
    start_ms, end_ms = read_span(parameters, _WEEK_MS, "7 days")
    limit = parameters.limit(500, 1000)
    parameters.finish()
    seen = [venue.visible(o) for o in _orders_of(venue, caller.uid, symbol)]
    orders = [o for o in seen if o is not None]
    if symbol is None:
        orders.sort(key=lambda o: o.created_at_ms)
    page = page_of(
        orders,
        from_id,
        _week(venue, from_id, start_ms, end_ms),
        limit,
        lambda o: o.order_id,
        lambda o: o.created_at_ms,
    )
    return [render.queried_order(o) for o in page]


def own_trades(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer userTrades: of one order, from a trade id upward, in a time span, or the newest."""
    symbol = parameters.symbol()
    venue.market(symbol)
    order_id, from_id = parameters.integer("orderId"), parameters.integer("fromId")
    start_ms, end_ms = read_span(parameters, _WEEK_MS, "7 days")
    limit = parameters.limit(500, 1000)
    parameters.finish()
    if from_id is not None and (start_ms is not None or end_ms is not None):
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    rows = _visible_trades(venue, caller.uid, symbol)
    if order_id is not None:
        rows = [t for t in rows if t.order_id == order_id]
    page = page_of(
        rows,
        from_id,
        _week(venue, from_id, start_ms, end_ms),
        limit,
        lambda t: t.trade_id,
        lambda t: t.executed_at_ms,
    )
    return [render.own_trade(t) for t in page]


def _week(
    venue: Venue, from_id: int | None, start_ms: int | None, end_ms: int | None
) -> tuple[int | None, int | None, int]:
    """Return the span of an answer; without any, the last week."""
    if from_id is None and start_ms is None and end_ms is None:
        return None, venue.clock(), _WEEK_MS
    return start_ms, end_ms, _WEEK_MS


def _visible_trades(venue: Venue, uid: int, symbol: str) -> list[Trade]:
    now_ms = venue.clock()
    seen_ms = now_ms - venue.read_lag_ms
    rows = venue.ledger.trades.get((uid, symbol), [])
    if not venue.read_lag_ms and not venue.invisible_until_ms:
        return rows
    hidden = {k for k, until_ms in venue.invisible_until_ms.items() if until_ms > now_ms}
    return [t for t in rows if t.executed_at_ms <= seen_ms and (symbol, t.order_id) not in hidden]


def forced_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer forceOrders: what the exchange closed by liquidation or deleveraging."""
    symbol = parameters.optional_symbol()
    kind = parameters.choice("autoCloseType", _CLOSE_TYPES, -1130, "Invalid autoCloseType.")
    start_ms, end_ms = read_span(parameters, _WEEK_MS, "7 days")
    limit = parameters.limit(50, 100)
    parameters.finish()
    prefixes = tuple(FORCED.values()) if kind is None else (FORCED[kind],)
    rows = [
        order
        for order in _orders_of(venue, caller.uid, symbol)
        if order.client_order_id.startswith(prefixes)
    ]
    span = (start_ms, end_ms, _WEEK_MS)
    page = page_of(rows, None, span, limit, lambda o: o.order_id, lambda o: o.created_at_ms)
    return [render.queried_order(o) for o in page]
