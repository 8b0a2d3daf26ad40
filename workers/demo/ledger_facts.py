"""The exchange's side of the comparison: the facts of its own ledger. Pure.

It folds the ledger's rows itself and uses nothing of the engine's: a mistake that both sides
shared would not show.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Context, Decimal, localcontext
from typing import Any

from workers.demo.facts import Facts, named

ZERO = Decimal(0)
#: More digits than any sum of the ledger's has.
EXACT = Context(prec=60)

#: The exchange's words for what an order has become.
STATUSES = {
    "NEW": "accepted",
    "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled",
    "CANCELED": "canceled",
    "EXPIRED": "expired",
    "EXPIRED_IN_MATCH": "expired",
}
TYPES = {
    "MARKET": "market",
    "LIMIT": "limit",
    "LIMIT_MAKER": "limit",
    "STOP_LOSS": "stop",
    "STOP_LOSS_LIMIT": "stop_limit",
    "TAKE_PROFIT": "take_profit",
    "TAKE_PROFIT_LIMIT": "take_profit_limit",
}


def ledger_facts(ledger: Mapping[str, Any], uid: str) -> Facts:
    """Return the same facts from the exchange's own ledger, of the account `uid`."""
    orders = [row for row in ledger["orders"] if str(row["uid"]) == uid]
    trades = [row for row in ledger["trades"] if str(row["uid"]) == uid]
    facts = {"orders": str(len(orders)), "trades": str(len(trades))}
    for row in orders:
        facts |= _ledger_order(row)
    for row in trades:
        facts |= ledger_trade(row)
    return facts | _balances(ledger["accounts"][uid]["balances"]) | _ledger_positions(trades)


def _ledger_order(row: Mapping[str, Any]) -> Facts:
    return named(
        f"order {row['symbol']} {row['order_id']}",
        {
            "client id": row["client_order_ids"][0],
            "side": row["side"].lower(),
            "type": TYPES[row["type"]],
            "status": STATUSES[row["status"]],
            "quantity": plain_number(row["quantity"]),
            "price": plain_number(row["price"]),
            "filled": plain_number(row["filled_quantity"]),
            "cost": plain_number(row["filled_quote"]),
        },
    )


def ledger_trade(row: Mapping[str, Any]) -> Facts:
    """Return the facts of one trade of the exchange's ledger."""
    return named(
        f"trade {row['symbol']} {row['trade_id']}/{row['order_id']}",
        {
            "side": row["side"].lower(),
            "quantity": plain_number(row["quantity"]),
            "price": plain_number(row["price"]),
            "cost": plain_number(row["quote_quantity"]),
            "fee": f"{plain_number(row['fee'])} {row['fee_asset']}",
            "liquidity": "maker" if row["is_maker"] else "taker",
            "time": str(row["executed_at_ms"]),
        },
    )


def _balances(rows: Mapping[str, Mapping[str, str]]) -> Facts:
    facts: Facts = {}
    for asset, row in rows.items():
        if Decimal(row["free"]) or Decimal(row["locked"]):
            facts |= named(
                f"balance {asset}",
                {"free": plain_number(row["free"]), "locked": plain_number(row["locked"])},
            )
            total = Decimal(row["free"]) + Decimal(row["locked"])
            facts[f"booked {asset}"] = written(total)
    return facts


def _ledger_positions(trades: Sequence[Mapping[str, Any]]) -> Facts:
    held: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for row in trades:
            sign = 1 if row["side"] == "BUY" else -1
            # The base coin is the symbol's beginning: BTC in BTCUSDT
            is_base_fee = row["symbol"].startswith(row["fee_asset"])
            fee = Decimal(row["fee"]) if is_base_fee else ZERO
            before = held.get(row["symbol"], ZERO)
            held[row["symbol"]] = before + sign * Decimal(row["quantity"]) - fee
    return {f"position {symbol} quantity": written(total) for symbol, total in held.items()}


def plain_number(text: str) -> str:
    """Return a number of the ledger without trailing zeros, as the facts are written."""
    return written(Decimal(text))


def written(number: Decimal) -> str:
    """Return a number with every digit and without trailing zeros."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
