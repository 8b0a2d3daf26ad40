"""What follows from a price, and from an order's end: chases, trailing stops, successors."""

from __future__ import annotations

import logging
from decimal import Decimal

from engine.domain.chasing import touch_price
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.report import Ticker
from engine.errors import EngineError, ExchangeRefused, Retryable, UnknownOrder
from engine.execution.changing.chasing import chase, try_again
from engine.execution.changing.replacing import record_successor
from engine.execution.changing.trailing import trail
from engine.execution.context import AccountContext

log = logging.getLogger(__name__)


def follow_symbol(context: AccountContext, symbol: str) -> int:
    """Bring chases and trailing stops of the symbol up to its price; return how many there are.

    They share one price, at most half a look old; what fails for one is tried at the next look.
    """
    names = [
        entry.client_order_id
        for entry in context.store.list_watched()
        if entry.is_followed and entry.symbol == symbol
    ]
    max_age_ms = context.timings.follow_interval_ms // 2
    ticker = _find_ticker(context, symbol, max_age_ms) if names else None
    if ticker is None:
        return 0
    for name in names:
        try:
            _follow(context, context.store.load_order(name).value, ticker)
        except UnknownOrder:
            continue
        except EngineError as error:  # One order's trouble must not keep the others waiting
            log.warning("order %s could not follow the price: %s", name, error)
    return len(names)


def replace_order(context: AccountContext, client_order_id: str) -> str:
    """Record the successor of an order that has ended; return how far its replacement has come.

    A chased order that was refused at its price has no wish yet: it is formed by the price of now.
    """
    order = context.store.load_order(client_order_id).value
    if order.awaits_successor and order.replacement is None:
        ticker = _find_ticker(context, order.terms.symbol, max_age_ms=0)
        order = try_again(context, order, _touch(context, order, ticker)) if ticker else order
    if order.replacement is not None:
        order = record_successor(context, order)
    return order.replacement.step if order.replacement else "none"


def _follow(context: AccountContext, order: Order, ticker: Ticker) -> None:
    if not order.is_followed:
        return
    if order.is_waiting:
        trail(context, order, ticker)
    else:
        chase(context, order, _touch(context, order, ticker))


def _touch(context: AccountContext, order: Order, ticker: Ticker) -> Decimal | None:
    symbol = order.terms.symbol
    listed = (one for one in context.gateway.load_instruments(Lane.SUBMIT) if one.symbol == symbol)
    instrument = next(listed, None)
    return touch_price(ticker, order.terms.side, instrument) if instrument else None


def _find_ticker(context: AccountContext, symbol: str, max_age_ms: int) -> Ticker | None:
    try:
        return context.gateway.load_ticker(symbol, Lane.SUBMIT, max_age_ms=max_age_ms)
    except (Retryable, ExchangeRefused) as error:
        log.warning("no price of %s to follow: %s", symbol, error)
        return None
