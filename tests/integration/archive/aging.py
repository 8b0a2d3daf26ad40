"""Orders that traded, grow old and leave a desk for its archive."""

from __future__ import annotations

from decimal import Decimal

from engine.archive.run import Archivist, run
from engine.domain.order import Order
from engine.execution.booking.balance_check import check_balances
from engine.execution.history import list_fills
from engine.ports import Moved
from tests.desk import Desk

LATER_MS = 40 * 86_400_000
SYMBOL = "BTC/USDT"


def archivist(desk: Desk) -> Archivist:
    return desk.engine.archivist()


def trade(desk: Desk, count: int = 1, **wish: object) -> list[Order]:
    """Place orders, have everything done about them, and return what came of them."""
    placed = [desk.place(**{"quantity": Decimal("0.1"), **wish}) for _ in range(count)]
    desk.deliver().sweep()
    return [desk.order(order.client_order_id) for order in placed]


def pass_retention(desk: Desk) -> None:
    """Let the orders grow old, and the records of their keys expire."""
    client = desk.engine.store.client
    for key in client.read("KEYS", "*:request:*"):
        client.write("DEL", key)
    desk.clock.pass_time(LATER_MS)


def archive(desk: Desk) -> Moved:
    moved = run(archivist(desk), "desk", desk.context.identity)
    assert moved is not None
    return moved


def differences(desk: Desk) -> dict[str, Decimal] | None:
    """Return exchange minus ledger by asset."""
    life = desk.context.store.load_state().life
    return check_balances(desk.context, life, is_thorough=True)


def assert_trades_found(desk: Desk) -> None:
    """Both sides together have each trade of the exchange once, and hold what it holds."""
    theirs = sorted(
        (f"{trade['trade_id']}/{trade['order_id']}", Decimal(trade["quantity"]))
        for trade in desk.paper.control.trades()
        if trade["uid"] == desk.uid
    )
    ours = list_fills(desk.context, None, 10_000)
    assert sorted((fill.row_id, fill.quantity) for fill in ours) == theirs
    assert differences(desk) == {}
