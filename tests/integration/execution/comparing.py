"""Compare everything of a desk with the exchange's own ledger, digit by digit."""

from __future__ import annotations

from decimal import Decimal

from engine.domain.fill import Fill
from engine.execution import reconcile
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.trader import Trader


def assert_equal_to_exchange(desk: Desk) -> None:
    """Let the sweeps work, then compare orders, trades, balances and positions."""
    desk.sweep()
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.differences == {}
    desk.deliver()
    assert_orders_equal(desk)
    assert_trades_equal(desk)
    assert_balances_equal(desk)


def assert_orders_equal(desk: Trader) -> None:
    """Every exchange order is one of ours, filled as far, and the other way round."""
    theirs = {
        (order["symbol"], str(order["order_id"])): Decimal(order["filled_quantity"])
        for order in desk.exchange_orders()
    }
    ours = {
        (order.terms.symbol.replace("/", ""), order.exchange_order_id): order.filled_quantity
        for order in desk.context.store.list_orders(OrderFilter.RECENT)
        if order.exchange_order_id
    }
    assert ours == theirs


def assert_trades_equal(desk: Trader) -> None:
    """The ledger has each trade row of the account once, fee included."""
    theirs = sorted(
        (
            str(trade["trade_id"]),
            str(trade["order_id"]),
            Decimal(trade["quantity"]),
            Decimal(trade["price"]),
            Decimal(trade["fee"]),
            trade["fee_asset"],
        )
        for trade in desk.paper.control.trades()
        if trade["uid"] == desk.uid
    )
    ours = sorted(
        (
            fill.trade_id,
            fill.exchange_order_id,
            fill.quantity,
            fill.price,
            fill.fee,
            fill.fee_currency,
        )
        for symbol in desk.context.store.load_cursors()
        for fill in desk.context.store.load_rows(symbol)
        if isinstance(fill, Fill)
    )
    assert ours == theirs


def assert_balances_equal(desk: Trader) -> None:
    """Portfolio and positions hold what the exchange says the account holds."""
    totals = desk.exchange_totals()
    portfolio = desk.context.store.find_portfolio()
    assert portfolio is not None
    held = {name: asset.total for name, asset in portfolio.value.balances.items() if asset.total}
    assert held == totals
    positions = {
        position.base: position.net_quantity
        for position in desk.context.store.list_positions()
        if position.net_quantity
    }
    assert positions == {asset: total for asset, total in totals.items() if asset != "USDT"}
