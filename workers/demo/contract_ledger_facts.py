"""The exchange's side of a futures account: the facts of its own ledger. Pure.

As `ledger_facts` for spot, and like it without anything of the engine's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, localcontext
from typing import Any

from workers.demo.facts import Facts, named
from workers.demo.ledger_facts import EXACT, STATUSES, ZERO, ledger_trade, plain_number, written

Row = Mapping[str, Any]

#: What a conditional order has become as long as its trigger placed no order. One that is refused
#: had been accepted before: it ended when its trigger was touched.
ALGO_STATUSES = {
    "NEW": "accepted",
    "TRIGGERING": "accepted",
    "CANCELED": "canceled",
    "EXPIRED": "expired",
    "REJECTED": "expired",
}
#: Lines of the income history that belong to a contract's profit.
OF_PROFIT = {"REALIZED_PNL", "COMMISSION", "FUNDING_FEE", "INSURANCE_CLEAR"}


def contract_ledger_facts(ledger: Row, uid: str) -> Facts:
    """Return the facts of the futures account `uid` from the exchange's own ledger."""
    orders, algo_orders, trades, income = (
        [row for row in ledger[name] if str(row["uid"]) == uid]
        for name in ("orders", "algo_orders", "trades", "income")
    )
    by_number = {(row["symbol"], row["order_id"]): row for row in orders}
    triggered = {child_of(row) for row in algo_orders}
    own = [row for number, row in by_number.items() if number not in triggered]
    facts = {"orders": str(len(own) + len(algo_orders)), "trades": str(len(trades))}
    for row in own:
        facts |= _order(row["client_order_id"], row, STATUSES[row["status"]], row)
    for row in algo_orders:
        child = by_number.get(child_of(row))
        status = STATUSES[child["status"]] if child else ALGO_STATUSES[row["status"]]
        facts |= _order(row["client_algo_id"], row, status, child or {})
    for row in trades:
        facts |= ledger_trade(row)
    return facts | _holdings(ledger["accounts"][uid], income)


def child_of(row: Row) -> tuple[str, int]:
    """Return which order a conditional one placed: orders are numbered by symbol; 0 is none."""
    return row["symbol"], row["child_order_id"]


def _order(client_order_id: str, asked: Row, status: str, filled: Row) -> Facts:
    return named(
        f"order {asked['symbol']} {client_order_id}",
        {
            "side": asked["side"].lower(),
            "status": status,
            "filled": plain_number(filled.get("filled_quantity", "0")),
            "cost": plain_number(filled.get("filled_quote", "0")),
        },
    )


def _holdings(account: Row, income: Iterable[Row]) -> Facts:
    """Return wallets and positions; the profit of a contract is the sum of its income."""
    facts = {f"booked {asset}": plain_number(text) for asset, text in account["wallets"].items()}
    for row in account["positions"]:
        # One-way: the only position of a contract
        facts[f"position {row['symbol']} quantity"] = plain_number(row["quantity"])
        facts[f"position {row['symbol']} profit"] = written(ZERO)
    profits: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for row in income:
            if row["income_type"] in OF_PROFIT:
                before = profits.get(row["symbol"], ZERO)
                profits[row["symbol"]] = before + Decimal(row["amount"])
    return facts | {f"position {word} profit": written(sum_) for word, sum_ in profits.items()}
