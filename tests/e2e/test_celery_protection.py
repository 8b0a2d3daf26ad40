"""A bracket through real Celery: placed by a fill, ended by what its target trades."""

from __future__ import annotations

import signal
from decimal import Decimal

import pytest

from engine.domain.order_status import OrderStatus
from engine.domain.protection import ProtectionState
from engine.execution.stopping.trading import halt
from engine.order_manager import OrderRequest
from tests.fleet import Fleet
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = pytest.mark.e2e
S = OrderStatus


def open_kinds(trader: Trader) -> set[str]:
    return {
        order["type"]
        for order in trader.exchange_orders()
        if order["status"] in {"NEW", "PARTIALLY_FILLED"}
    }


def test_a_bracket_lives_through_celery(fleet: Fleet, trader: Trader) -> None:
    """Nobody but the workers places the list, notices its end and ends the plan."""
    entry = trader.place(quantity="0.2", stop_loss="90", take_profit="110")
    eventually(lambda: open_kinds(trader) == {"STOP_LOSS", "LIMIT_MAKER"}, timeout_s=30)
    target = next(one for one in trader.exchange_orders() if one["type"] == "LIMIT_MAKER")
    trader.paper.control.fill("BTCUSDT", client_order_id=target["client_order_id"])

    def is_over() -> bool:
        fleet.send("monitoring.watch_due_orders")
        fleet.send("protection.watch_protections")
        stored = trader.context.store.find_protection(entry.client_order_id)
        return stored is not None and stored.value.state is ProtectionState.DONE

    eventually(is_over, timeout_s=60)
    assert open_kinds(trader) == set()
    left = trader.context.store.load_order(target["client_order_id"]).value
    assert left.filled_quantity == Decimal("0.1998")


def test_legs_overtake_waiting_entries(fleet: Fleet, trader: Trader) -> None:
    """Hundreds of entries wait for a worker that stands still; the stop is placed meanwhile."""
    entry = trader.place(
        quantity="0.2", order_type="limit", price="99", stop_loss="90", take_profit="110"
    )
    eventually(lambda: trader.order(entry.client_order_id).status is S.ACCEPTED, timeout_s=30)
    submit = next(worker for worker in fleet.workers if worker.lanes == ("submit",))
    submit.send(signal.SIGSTOP)
    try:
        waiting = place_entries(trader, 200)
        trader.paper.control.fill("BTCUSDT", client_order_id=entry.client_order_id)

        def is_guarded() -> bool:
            fleet.send("monitoring.watch_due_orders")
            return open_kinds(trader) == {"STOP_LOSS", "LIMIT_MAKER"}

        eventually(is_guarded, timeout_s=60)
        assert {trader.order(name).status for name in waiting} == {S.INITIALIZED}
    finally:
        halt(trader.context, "what waits is not wanted any more")
        submit.send(signal.SIGCONT)


def place_entries(trader: Trader, count: int) -> list[str]:
    """Record entries that nobody can send yet; return their ids."""
    wish = OrderRequest(
        symbol="BTC/USDT",
        side="buy",
        order_type="limit",
        quantity="0.1",
        price="95",
        account=trader.account,
    )
    return [one.order_id for one in trader.orders.place_orders([wish] * count, wait=False)]
