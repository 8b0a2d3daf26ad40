"""Trades: late, hidden, in parts, with fees in any coin, by other hands."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from engine.domain.order import OrderStatus
from engine.execution import reconcile
from tests.desk import Desk
from tests.integration.execution.comparing import (
    assert_equal_to_exchange,
    assert_orders_equal,
    assert_trades_equal,
)
from tests.integration.failure_modes.asking import alarms

pytestmark = pytest.mark.integration
S = OrderStatus


def hide_trades(desk: Desk, rows: list[object]) -> None:
    """Let every list of trades show these rows instead of what is there."""
    desk.paper.control.add_fault(
        method="GET",
        path="/api/v3/myTrades",
        key=desk.key,
        count=None,
        answer="status",
        status=200,
        body=json.dumps(rows),
    )


def first_trade_of(desk: Desk) -> list[object]:
    """Return the account's first trade as the exchange's list shows it."""
    first = next(row for row in desk.paper.control.trades() if row["uid"] == desk.uid)
    return [
        {
            "symbol": first["symbol"],
            "id": first["trade_id"],
            "orderId": first["order_id"],
            "price": first["price"],
            "qty": first["quantity"],
            "quoteQty": first["quote_quantity"],
            "commission": first["fee"],
            "commissionAsset": first["fee_asset"],
            "time": first["executed_at_ms"],
            "isBuyer": first["side"] == "BUY",
            "isMaker": first["is_maker"],
        }
    ]


def test_trades_that_show_up_after_their_order(desk: Desk) -> None:
    """FILLED without its trades is closed and not settled; no difference is made of it."""
    order = desk.place(quantity=Decimal("0.8"))
    hide_trades(desk, [])
    seen = desk.deliver().sweep().order(order.client_order_id)
    assert (seen.status, seen.filled_quantity, seen.is_settled) == (S.FILLED, 0, False)
    desk.clock.pass_time(60_000)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert not result.is_compared, "what is on its way is no difference"
    desk.paper.control.clear_faults()
    done = desk.sweep().order(order.client_order_id)
    assert (done.filled_quantity, done.is_settled) == (Decimal("0.8"), True)
    assert alarms(desk) == []
    assert_equal_to_exchange(desk)


def test_a_trade_that_is_missing_among_others(desk: Desk) -> None:
    """A sum of trades below what the order filled keeps it unsettled until the last one is in."""
    order = desk.place(quantity=Decimal("0.8"))
    sent = desk.messages.waiting.popleft()
    desk.carry_out(sent)
    hide_trades(desk, first_trade_of(desk))
    seen = desk.deliver().sweep().order(order.client_order_id)
    assert (seen.status, seen.filled_quantity) == (S.FILLED, Decimal("0.5"))
    assert not seen.is_settled
    desk.paper.control.clear_faults()
    done = desk.sweep().order(order.client_order_id)
    assert (done.filled_quantity, done.is_settled) == (Decimal("0.8"), True)
    assert_equal_to_exchange(desk)


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_fee_in_a_third_coin(desk: Desk, side: str) -> None:
    """The position moves by what was traded, the third coin by the fee."""
    desk.paper.control.deposit("ETH", 5, uid=desk.uid)
    desk.paper.control.deposit("BTC", 2, uid=desk.uid)
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    desk.paper.control.set_account(desk.uid, fee_asset="ETH")
    order = desk.place(side=side, quantity=1)
    done = desk.deliver().order(order.client_order_id)
    assert {fill.fee_currency for fill in done.fills} == {"ETH"}
    position = desk.position()
    assert position is not None
    assert position.net_quantity == desk.exchange_totals()["BTC"] == (3 if side == "buy" else 1)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.differences == {}, "the ledger knows what the fee took"
    assert_orders_equal(desk)
    assert_trades_equal(desk)
