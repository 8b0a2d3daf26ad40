"""What callers of a world wish for: drawn at its beginning."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from engine.domain.changing import Chase, ChaseEnd
from engine.domain.order_terms import OrderType, TimeInForce
from engine.order_request import OrderRequest
from engine.order_result import OrderResult
from tests.simulation.pairs import draw_pair
from tests.simulation.settings import CONTRACTS, SYMBOLS
from tests.simulation.trading import Trading

#: Of the wishes for several orders, on an account that has pairs.
PAIR_SHARE = 0.8


@dataclass(eq=False, kw_only=True)
class Intent:
    """One wish, its key, and what its caller heard."""

    account: str
    key: str  # Empty: the engine makes one, and the caller cannot repeat
    requests: tuple[OrderRequest, ...]
    at_ms: int
    is_pair: bool = False  # Of its two orders one cancels the other
    results: list[OrderResult] = field(default_factory=list)  # Of the newest answer
    is_refused: bool = False  # KEY_CONFLICT, or no order at all
    first_ids: tuple[str, ...] = ()  # What the first answer named
    cancelled: set[str] = field(default_factory=set)  # Orders whose end was promised

    @property
    def is_answered(self) -> bool:
        return bool(self.results) or self.is_refused

    def take(self, results: Sequence[OrderResult]) -> None:
        self.results, self.is_refused = list(results), False
        self.first_ids = self.first_ids or tuple(one.order_id for one in results)

    def forget(self) -> None:
        """Let the caller ask as if for the first time."""
        self.results, self.is_refused = [], False


def draw_intents(
    dice: random.Random, accounts: Mapping[str, Trading], lives: int, span_ms: int
) -> list[Intent]:
    """Return so many order lives as wishes over a span of time; some are groups, or pairs."""
    intents: list[Intent] = []
    left = lives
    while left > 0:
        size = min(left, dice.choice((1, 1, 1, 1, 2, 3)))
        intents.append(_draw_intent(dice, accounts, len(intents), size, span_ms))
        left -= len(intents[-1].requests)
    return intents


def _draw_intent(
    dice: random.Random, accounts: Mapping[str, Trading], number: int, size: int, span_ms: int
) -> Intent:
    account = dice.choice(tuple(accounts))
    trading = accounts[account]
    is_pair = trading.has_pairs and size > 1 and dice.random() < PAIR_SHARE
    return Intent(
        account=account,
        key=f"wish-{number}" if dice.random() < 0.8 else "",
        requests=draw_pair(dice, account, trading)
        if is_pair
        else tuple(draw_order(dice, account, trading) for _ in range(size)),
        at_ms=dice.randrange(span_ms),
        is_pair=is_pair,
    )


def draw_order(dice: random.Random, account: str, trading: Trading) -> OrderRequest:
    """Return an order of any kind that the account's market knows."""
    request = draw_request(dice, account)
    if trading.has_followers:
        request = replace(request, **_draw_following(dice, request))
    is_long_only = trading.market_type == "spot"
    may_guard = trading.has_brackets and (request.side == "buy" or not is_long_only)
    if may_guard and dice.random() < 0.5:
        request = replace(request, **_draw_bracket(dice, request))
    if trading.market_type == "spot":
        return request
    terms: dict[str, Any] = {"symbol": CONTRACTS[SYMBOLS.index(request.symbol)]}
    if request.quote_quantity is not None:
        terms |= {"quote_quantity": None}
        terms |= {
            "order_type": OrderType.MARKET,
            "quantity": Decimal(dice.randrange(600, 900)) / 1000,
        }
    if trading.is_hedged:
        opens = {"buy": "long", "sell": "short"}
        closes = {"sell": "long", "buy": "short"} if request.stop_loss is None else opens
        terms["position_side"] = dice.choice((opens, opens, closes))[request.side]
    elif request.stop_loss is None and dice.random() < 0.25:
        terms["reduce_only"] = True
    return replace(request, **terms)


def draw_request(dice: random.Random, account: str) -> OrderRequest:
    """Return an order of any kind near a price of 100."""
    side = dice.choice(("buy", "sell"))
    quantity = Decimal(dice.randrange(100, 2_000)) / 1000
    kind = dice.choice(("market", "market", "quote", "limit", "limit", "ioc", "post", "stop"))
    terms: dict[str, Any] = {"quantity": quantity}
    away = Decimal(dice.randrange(-150, 250)) / 100  # Below zero: it takes at once
    price = Decimal(100) - away if side == "buy" else Decimal(100) + away
    if kind == "quote":
        terms = {"quote_quantity": Decimal(dice.randrange(1_000, 20_000)) / 100}
    elif kind in {"limit", "ioc", "post"}:
        terms |= {"order_type": OrderType.LIMIT, "price": price}
    if kind == "ioc":
        terms["time_in_force"] = dice.choice((TimeInForce.IOC, TimeInForce.FOK))
    if kind == "post":
        terms["post_only"] = True
    if kind == "stop":
        terms |= _draw_stop(dice, side)
    return OrderRequest(symbol=dice.choice(SYMBOLS), side=side, account=account, **terms)


def _draw_bracket(dice: random.Random, request: OrderRequest) -> dict[str, Any]:
    """Return stop and target of an entry, near enough to be reached now and then."""
    if request.order_type not in {OrderType.MARKET, OrderType.LIMIT} or request.post_only:
        return {}
    away = Decimal(dice.randrange(100, 300)) / 100
    below, above = Decimal(97) - away, Decimal(103) + away
    is_long = request.side == "buy"
    return {
        "stop_loss": below if is_long else above,
        "take_profit": above if is_long else below,
    }


def _draw_following(dice: random.Random, request: OrderRequest) -> dict[str, Any]:
    """Return what lets an order change by itself: now and then, and only where it can rest."""
    kind = dice.choice(("none", "none", "limit", "chase", "trail"))
    rests = request.order_type is not OrderType.MARKET and request.time_in_force is None
    if kind == "limit" and rests:
        return {"cancel_after_ms": dice.randrange(500, 20_000)}
    if kind == "chase" and rests and request.trigger_price is None:
        then = dice.choice(tuple(ChaseEnd))
        chase = Chase(most_moves=dice.choice((1, 3, 20)), most_away=Decimal(2), then=then)
        return {"price": None, "post_only": False, "chase": chase}
    if kind == "trail" and request.order_type is OrderType.STOP:
        rate = Decimal(dice.randrange(5, 20)) / 10
        terms = {"order_type": OrderType.TRAILING_STOP, "trailing_rate": rate}
        return {**terms, "trigger_price": None}
    return {}


def _draw_stop(dice: random.Random, side: str) -> dict[str, Any]:
    away = Decimal(dice.randrange(100, 300)) / 100
    trigger = Decimal(100) + away if side == "buy" else Decimal(100) - away
    if dice.random() < 0.5:
        return {"order_type": OrderType.STOP, "trigger_price": trigger}
    return {"order_type": OrderType.STOP_LIMIT, "trigger_price": trigger, "price": trigger}
