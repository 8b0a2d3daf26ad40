"""Positions that the exchange itself closes: by liquidation, deleveraging or settlement."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from workers.paper_exchange.market.trades import Fill, Side

from . import expiry
from .events import AccountEvent
from .ledger import Ledger
from .matcher import Matcher
from .orders import ZERO, Order
from .positions import Position
from .telling import wallet_row

#: How the client ids of such orders begin, which no client may use.
LIQUIDATION = "autoclose-"
DELEVERAGING = "adl_autoclose"
SETTLEMENT = "settlement_autoclose-"
#: Which of them forceOrders lists, by `autoCloseType`.
FORCED = {"LIQUIDATION": LIQUIDATION, "ADL": DELEVERAGING}


class Takeovers:
    """Takes positions over at a price, outside the book."""

    def __init__(self, ledger: Ledger, matcher: Matcher) -> None:
        self._ledger = ledger
        self._matcher = matcher
        self.listeners: list[Callable[[Order], None]] = []  # Told of every order that closed one

    def close(
        self, position: Position, price: Decimal, prefix: str, quantity: Decimal | None = None
    ) -> Order:
        """Close a position, or `quantity` (base) of it, under a client id of the exchange."""
        order = self._order(position, price, prefix, quantity or abs(position.quantity))
        self._ledger.put_order(order)
        self._matcher.tell(order, "NEW")
        fill = Fill(
            trade_id=self._ledger.next_id(order.symbol, "trade"),
            price=price,
            quantity=order.quantity,
            is_maker=False,
            executed_at_ms=self._matcher.clock(),
        )
        order = self._matcher.settle(order, fill, told_as="CALCULATED")
        for listener in self.listeners:
            listener(order)
        return order

    def _order(self, position: Position, price: Decimal, prefix: str, quantity: Decimal) -> Order:
        symbol, now_ms = position.symbol, self._matcher.clock()
        order_id = self._ledger.next_id(symbol, "order")
        side: Side = "SELL" if position.quantity > 0 else "BUY"
        return Order(
            symbol=symbol,
            order_id=order_id,
            uid=position.uid,
            # Deleveraging has one id for all its orders
            client_order_id=prefix if prefix == DELEVERAGING else f"{prefix}{now_ms}{order_id}",
            side=side,
            position_side=position.side,
            order_type="LIMIT",
            original_type="LIMIT",
            time_in_force="IOC",
            quantity=quantity,
            price=price,
            created_at_ms=now_ms,
            updated_at_ms=now_ms,
        )

    def end_orders(self, uid: int, symbol: str, reason: int = expiry.LIQUIDATED) -> None:
        """Expire every open order of an account in a contract."""
        for order in self._ledger.open_orders(uid, symbol):
            self._matcher.end(order, reason)

    def clear(self, uid: int, symbol: str, asset: str, amount: Decimal) -> None:
        """Let the insurance fund give (above zero) or take an amount of a wallet."""
        if amount == ZERO:
            return
        now_ms = self._matcher.clock()
        self._ledger.add_income(uid, "INSURANCE_CLEAR", asset, amount, now_ms, symbol=symbol)
        self._matcher.events.append(
            AccountEvent(
                uid=uid,
                reason="INSURANCE_CLEAR",
                wallets=(wallet_row(self._ledger, uid, asset, amount),),
                positions=(),
                at_ms=now_ms,
            )
        )
