"""Our side of the comparison: the facts that the store holds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.domain.decimals import ZERO, plain
from engine.domain.fill import Fill, LedgerRow
from engine.domain.order import Order
from engine.domain.order_terms import OrderType
from engine.domain.portfolio import Portfolio
from engine.domain.position import Position
from engine.portfolio.ledger_check import sum_assets
from workers.demo.facts import Facts, named


@dataclass(frozen=True, kw_only=True)
class Books:
    """Our own side: what the store says."""

    orders: Sequence[Order]
    fills: Sequence[Fill]
    rows: Sequence[LedgerRow]  # Fills, and what else changed a balance
    positions: Sequence[Position]
    portfolio: Portfolio | None


def our_facts(books: Books) -> Facts:
    """Return the facts of the store; orders that never reached the exchange are left out."""
    sent = sent_orders(books)
    # The numbers show what a name cannot: one thing that is there twice
    facts = {"orders": str(len(sent)), "trades": str(len(books.fills))}
    for order in sent:
        facts |= _our_order(order)
    for fill in books.fills:
        facts |= trade_facts(fill)
    return facts | _our_holdings(books)


def sent_orders(books: Books) -> list[Order]:
    """Return the orders that the exchange has seen."""
    return [order for order in books.orders if order.exchange_order_id is not None]


def _our_order(order: Order) -> Facts:
    return named(
        f"order {word(order.terms.symbol)} {order.exchange_order_id}",
        {
            "client id": order.client_order_id,
            "side": order.terms.side.value,
            "type": _sent_type(order).value,
            "status": order.status.value,
            "quantity": plain(order.quantity or ZERO),
            "price": plain(order.terms.price or ZERO),
            "filled": plain(order.filled_quantity),
            "cost": plain(order.filled_cost),
        },
    )


def _sent_type(order: Order) -> OrderType:
    """Return the type that the exchange was told: a trailing stop that we watch is sent at last."""
    return order.terms.order_type if order.trail is None else OrderType.MARKET


def trade_facts(fill: Fill) -> Facts:
    """Return the facts of one trade."""
    return named(
        f"trade {word(fill.symbol)} {fill.row_id}",
        {
            "side": fill.side.value,
            "quantity": plain(fill.quantity),
            "price": plain(fill.price),
            "cost": plain(fill.cost),
            "fee": f"{plain(fill.fee)} {fill.fee_currency}",
            "liquidity": fill.liquidity.value if fill.liquidity else "",
            "time": str(fill.executed_at_ms),
        },
    )


def _our_holdings(books: Books) -> Facts:
    # The portfolio has its balances from the exchange; the sum of what was booked is our own word
    booked = sum_assets((row, None) for row in books.rows)
    facts = {f"booked {asset}": plain(total) for asset, total in booked.items() if total}
    balances = books.portfolio.balances if books.portfolio else {}
    for asset, balance in balances.items():
        facts |= named(
            f"balance {asset}", {"free": plain(balance.free), "locked": plain(balance.used)}
        )
    # A symbol without a quote is an asset that belongs to no market
    for position in (one for one in books.positions if one.quote):
        facts[f"position {word(position.symbol)} quantity"] = plain(position.net_quantity)
    return facts


def word(symbol: str) -> str:
    """Return the exchange's own name of a market: BTCUSDT, of spot and of a contract."""
    return symbol.partition(":")[0].replace("/", "")
