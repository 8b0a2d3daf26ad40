"""Wishes for two orders of which one cancels the other."""

from __future__ import annotations

import random
from decimal import Decimal
from typing import Any

from engine.domain.order_terms import OrderType
from engine.order_request import OrderRequest
from tests.simulation.settings import symbols_of
from tests.simulation.trading import Trading


def draw_pair(
    dice: random.Random, account: str, trading: Trading
) -> tuple[OrderRequest, OrderRequest]:
    """Return a limit order and a stop on both sides of a price of 100, in any order.

    Near enough that one trades now and then, that both do in a race, and that the market is
    beyond one of them when it is placed.
    """
    side = dice.choice(("buy", "sell"))
    both: dict[str, Any] = {
        "symbol": dice.choice(symbols_of(trading.market_type)),
        "side": side,
        "quantity": Decimal(dice.randrange(100, 2_000)) / 1000,
        "account": account,
    } | _draw_position(dice, side, trading)
    if trading.has_followers and dice.random() < 0.3:
        both["cancel_after_ms"] = dice.randrange(500, 20_000)
    sign = -1 if side == "buy" else 1
    price, trigger = (Decimal(100) + way * _draw_distance(dice) for way in (sign, -sign))
    stop: dict[str, Any] = {"order_type": OrderType.STOP, "trigger_price": trigger}
    if dice.random() < 0.5:
        stop |= {"order_type": OrderType.STOP_LIMIT, "price": trigger}
    limit = OrderRequest(order_type=OrderType.LIMIT, price=price, **both)
    pair = (limit, OrderRequest(**both, **stop))
    return pair if dice.random() < 0.5 else (pair[1], pair[0])


def _draw_distance(dice: random.Random) -> Decimal:
    return Decimal(dice.randrange(5, 250)) / 100


def _draw_position(dice: random.Random, side: str, trading: Trading) -> dict[str, Any]:
    """Return which position the pair trades, and whether it may open it."""
    if trading.is_hedged:
        opens, closes = ("long", "short") if side == "buy" else ("short", "long")
        return {"position_side": dice.choice((opens, closes))}
    if trading.market_type == "futures" and dice.random() < 0.4:
        return {"reduce_only": True}
    return {}
