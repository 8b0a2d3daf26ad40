"""A desk on one market, with the words of that market."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

from engine.domain.order import Order
from engine.execution.history import load_chain
from engine.execution.looks import sweep
from engine.execution.reconciling import reconcile
from tests.desk import Desk
from tests.integration.conftest import ASKS, BIDS
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.paper import PaperControl, PaperExchange

#: A sweep of each second that passes.
TICK_MS = 1_000


class Market:
    """One account on spot or futures, and the book that the test sets."""

    def __init__(self, desk: Desk, *, is_spot: bool) -> None:
        self.desk = desk
        self.is_spot = is_spot
        self.control = control_of(desk.paper, is_spot=is_spot)
        self.symbol = "BTC/USDT" if is_spot else "BTC/USDT:USDT"

    def rest(self, price: str = "99.50", quantity: str = "1", **fields: Any) -> Order:
        """Place a limit order to buy and have it accepted."""
        order = self.place("limit", quantity, price=Decimal(price), **fields)
        return self.deliver().order(order)

    def place(self, order_type: str, quantity: str, side: str = "buy", **fields: Any) -> Order:
        """Record an order; nothing is delivered yet."""
        return self.desk.place(
            self.symbol, side, order_type=order_type, quantity=Decimal(quantity), **fields
        )

    def modify(self, order: Order, **change: Any) -> None:
        """Wish the change; nothing is delivered yet."""
        self.desk.orders.modify_order(order.client_order_id, wait=False, **change)

    def deliver(self) -> Market:
        self.desk.deliver()
        return self

    def pass_time(self, duration_ms: int = TICK_MS) -> Market:
        """Let the store's time pass and do what has become due."""
        self.desk.clock.pass_time(duration_ms)
        sweep.watch_account(self.desk.context)
        return self.deliver()

    def order(self, order: Order) -> Order:
        return self.desk.order(order.client_order_id)

    def chain(self, order: Order) -> tuple[Order, ...]:
        """Return the order and those that took its place."""
        return load_chain(self.desk.context, self.order(order))

    def newest(self, order: Order) -> Order:
        return self.chain(order)[-1]

    def fill(self, order: Order, quantity: str) -> None:
        """Have the exchange fill a part of the order."""
        self.control.fill("BTCUSDT", client_order_id=order.client_order_id, quantity=quantity)

    def set_touch(self, bid: str, ask: str) -> None:
        """Have the best prices of others there."""
        bids = [(bid, "0.5"), (str(Decimal(bid) - 1), "5000")]
        asks = [(ask, "0.5"), (str(Decimal(ask) + 1), "5000")]
        self.control.set_book("BTCUSDT", bids, asks)

    def exchange_orders(self) -> list[dict[str, Any]]:
        """Return the exchange's own record of the account's orders."""
        return [order for order in self.control.orders() if order["uid"] == self.desk.uid]

    def open_orders(self) -> list[dict[str, Any]]:
        """Return what rests at the exchange for the account."""
        resting = {"NEW", "PARTIALLY_FILLED"}
        return [order for order in self.exchange_orders() if order["status"] in resting]

    def assert_equal(self) -> None:
        """Compare orders, trades, balances and positions with the exchange's own ledger."""
        if self.is_spot:
            assert_equal_to_exchange(self.desk)
            return
        self.desk.sweep()
        result = reconcile.reconcile(self.desk.context)
        assert result is not None
        assert result.differences == {}
        self.deliver()


def control_of(paper: PaperExchange, *, is_spot: bool) -> PaperControl:
    return paper.control if is_spot else paper.control.futures


@contextmanager
def open_market(
    market_type: str, folder: Path, store_url: str, paper: PaperExchange
) -> Iterator[Market]:
    """Yield an opened account with a store that follows the desk's clock."""
    is_spot = market_type == "spot"
    control = control_of(paper, is_spot=is_spot)
    for symbol in ("BTCUSDT", "ETHUSDT"):
        control.set_price(symbol, "100")
        control.set_book(symbol, BIDS, ASKS)
    # Prices are kept by real time, which does not pass here: each look asks anew
    own = {"owns_time": True, "market_type": market_type, "follow_interval_ms": 1}
    desk = Desk(folder, store_url, paper, **own)
    desk.engine.store.client.read("FLUSHALL")
    try:
        yield Market(desk.open(), is_spot=is_spot)
    finally:
        desk.close()
