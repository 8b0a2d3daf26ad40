"""What follows from a price, and from an order's end: chases, trailing stops, successors."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import partial

from engine.domain.chasing import touch_price
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.report import Ticker
from engine.domain.succession import awaits_successor
from engine.domain.trading_state import TradingState
from engine.domain.watched import Watched
from engine.errors import EngineError, ExchangeRefused, Retryable, UnknownOrder
from engine.execution.changing.chasing import chase, try_again
from engine.execution.changing.replacing import record_successor
from engine.execution.changing.trailing import trail
from engine.execution.context import AccountContext
from engine.execution.placing.submission import DENIALS, end_unsent
from engine.ports import ClaimOutcome

log = logging.getLogger(__name__)


def follow_symbol(context: AccountContext, symbol: str) -> int:
    """Bring chases and trailing stops of the symbol up to its price; return how many there are.

    They share one price, at most half a look old; what fails for one is tried at the next look.
    On a halted account the stops end, whatever the price is.
    """
    watched = context.store.list_watched()
    entries = [entry for entry in watched if entry.is_followed and entry.symbol == symbol]
    halted = _find_halted(context, entries)
    for name in halted:
        _attempt(name, partial(end_unsent, context, name, DENIALS[ClaimOutcome.HALTED]))
    names = [one.client_order_id for one in entries if one.client_order_id not in halted]
    max_age_ms = context.timings.follow_interval_ms // 2
    ticker = _find_ticker(context, symbol, max_age_ms) if names else None
    if ticker is None:
        return len(halted)
    for name in names:
        _attempt(name, partial(_follow, context, name, ticker))
    return len(entries)


def _find_halted(context: AccountContext, entries: Iterable[Watched]) -> list[str]:
    """Return the stops that still wait on a halted account; a held one is left alone.

    Whoever halted it may have died before it came to them, or they were in doubt then: nobody
    sends them and finds out, and a resume waits for their end. The state is read after the
    entries, so that nothing ends that was recorded after a resume.
    """
    waiting = [one.client_order_id for one in entries if one.is_waiting]
    if not waiting:
        return []
    state = context.store.load_state()
    is_halted = state.trading_state is TradingState.HALTED and not state.is_held
    return waiting if is_halted else []


def _attempt(name: str, act: Callable[[], object]) -> None:
    """Do what one order needs; its trouble must not keep the others waiting."""
    try:
        act()
    except UnknownOrder:
        return
    except EngineError as error:
        log.warning("order %s could not follow the price: %s", name, error)


def replace_order(context: AccountContext, client_order_id: str) -> str:
    """Record the successor of an order that has ended; return how far its replacement has come.

    A chased order that was refused at its price has no wish yet: it is formed by the price of now.
    """
    order = context.store.load_order(client_order_id).value
    if awaits_successor(order) and order.replacement is None:
        ticker = _find_ticker(context, order.terms.symbol, max_age_ms=0)
        order = try_again(context, order, _touch(context, order, ticker)) if ticker else order
    if order.replacement is not None:
        order = record_successor(context, order)
    return order.replacement.step if order.replacement else "none"


def _follow(context: AccountContext, client_order_id: str, ticker: Ticker) -> None:
    order = context.store.load_order(client_order_id).value
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
