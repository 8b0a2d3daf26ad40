"""Placing, canceling and asking for orders and trades."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from workers.paper_exchange.errors import (
    ApiError,
    cancel_refused,
    missing_combination,
    no_such_order,
)
from workers.paper_exchange.spot.orders import Execution, Order
from workers.paper_exchange.spot.venue import Venue

from . import render
from .endpoint import Caller
from .order_parameters import read_order
from .paging import DAY_MS, page_of, read_span
from .parameters import Parameters

_RESTRICTIONS = frozenset({"ONLY_NEW", "ONLY_PARTIALLY_FILLED"})
_NO_ID = "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!"


def place_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    request = read_order(parameters)
    parameters.finish()
    placed = venue.desk.place(caller.uid, request)
    return render.placed_order(placed, request.response)


def check_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer order/test: the checks of a new order without the order."""
    wants_rates = parameters.optional("computeCommissionRates") == "true"
    request = read_order(parameters)
    parameters.finish()
    venue.desk.check(caller.uid, request)
    return commission_rates(caller) if wants_rates else {}


def commission_rates(caller: Caller) -> dict[str, object]:
    """Return the account's rates in the shape of account/commission and order/test."""
    assert caller.account is not None
    maker = render.number(caller.account.maker_rate)
    taker = render.number(caller.account.taker_rate)
    none = {"maker": render.number(Decimal(0)), "taker": render.number(Decimal(0))}
    return {
        "standardCommissionForOrder": {"maker": maker, "taker": taker},
        "specialCommissionForOrder": none,
        "taxCommissionForOrder": none,
        "discount": {
            "enabledForAccount": caller.account.fee_asset is not None,
            "enabledForSymbol": True,
            "discountAsset": caller.account.fee_asset or "BNB",
            "discount": "0.75000000",
        },
    }


def _read_ids(parameters: Parameters) -> tuple[int | None, str]:
    order_id = parameters.integer("orderId")
    client_order_id = parameters.client_id("origClientOrderId")
    if order_id is None and not client_order_id:
        raise missing_combination(_NO_ID)
    return order_id, client_order_id


def query_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.symbol()
    order_id, client_order_id = _read_ids(parameters)
    parameters.finish()
    order = venue.desk.find(caller.uid, symbol, order_id=order_id, client_order_id=client_order_id)
    seen = venue.visible(order)
    if seen is None:
        raise no_such_order()
    return render.queried_order(seen)


def read_restriction(parameters: Parameters) -> str:
    """Return in which status alone an order is to be canceled, empty for any."""
    restriction = parameters.choice(
        "cancelRestrictions",
        _RESTRICTIONS,
        -1145,
        "`cancelRestrictions` has to be either `ONLY_NEW` or `ONLY_PARTIALLY_FILLED`.",
    )
    return restriction or ""


def attempt(act: Callable[[], render.Json]) -> tuple[bool, render.Json]:
    """Return whether it succeeded, and its answer or its refusal."""
    try:
        return True, act()
    except ApiError as error:
        return False, error.body()


def cancel_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.symbol()
    order_id, client_order_id = _read_ids(parameters)
    new_client_order_id = parameters.client_id("newClientOrderId")
    restriction = read_restriction(parameters)
    parameters.finish()
    order = venue.desk.cancel(
        caller.uid,
        symbol,
        order_id=order_id,
        client_order_id=client_order_id,
        new_client_order_id=new_client_order_id,
        restriction=restriction,
    )
    return render.canceled_order(order, order.client_order_ids[-2])


def cancel_open_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Cancel every open order of one market; -2011 when there is none."""
    symbol = parameters.symbol()
    parameters.finish()
    venue.desk.market(symbol)
    orders = venue.ledger.open_orders(caller.uid, symbol)
    if not orders:
        raise cancel_refused()
    canceled = [venue.desk.withdraw(order) for order in orders]
    return [render.canceled_order(o, o.client_order_ids[-2]) for o in canceled]


def open_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.optional_symbol()
    parameters.finish()
    if symbol is not None:
        venue.desk.market(symbol)
    if not venue.read_lag_ms:
        orders: Iterable[Order] = venue.ledger.open_orders(caller.uid, symbol)
    else:
        # A lagging replica may still show as open what has just closed
        orders = _orders_of(venue, caller.uid, symbol)
    seen = (venue.visible(order) for order in orders)
    return [render.queried_order(o) for o in seen if o is not None and o.is_open]


def _orders_of(venue: Venue, uid: int, symbol: str | None) -> list[Order]:
    symbols = [symbol] if symbol is not None else list(venue.markets)
    return [venue.ledger.order(k) for s in symbols for k in venue.ledger.order_keys[uid, s]]


def all_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer allOrders: from an id upward, inside a time span, or the newest."""
    symbol = parameters.symbol()
    venue.desk.market(symbol)
    from_id = parameters.integer("orderId")
    start_ms, end_ms = read_span(parameters, DAY_MS, "24 hours")
    limit = parameters.limit(500, 1000)
    parameters.finish()
    seen = [venue.visible(o) for o in _orders_of(venue, caller.uid, symbol)]
    orders = [o for o in seen if o is not None]
    page = page_of(
        orders,
        from_id,
        (start_ms, end_ms, DAY_MS),
        limit,
        lambda o: o.order_id,
        lambda o: o.created_at_ms,
    )
    return [render.queried_order(o) for o in page]


def own_trades(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer myTrades: of one order, from a trade id upward, inside a time span, or the newest."""
    symbol = parameters.symbol()
    venue.desk.market(symbol)
    order_id = parameters.integer("orderId")
    from_id = parameters.integer("fromId")
    start_ms, end_ms = read_span(parameters, DAY_MS, "24 hours")
    limit = parameters.limit(500, 1000)
    parameters.finish()
    if from_id is not None and (start_ms is not None or end_ms is not None):
        raise ApiError(-1128, "Combination of optional parameters invalid.")
    rows = _visible_executions(venue, caller.uid, symbol)
    if order_id is not None:
        rows = [e for e in rows if e.order_id == order_id]
    page = page_of(
        rows,
        from_id,
        (start_ms, end_ms, DAY_MS),
        limit,
        lambda e: e.trade_id,
        lambda e: e.executed_at_ms,
    )
    orders = venue.ledger
    return [render.own_trade(e, orders.order((e.symbol, e.order_id)).order_list_id) for e in page]


def _visible_executions(venue: Venue, uid: int, symbol: str) -> list[Execution]:
    now_ms = venue.clock()
    seen_ms = now_ms - venue.read_lag_ms
    rows = venue.ledger.executions.get((uid, symbol), [])
    if not venue.read_lag_ms and not venue.invisible_until_ms:
        return rows
    hidden = {k for k, until_ms in venue.invisible_until_ms.items() if until_ms > now_ms}
    return [e for e in rows if e.executed_at_ms <= seen_ms and (symbol, e.order_id) not in hidden]
