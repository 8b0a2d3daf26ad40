"""PortfolioManager: the fill callback and the state that it leaves."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.order import Order
from engine.order_result import describe_order
from engine.portfolio_manager import PortfolioManager
from engine.position_manager import PositionState
from tests.desk import Desk

pytestmark = pytest.mark.integration

D = Decimal


def settle_without_folding(desk: Desk, client_order_id: str) -> Order:
    """Return the order with its fills booked, and no worker has looked at the position yet."""
    while not desk.order(client_order_id).is_settled:
        message = desk.messages.waiting.popleft()
        if message[0] in {"submit", "poll"}:
            desk.carry_out(message)
    return desk.order(client_order_id)


def test_a_fill_callback_moves_the_position_at_once(desk: Desk) -> None:
    """on_order_filled folds the fill in the caller's process; twice is as good as once."""
    manager = PortfolioManager(engine=desk.engine)
    assert manager.position_manager.get_position("BTCUSDT").net_quantity == 0
    order = desk.place(quantity=D("0.5"))
    filled = settle_without_folding(desk, order.client_order_id)
    manager.on_order_filled(filled.client_order_id, describe_order(filled))
    position = manager.position_manager.get_position("BTC/USDT")
    assert position.net_quantity == desk.exchange_totals()["BTC"]
    manager.on_order_filled(filled.client_order_id, describe_order(filled))
    assert manager.position_manager.get_position("BTC/USDT") == position
    assert manager.position_manager.get_position_state("BTC/USDT") is PositionState.LONG


def test_the_portfolio_equals_the_exchange(desk: Desk) -> None:
    """Balances to the last digit, and equity = cash + coins at the middle of the book."""
    desk.place(quantity=D("0.5"))
    desk.deliver()
    manager = PortfolioManager(engine=desk.engine)
    portfolio = manager.refresh()
    totals = desk.exchange_totals()
    assert {asset: held.total for asset, held in portfolio.balances.items()} == totals
    ticker = desk.context.gateway.load_ticker("BTC/USDT")
    assert manager.equity is not None
    assert abs(manager.equity - totals["USDT"] - totals["BTC"] * ticker.mid()) < D("0.1")
    assert manager.get_portfolio() == portfolio
    assert [row.symbol for row in portfolio.positions] == ["BTC/USDT"]
    assert list(manager.position_manager.positions) == ["BTC/USDT"]
