"""Futures market data in the words of the market streams, where they differ from spot's."""

from __future__ import annotations

from typing import Any

from workers.paper_exchange.api.render import levels, number
from workers.paper_exchange.futures.market import Market as Contract
from workers.paper_exchange.futures.market import next_funding_ms
from workers.paper_exchange.futures.orders import Order
from workers.paper_exchange.market.market import Market
from workers.paper_exchange.market.marketplace import Marketplace
from workers.paper_exchange.market.trades import Print

from . import market_events
from .connection import Event
from .market_events import Levels, candle, mini_ticker

__all__ = [
    "aggregate_trade",
    "best_prices",
    "candle",
    "day_ticker",
    "depth_update",
    "forced_order",
    "mark_price",
    "mini_ticker",
    "partial_depth",
    "trade",
]


def trade(symbol: str, row: Print) -> Event:
    event = market_events.trade(symbol, row)
    del event["M"]
    return {**event, "X": "MARKET"}


def aggregate_trade(symbol: str, row: Print) -> Event:
    event = market_events.aggregate_trade(symbol, row)
    del event["M"]
    return event


def best_prices(market: Market, now_ms: int) -> Event:
    return {
        "e": "bookTicker",
        **market_events.best_prices(market, now_ms),
        "T": now_ms,
        "E": now_ms,
    }


def partial_depth(market: Market, count: int, now_ms: int) -> Event:
    """Return the best levels; futures say them in the shape of an update."""
    return {
        "e": "depthUpdate",
        "E": now_ms,
        "T": now_ms,
        "s": market.rules.symbol,
        "U": market.update_id,
        "u": market.update_id,
        "pu": market.update_id - 1,
        "b": levels(market.book.bids.levels(count)),
        "a": levels(market.book.asks.levels(count)),
    }


def depth_update(market: Market, first_id: int, bids: Levels, asks: Levels, now_ms: int) -> Event:
    """Return the levels that changed; `pu` is the last id of the update before."""
    event = market_events.depth_update(market, first_id, bids, asks, now_ms)
    return {**event, "T": now_ms, "pu": first_id - 1}


def day_ticker(venue: Marketplace[Any, Any], market: Market) -> Event:
    event = market_events.day_ticker(venue, market)
    return {name: value for name, value in event.items() if name not in {"x", "b", "B", "a", "A"}}


def mark_price(market: Contract, now_ms: int) -> Event:
    return {
        "e": "markPriceUpdate",
        "E": now_ms,
        "s": market.rules.symbol,
        "p": number(market.mark_price),
        "i": number(market.tape.last_price),
        "P": number(market.mark_price),
        "r": number(market.funding_rate),
        "T": next_funding_ms(now_ms),
    }


def forced_order(order: Order, now_ms: int) -> Event:
    """Return a liquidation, deleveraging or settlement as everybody hears of it."""
    body = {
        "s": order.symbol,
        "S": order.side,
        "o": order.order_type,
        "f": order.time_in_force,
        "q": number(order.quantity),
        "p": number(order.price),
        "ap": number(order.average_price),
        "X": order.status,
        "l": number(order.filled_quantity),
        "z": number(order.filled_quantity),
        "T": order.updated_at_ms,
    }
    return {"e": "forceOrder", "E": now_ms, "o": body}
