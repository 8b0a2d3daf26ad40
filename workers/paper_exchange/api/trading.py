"""Placing, canceling and asking for orders and trades."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from workers.paper_exchange.errors import (
    ApiError,
    cancel_refused,
    no_such_order,
)
from workers.paper_exchange.spot.venue import Venue

from . import render
from .endpoint import Caller
from .order_parameters import read_order
from .order_questions import read_ids, read_market, read_open_orders
from .paging import A_DAY, page_of_orders, page_of_trades, read_page, read_trades_page
from .parameters import Parameters

_RESTRICTIONS = frozenset({"ONLY_NEW", "ONLY_PARTIALLY_FILLED"})


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


def query_order(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    symbol = parameters.symbol()
    order_id, client_order_id = read_ids(parameters, Parameters.client_id)
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
    order_id, client_order_id = read_ids(parameters, Parameters.client_id)
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
    return [render.queried_order(o) for o in read_open_orders(venue, caller.uid, parameters)]


def all_orders(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer allOrders: from an id upward, inside a time span, or the newest."""
    symbol = read_market(venue, parameters)
    page = read_page(parameters, A_DAY, id_name="orderId")
    parameters.finish()
    orders = venue.visible_orders(caller.uid, symbol)
    return [render.queried_order(o) for o in page_of_orders(orders, page)]


def own_trades(venue: Venue, caller: Caller, parameters: Parameters) -> object:
    """Answer myTrades: of one order, from a trade id upward, inside a time span, or the newest."""
    symbol = read_market(venue, parameters)
    page, order_id = read_trades_page(parameters, A_DAY)
    ledger = venue.ledger
    rows = venue.visible_trades(ledger.executions.get((caller.uid, symbol), []))
    return [
        render.own_trade(e, ledger.order((e.symbol, e.order_id)).order_list_id)
        for e in page_of_trades(rows, page, order_id)
    ]
