"""One valid default of what risk looks at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from engine.config.risk import RiskSettings
from engine.domain.fill import Side
from engine.domain.order_terms import OrderType
from engine.domain.position import Position, empty_position
from engine.domain.report import Balance, Balances, Ticker
from engine.domain.request import OrderIntent
from engine.domain.risk import Approved, Reservation, RiskBook
from engine.domain.signal import Signal, SignalType
from engine.domain.trading_state import TradingState
from engine.risk.context import RiskContext
from engine.risk.signals import build_intent
from tests.builders import NOW_MS, build_instrument

D = Decimal
SYMBOL = "BTC/USDT"


def build_intent_of(**changes: Any) -> OrderIntent:
    defaults: dict[str, Any] = {
        "account": "paper",
        "symbol": SYMBOL,
        "side": Side.BUY,
        "order_type": OrderType.MARKET,
        "quantity": D(1),
        "key": "a-key",
    }
    return OrderIntent(**defaults | changes)


def build_ticker(price: str = "100", symbol: str = SYMBOL) -> Ticker:
    return Ticker(symbol=symbol, bid=D(price), ask=D(price), last=D(price), at_ms=NOW_MS)


def build_balances(free: Mapping[str, str] | None = None, at_ms: int = NOW_MS) -> Balances:
    held = free if free is not None else {"USDT": "10000"}
    assets = {name: Balance(free=D(amount), used=D(0)) for name, amount in held.items()}
    return Balances(assets=assets, updated_at_ms=at_ms, asked_at_ms=at_ms)


def build_position(quantity: str, cost: str | None = None, symbol: str = SYMBOL) -> Position:
    traded_cost = D(cost) if cost is not None else D(quantity) * 100
    return replace(
        empty_position("paper", symbol), traded_quantity=D(quantity), traded_cost=traded_cost
    )


def build_reservation_of(**changes: Any) -> Reservation:
    defaults: dict[str, Any] = {
        "client_order_id": "auga1pending",
        "symbol": SYMBOL,
        "side": Side.BUY,
        "quantity": D(1),
        "price": D(100),
    }
    return Reservation(**defaults | changes)


def build_book(**changes: Any) -> RiskBook:
    return RiskBook(**{"version": 1, "trading_state": TradingState.ACTIVE} | changes)


def build_context(**changes: Any) -> RiskContext:
    defaults: dict[str, Any] = {
        "instrument": build_instrument(),
        "ticker": build_ticker(),
        "balances": build_balances(),
        "book": build_book(),
        "settings": RiskSettings(),
        "now_ms": NOW_MS,
    }
    return RiskContext(**defaults | changes)


def build_signal(signal_type: SignalType = SignalType.LONG, **changes: Any) -> Signal:
    defaults: dict[str, Any] = {"symbol": SYMBOL, "key": "s1", "created_at_ms": NOW_MS}
    return Signal(signal_type=signal_type, **defaults | changes)


def signal_case(
    signal_type: SignalType = SignalType.LONG, stop_price: str | None = None, **changes: Any
) -> tuple[OrderIntent, RiskContext]:
    """Return the order of a signal and a context that knows the signal."""
    stop = None if stop_price is None else D(stop_price)
    signal = build_signal(signal_type, stop_price=stop)
    return build_intent(signal, "paper"), build_context(signal=signal, **changes)


def add_approved(book: RiskBook, approved: Approved, name: str) -> RiskBook:
    """Return the book after the store has recorded the order."""
    assert approved.reservation is not None
    held = replace(approved.reservation, client_order_id=name)
    return replace(book, reservations=(*book.reservations, held))
