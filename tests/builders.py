"""One valid default of each thing; a test names only what it is about."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.domain.fill import Fill, Side
from engine.domain.identity import AccountIdentity, client_order_id
from engine.domain.instrument import Instrument
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderTerms, OrderType
from engine.domain.protection import Protection
from engine.domain.report import OrderReport

IDENTITY = AccountIdentity(venue="paper", uid="1000001", market_type="spot")
NOW_MS = 1_800_000_000_000


def build_identity(**changes: Any) -> AccountIdentity:
    return AccountIdentity(**{"venue": "paper", "uid": "1000001", "market_type": "spot"} | changes)


def build_instrument(**changes: Any) -> Instrument:
    defaults: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "exchange_symbol": "BTCUSDT",
        "base": "BTC",
        "quote": "USDT",
        "quantity_step": Decimal("0.00001"),
        "min_quantity": Decimal("0.00001"),
        "max_quantity": Decimal(9000),
        "price_tick": Decimal("0.01"),
        "min_price": Decimal("0.01"),
        "max_price": Decimal(1_000_000),
        "min_notional": Decimal(5),
    }
    return Instrument(**defaults | changes)


def build_terms(**changes: Any) -> OrderTerms:
    defaults: dict[str, Any] = {
        "symbol": "BTC/USDT",
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "quantity": Decimal(1),
        "price": Decimal(100),
    }
    return OrderTerms(**defaults | changes)


def build_order(**changes: Any) -> Order:
    key = changes.pop("request_key", "a-key")
    identity = changes.pop("identity", IDENTITY)
    name = changes.pop("client_order_id", client_order_id(identity, "a1", key))
    defaults: dict[str, Any] = {
        "client_order_id": name,
        "request_key": key,
        "group_id": name,
        "account": "paper",
        "identity": identity,
        "terms": build_terms(),
        "created_at_ms": NOW_MS,
        "valid_until_ms": NOW_MS + 60_000,
    }
    return Order(**defaults | changes)


def build_fill(**changes: Any) -> Fill:
    defaults: dict[str, Any] = {
        "trade_id": "1",
        "exchange_order_id": "77",
        "symbol": "BTC/USDT",
        "side": Side.BUY,
        "quantity": Decimal(1),
        "price": Decimal(100),
        "executed_at_ms": NOW_MS,
    }
    merged = defaults | changes
    merged.setdefault("cost", merged["quantity"] * merged["price"])
    return Fill(**merged)


def build_report(**changes: Any) -> OrderReport:
    defaults: dict[str, Any] = {
        "exchange_order_id": "77",
        "client_order_id": client_order_id(IDENTITY, "a1", "a-key"),
        "symbol": "BTC/USDT",
        "side": Side.BUY,
        "order_type": OrderType.LIMIT,
        "status": OrderStatus.ACCEPTED,
        "quantity": Decimal(1),
        "filled_quantity": Decimal(0),
        "price": Decimal(100),
        "created_at_ms": NOW_MS,
        "updated_at_ms": NOW_MS,
    }
    return OrderReport(**defaults | changes)


def build_protection(**changes: Any) -> Protection:
    defaults: dict[str, Any] = {
        "plan_id": "auga1entry",
        "account": "paper",
        "position": "BTC/USDT",
        "side": Side.BUY,
        "entry_id": "auga1entry",
        "stop_price": Decimal(90),
        "target_price": Decimal(110),
        "created_at_ms": NOW_MS,
    }
    return Protection(**defaults | changes)
