"""The end of a test on real processes: everything settles and equals the exchange."""

from __future__ import annotations

from collections import Counter

from engine.errors import EngineError
from engine.execution.reconciling import reconcile
from engine.ports import OrderFilter
from tests.fleet import Fleet
from tests.integration.execution.comparing import (
    assert_balances_equal,
    assert_orders_equal,
    assert_trades_equal,
)
from tests.trader import Trader
from tests.waiting import eventually

#: Restarting workers, the end of a doubt, and the sweeps, on a busy machine.
PATIENCE_S = 60.0
SWEEPS = ("monitoring.watch_account", "monitoring.reconcile_account")


def assert_ends_equal(fleet: Fleet, trader: Trader, *, sweep: bool = True) -> None:
    """Wait until nothing is due any more, then compare digit by digit.

    `sweep` sends what a beat would send; False where one runs, or where the system must get
    there without.
    """
    caller = fleet.trader(trader.account, trader.uid)
    eventually(
        lambda: is_done(fleet, caller, sweep=sweep),
        timeout_s=PATIENCE_S,
        message=f"{trader.account} never settled:\n{fleet.tails()}",
    )
    assert_orders_equal(caller)
    assert_trades_equal(caller)
    assert_balances_equal(caller)
    assert_placed_once(caller)


def is_done(fleet: Fleet, trader: Trader, *, sweep: bool) -> bool:
    """Tell whether orders rest or are settled, the ledger is equal and the portfolio covers it."""
    store = trader.context.store
    if sweep:
        for task in SWEEPS:
            fleet.send(task, trader.account)
        fleet.send("monitoring.publish_outbox")
    if store.list_orders(OrderFilter.IN_DOUBT) or store.list_outbox():
        return False
    if any(o.exchange_order_id is None for o in store.list_orders(OrderFilter.ACTIVE)):
        return False
    try:
        result = reconcile.reconcile(trader.context)
    except EngineError:
        return False
    return result is not None and result.is_equal and not store.list_outbox()


def assert_placed_once(trader: Trader) -> None:
    """No client order id reached the exchange's book twice, and each intent has its end."""
    placed = Counter(order["client_order_ids"][0] for order in trader.exchange_orders())
    assert [name for name, times in placed.items() if times > 1] == []
    for order in trader.context.store.list_orders(OrderFilter.RECENT):
        was_placed = order.client_order_id in placed
        assert was_placed == (order.exchange_order_id is not None)
        assert was_placed or (order.is_closed and order.reason is not None)
