"""Compare everything of a desk with the exchange's own ledger, digit by digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from engine.domain.fill import Fill
from engine.execution.reconciling import reconcile
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.trader import Trader
from workers.demo.books import load_books
from workers.demo.contract_ledger_facts import contract_ledger_facts
from workers.demo.facts import differences
from workers.demo.our_contract_facts import our_contract_facts

#: How the exchange names orders by which it closes a position itself.
TAKEOVERS = ("autoclose-", "adl_autoclose", "settlement_autoclose-")
#: More than any test makes.
MOST_ROWS = 10_000


def assert_equal_to_exchange(desk: Desk) -> None:
    """Let the sweeps work, then compare orders, trades, balances and positions."""
    desk.sweep()
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.differences == {}
    desk.deliver()
    assert tell_differences(desk) == ()


def tell_differences(desk: Trader) -> tuple[str, ...]:
    """Return a sentence for everything in which our books and the exchange's differ."""
    if desk.trades_contracts:
        ours = our_contract_facts(load_books(desk.context, MOST_ROWS))
        return differences(ours, contract_ledger_facts(_without_takeovers(desk), str(desk.uid)))
    pairs = ((name, *pair(desk)) for name, pair in PAIRS.items())
    return tuple(
        f"{name} differ: ours {ours}, the exchange's {theirs}"
        for name, ours, theirs in pairs
        if ours != theirs
    )


def _without_takeovers(desk: Trader) -> dict[str, Any]:
    """Return the exchange's ledger, but for orders of its own: only their trades are booked."""
    ledger = desk.control.ledger()
    orders = [row for row in ledger["orders"] if not row["client_order_id"].startswith(TAKEOVERS)]
    return {**ledger, "orders": orders}


def assert_orders_equal(desk: Trader) -> None:
    """Every exchange order is one of ours, filled as far, and the other way round."""
    ours, theirs = pair_orders(desk)
    assert ours == theirs


def assert_trades_equal(desk: Trader) -> None:
    """The ledger has each trade row of the account once, fee included."""
    ours, theirs = pair_trades(desk)
    assert ours == theirs


def assert_balances_equal(desk: Trader) -> None:
    """Portfolio and positions hold what the exchange says the account holds."""
    ours, theirs = pair_balances(desk)
    assert ours == theirs
    ours, theirs = pair_positions(desk)
    assert ours == theirs


def pair_orders(desk: Trader) -> tuple[object, object]:
    """Return our orders and the exchange's: what each has filled, by symbol and exchange id."""
    theirs = {
        (order["symbol"], str(order["order_id"])): Decimal(order["filled_quantity"])
        for order in desk.exchange_orders()
    }
    ours = {
        (order.terms.symbol.replace("/", ""), order.exchange_order_id): order.filled_quantity
        for order in desk.context.store.list_orders(OrderFilter.RECENT)
        if order.exchange_order_id
    }
    return ours, theirs


def pair_trades(desk: Trader) -> tuple[object, object]:
    """Return the trade rows of our ledger and of the exchange's, sorted."""
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
    return ours, theirs


def pair_balances(desk: Trader) -> tuple[object, object]:
    """Return what our portfolio and the exchange hold by asset, zeros left out."""
    portfolio = desk.context.store.find_portfolio()
    assert portfolio is not None
    balances = portfolio.value.balances.items()
    return {name: asset.total for name, asset in balances if asset.total}, desk.exchange_totals()


def pair_positions(desk: Trader) -> tuple[object, object]:
    """Return what our positions hold by base asset, and what the exchange does."""
    positions: dict[str, Decimal] = {}
    for position in desk.context.store.list_positions():  # Several may hold parts of one coin
        held = positions.get(position.base, Decimal(0)) + position.net_quantity
        positions[position.base] = held
    positions = {asset: held for asset, held in positions.items() if held}
    totals = desk.exchange_totals().items()
    return positions, {asset: total for asset, total in totals if asset != "USDT"}


PAIRS = {
    "orders": pair_orders,
    "trades": pair_trades,
    "balances": pair_balances,
    "positions": pair_positions,
}
