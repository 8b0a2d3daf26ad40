"""Placing, cancelling and asking for orders and trades of the futures market."""

from __future__ import annotations

from dataclasses import replace

from workers.paper_exchange.api.endpoint import Caller
from workers.paper_exchange.api.order_questions import (
    read_ids,
    read_market,
    read_open_orders,
    read_optional_market,
)
from workers.paper_exchange.api.paging import (
    A_WEEK,
    Page,
    page_of_orders,
    page_of_trades,
    read_page,
    read_trades_page,
)
from workers.paper_exchange.api.parameters import Parameters
from workers.paper_exchange.errors import no_such_order
from workers.paper_exchange.futures.orders import Order
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

_CLOSE_TYPES = frozenset(FORCED)
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


def amend_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Change the quantity and the price of an open limit order; it keeps its id."""
    symbol, side = parameters.symbol(), read_side(parameters)
    order_id, client_order_id = read_ids(parameters, read_client_id)
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
    order_id, client_order_id = read_ids(parameters, read_client_id)
    parameters.finish()
    order = venue.desk.find(caller.uid, symbol, order_id=order_id, client_order_id=client_order_id)
    seen = venue.visible(order)
    if seen is None:
        raise no_such_order()
    return seen


def cancel_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.symbol()
    order_id, client_order_id = read_ids(parameters, read_client_id)
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
    return [render.queried_order(o) for o in read_open_orders(venue, caller.uid, parameters)]


def all_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer allOrders: from an id upward, inside a time span, or the newest of a week."""
    symbol = read_optional_market(venue, parameters)
    page = _within_a_week(venue, read_page(parameters, A_WEEK, id_name="orderId"))
    parameters.finish()
    orders = venue.visible_orders(caller.uid, symbol)
    if symbol is None:
        orders.sort(key=lambda o: o.created_at_ms)
    return [render.queried_order(o) for o in page_of_orders(orders, page)]


def own_trades(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer userTrades: of one order, from a trade id upward, in a time span, or the newest."""
    symbol = read_market(venue, parameters)
    page, order_id = read_trades_page(parameters, A_WEEK)
    rows = venue.visible_trades(venue.ledger.trades.get((caller.uid, symbol), []))
    chosen = page_of_trades(rows, _within_a_week(venue, page), order_id)
    return [render.own_trade(t) for t in chosen]


def _within_a_week(venue: Venue, page: Page) -> Page:
    """Return a page that is asked for without an id or a time as one of the last week."""
    return replace(page, end_ms=venue.clock()) if page.is_newest else page


def forced_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer forceOrders: what the exchange closed by liquidation or deleveraging."""
    symbol = parameters.optional_symbol()
    kind = parameters.choice("autoCloseType", _CLOSE_TYPES, -1130, "Invalid autoCloseType.")
    page = read_page(parameters, A_WEEK, limits=(50, 100))
    parameters.finish()
    prefixes = tuple(FORCED.values()) if kind is None else (FORCED[kind],)
    orders = venue.visible_orders(caller.uid, symbol)
    forced = [order for order in orders if order.client_order_id.startswith(prefixes)]
    return [render.queried_order(o) for o in page_of_orders(forced, page)]
