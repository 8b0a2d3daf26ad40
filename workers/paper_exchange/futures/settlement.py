"""What one trade moves: position, isolated margin, profit, fee."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_UP, Decimal

from workers.paper_exchange.market.trades import Fill

from .ledger import Ledger
from .orders import Order, Trade
from .positions import UNIT, Position, traded, with_margin


def book_trade(
    ledger: Ledger, order: Order, fill: Fill, *, fee: Decimal, fee_asset: str
) -> tuple[Position, Decimal]:
    """Book a fill of an order; return its position and the profit, the fee not taken off."""
    now_ms = fill.executed_at_ms
    before = ledger.position(order.uid, order.symbol, order.position_side)
    signed = fill.quantity if order.side == "BUY" else -fill.quantity
    change = traded(before, signed, fill.price, now_ms)
    position = change.position
    setting = ledger.setting(order.uid, order.symbol)
    if setting.is_isolated:
        added = (change.opened * fill.price / setting.leverage).quantize(UNIT, ROUND_UP)
        position = with_margin(position, abs(before.quantity), change, added)
    if position.quantity:
        position = replace(position, paid=position.paid + fee)
    ledger.put_position(position)
    for income_type, amount in (("REALIZED_PNL", change.realized), ("COMMISSION", -fee)):
        ledger.add_income(
            order.uid,
            income_type,
            fee_asset,
            amount,
            now_ms,
            symbol=order.symbol,
            information=str(fill.trade_id),
            trade_id=fill.trade_id,
        )
    ledger.add_trade(
        Trade(
            symbol=order.symbol,
            trade_id=fill.trade_id,
            order_id=order.order_id,
            uid=order.uid,
            side=order.side,
            position_side=order.position_side,
            price=fill.price,
            quantity=fill.quantity,
            quote_quantity=fill.price * fill.quantity,
            fee=fee,
            fee_asset=fee_asset,
            realized=change.realized,
            is_maker=fill.is_maker,
            executed_at_ms=now_ms,
        )
    )
    return position, change.realized
