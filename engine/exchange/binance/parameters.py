"""Our order in Binance spot's words. Pure."""

from __future__ import annotations

from engine.domain.decimals import plain
from engine.domain.identity import cancel_id
from engine.domain.order import Order
from engine.domain.order_terms import OrderTerms, OrderType, TimeInForce, TriggerBy
from engine.errors import InvalidRequest

Parameters = dict[str, str | int]

TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_LOSS",
    OrderType.STOP_LIMIT: "STOP_LOSS_LIMIT",
    OrderType.TAKE_PROFIT: "TAKE_PROFIT",
    OrderType.TAKE_PROFIT_LIMIT: "TAKE_PROFIT_LIMIT",
    OrderType.TRAILING_STOP: "MARKET",  # We watch the price; what is sent is set off already
}
POST_ONLY = "LIMIT_MAKER"


def check_terms(terms: OrderTerms) -> None:
    """Raise InvalidRequest for what Binance spot cannot express; nothing is sent then."""
    kind = terms.order_type
    if (terms.quantity is None) == (terms.quote_quantity is None):
        raise InvalidRequest("An order needs either quantity or quote_quantity, not both.")
    if terms.close_position or terms.good_till_ms is not None:
        raise InvalidRequest("close_position and good_till_ms are for contracts; this is spot.")
    if terms.time_in_force is TimeInForce.GTD or terms.trigger_by is not TriggerBy.LAST:
        raise InvalidRequest("time_in_force gtd and trigger_by mark are for contracts.")
    if terms.quote_quantity is not None and kind is not OrderType.MARKET:
        raise InvalidRequest(f"quote_quantity is for market orders; order_type is {kind}.")
    check_prices(terms)
    if not kind.has_price and terms.time_in_force not in {None, TimeInForce.GTC}:
        raise InvalidRequest(
            f"time_in_force is {terms.time_in_force}; a {kind} order on spot has none."
        )


def check_prices(terms: OrderTerms) -> None:
    """Raise InvalidRequest where prices, or a wish to be maker, do not fit the kind of order."""
    kind = terms.order_type
    if kind.has_price != (terms.price is not None):
        raise InvalidRequest(says("price", is_given=terms.price is not None, kind=kind))
    if kind.has_trigger != (terms.trigger_price is not None):
        is_given = terms.trigger_price is not None
        raise InvalidRequest(says("trigger_price", is_given=is_given, kind=kind))
    if terms.post_only and (kind is not OrderType.LIMIT or _tif(terms) is not TimeInForce.GTC):
        raise InvalidRequest("post_only is for limit orders that rest (time_in_force gtc).")


def says(field: str, *, is_given: bool, kind: OrderType) -> str:
    """Return the sentence about a field that is given or missing against the kind of order."""
    return f"{field} is {'given' if is_given else 'missing'}; a {kind} order " + (
        f"has no {field}." if is_given else f"needs {field}."
    )


def _tif(terms: OrderTerms) -> TimeInForce:
    return terms.time_in_force or TimeInForce.GTC


def submit_parameters(order: Order, symbol: str) -> Parameters:
    """Return the parameters of a claimed order.

    The signing time is the claim's, never now: with `recvWindow` it makes the exchange itself
    refuse a request that was delayed after its claim. RESULT brings status and quantities; the
    fills of a FULL answer have no time and no maker flag, so they are not what the ledger shows
    of the same trades later, and are left to it.
    """
    terms, signed_at_ms = order.terms, require_claimed(order)
    return {
        "symbol": symbol,
        "side": terms.side.upper(),
        **_terms_parameters(terms),
        "newClientOrderId": order.client_order_id,
        "newOrderRespType": "RESULT",
        "timestamp": signed_at_ms,
        "recvWindow": order.recv_window_ms,
    }


def require_claimed(order: Order) -> int:
    """Return the signing time of a claimed order; ValueError for one that was not claimed."""
    if order.signed_at_ms is None or order.recv_window_ms <= 0 or order.nonce is None:
        raise ValueError(f"order {order.client_order_id} was not claimed")
    return order.signed_at_ms


def _terms_parameters(terms: OrderTerms) -> Parameters:
    check_terms(terms)
    found: Parameters = {"type": POST_ONLY if terms.post_only else TYPES[terms.order_type]}
    if terms.quantity is not None:
        found["quantity"] = plain(terms.quantity)
    if terms.quote_quantity is not None:
        found["quoteOrderQty"] = plain(terms.quote_quantity)
    if terms.price is not None:
        found["price"] = plain(terms.price)
        if not terms.post_only:
            found["timeInForce"] = _tif(terms).upper()
    if terms.trigger_price is not None:
        found["stopPrice"] = plain(terms.trigger_price)
    return found


def cancel_parameters(order: Order, symbol: str) -> Parameters:
    """Return the parameters of a cancel.

    Spot replaces the client id of a cancelled order; ours is derived from the old one, so that
    the order can be found under both. Both ids are sent where known: they must belong together.
    """
    found: Parameters = {
        "symbol": symbol,
        "origClientOrderId": order.client_order_id,
        "newClientOrderId": cancel_id(order.client_order_id),
    }
    if order.exchange_order_id is not None:
        found["orderId"] = order.exchange_order_id
    return found
