"""Compare what the command shows with the exchange's own ledger, digit by digit."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from tests.running import ACCOUNTS, FIRST_UID, RunningSystem
from tests.waiting import eventually

#: The exchange numbers orders by symbol.
SYMBOL_NAMES = {"BTCUSDT": "BTC/USDT", "ETHUSDT": "ETH/USDT"}


def uid_of(account: str) -> int:
    """Return the account's number at the exchange."""
    return FIRST_UID + ACCOUNTS.index(account)


def exchange_orders(system: RunningSystem, account: str) -> list[dict[str, Any]]:
    """Return the account's orders as the exchange has them."""
    return [order for order in system.paper.orders() if order["uid"] == uid_of(account)]


def orders_with_id(system: RunningSystem, client_order_id: str) -> list[dict[str, Any]]:
    """Return the exchange's orders that ever had the client id."""
    return [
        order for order in system.paper.orders() if client_order_id in order["client_order_ids"]
    ]


def assert_equal_to_exchange(system: RunningSystem, account: str) -> None:
    """Fills, orders, balances and positions are the exchange's own."""
    reconciled = system.json("reconcile", "--account", account)
    assert [one["differences"] for one in reconciled] == [{}]
    assert _our_fills(system, account) == _their_fills(system, account)
    eventually(
        lambda: _our_quantities(system, account) == _their_quantities(system, account),
        message="filled quantities differ",
    )
    shown = system.json("portfolio", "--account", account)
    assert _totals(shown["balances"], "free", "used") == _totals(
        system.paper.balances(uid_of(account)), "free", "locked"
    )
    for position in system.json("positions", "--account", account):
        base = position["symbol"].partition("/")[0]
        held = _totals(shown["balances"], "free", "used").get(base, Decimal(0))
        assert Decimal(position["net_quantity"]) == held


def _our_fills(system: RunningSystem, account: str) -> list[tuple[Any, ...]]:
    return sorted(
        (
            fill["trade_id"],
            fill["exchange_order_id"],
            *map(Decimal, (fill["quantity"], fill["price"], fill["cost"], fill["fee"])),
        )
        for fill in system.json("fills", "--account", account, "--limit", "1000")
    )


def _their_fills(system: RunningSystem, account: str) -> list[tuple[Any, ...]]:
    numbers = ("quantity", "price", "quote_quantity", "fee")
    return sorted(
        (
            str(trade["trade_id"]),
            str(trade["order_id"]),
            *(Decimal(trade[name]) for name in numbers),
        )
        for trade in system.paper.trades()
        if trade["uid"] == uid_of(account)
    )


def _our_quantities(system: RunningSystem, account: str) -> dict[str, Decimal]:
    listed = system.json("order", "list", "--account", account, "--limit", "1000")
    return {
        f"{order['symbol']} {order['exchange_order_id']}": Decimal(order["filled_quantity"])
        for order in listed
        if order["exchange_order_id"]
    }


def _their_quantities(system: RunningSystem, account: str) -> dict[str, Decimal]:
    return {
        f"{SYMBOL_NAMES[order['symbol']]} {order['order_id']}": Decimal(order["filled_quantity"])
        for order in exchange_orders(system, account)
    }


def _totals(balances: dict[str, dict[str, str]], *parts: str) -> dict[str, Decimal]:
    totals = {asset: sum(Decimal(held[p]) for p in parts) for asset, held in balances.items()}
    return {asset: Decimal(total) for asset, total in totals.items() if total}
