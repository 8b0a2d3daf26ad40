"""Our order in the words of Binance USDⓈ-M. Pure."""

from __future__ import annotations

from decimal import Decimal

from engine.domain.decimals import is_multiple, plain
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.order import Order
from engine.domain.order_terms import OrderTerms, OrderType, TimeInForce, TriggerBy
from engine.errors import InvalidRequest
from engine.exchange.binance.parameters import Parameters, check_prices, require_claimed, says

TYPES = {
    OrderType.MARKET: "MARKET",
    OrderType.LIMIT: "LIMIT",
    OrderType.STOP: "STOP_MARKET",
    OrderType.STOP_LIMIT: "STOP",
    OrderType.TAKE_PROFIT: "TAKE_PROFIT_MARKET",
    OrderType.TAKE_PROFIT_LIMIT: "TAKE_PROFIT",
    OrderType.TRAILING_STOP: "TRAILING_STOP_MARKET",
}
#: Percent; the exchange's own bounds and step of `callbackRate`.
SMALLEST_RATE, LARGEST_RATE, RATE_STEP = Decimal("0.1"), Decimal(10), Decimal("0.1")
POST_ONLY = "GTX"
CLOSING = frozenset({OrderType.STOP, OrderType.TAKE_PROFIT})
#: What a trigger watches, in Binance's words.
WORKING_TYPES = {TriggerBy.LAST: "CONTRACT_PRICE", TriggerBy.MARK: "MARK_PRICE"}


def check_terms(terms: OrderTerms) -> None:
    """Raise InvalidRequest for what USDⓈ-M cannot express; nothing is sent then."""
    kind = terms.order_type
    if terms.quote_quantity is not None:
        raise InvalidRequest("quote_quantity is given; a contract is ordered by quantity.")
    if terms.close_position:
        if terms.quantity is not None or kind not in CLOSING or terms.reduce_only:
            raise InvalidRequest(
                "close_position is true; only a stop or take_profit order without a quantity and"
                " without reduce_only takes it."
            )
    elif terms.quantity is None:
        raise InvalidRequest(says("quantity", is_given=False, kind=kind))
    check_prices(terms)
    _check_rate(terms)
    if terms.position_side is not PositionSide.BOTH and terms.reduce_only:
        closing = Side.SELL if terms.position_side is PositionSide.LONG else Side.BUY
        if terms.side is not closing:
            raise InvalidRequest(
                f"side is {terms.side}, which opens a {terms.position_side} position;"
                f" to reduce it, side must be {closing}."
            )
    if (terms.time_in_force is TimeInForce.GTD) != (terms.good_till_ms is not None):
        raise InvalidRequest("good_till_ms and time_in_force gtd go together, one is missing.")
    if not kind.has_price and terms.time_in_force is not None:
        raise InvalidRequest(f"time_in_force is {terms.time_in_force}; a {kind} order has none.")


def _check_rate(terms: OrderTerms) -> None:
    rate = terms.trailing_rate
    if rate is None or (SMALLEST_RATE <= rate <= LARGEST_RATE and is_multiple(rate, RATE_STEP)):
        return
    raise InvalidRequest(
        f"trailing_rate is {plain(rate)}; for a contract it must be from {plain(SMALLEST_RATE)} to"
        f" {plain(LARGEST_RATE)} percent in steps of {plain(RATE_STEP)}."
    )


def submit_parameters(order: Order, symbol: str) -> Parameters:
    """Return the parameters of a claimed order; the signing time is the claim's, as on spot.

    RESULT brings status and quantities; trades are never in the answer.
    """
    check_terms(order.terms)
    return {**claimed_parameters(order, symbol), "newClientOrderId": order.client_order_id}


def claimed_parameters(order: Order, symbol: str) -> Parameters:
    """Return what every placement says, but for the client id: services name it otherwise."""
    return {
        "symbol": symbol,
        "side": order.terms.side.upper(),
        **_terms_parameters(order.terms),
        "newOrderRespType": "RESULT",
        "timestamp": require_claimed(order),
        "recvWindow": order.recv_window_ms,
    }


def _terms_parameters(terms: OrderTerms) -> Parameters:
    found: Parameters = {"type": TYPES[terms.order_type]}
    if terms.quantity is not None:
        found["quantity"] = plain(terms.quantity)
    if terms.close_position:
        found["closePosition"] = "true"
    if terms.price is not None:
        found["price"] = plain(terms.price)
        force = terms.time_in_force or TimeInForce.GTC
        found["timeInForce"] = POST_ONLY if terms.post_only else force.upper()
    if terms.good_till_ms is not None:
        found["goodTillDate"] = terms.good_till_ms
    if terms.position_side is not PositionSide.BOTH:
        found["positionSide"] = terms.position_side.upper()  # It says what may be reduced
    elif terms.reduce_only:
        found["reduceOnly"] = "true"
    return found


def cancel_parameters(order: Order, symbol: str) -> Parameters:
    """Return the parameters of a cancel; the order keeps its client id.

    An order that a trigger placed is named by its number alone: its client id may be another.
    """
    if order.triggered_order_id is not None:
        return {"symbol": symbol, "orderId": order.triggered_order_id}
    found: Parameters = {"symbol": symbol, "origClientOrderId": order.client_order_id}
    if order.exchange_order_id is not None:
        found["orderId"] = order.exchange_order_id
    return found
