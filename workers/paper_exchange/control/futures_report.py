"""The true ledger of the futures market as JSON, with every digit, for comparison."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal

from workers.paper_exchange.futures.venue import Venue


def ledger_report(venue: Venue) -> dict[str, object]:
    """Return accounts with wallets and positions, orders, conditional orders, trades, income."""
    ledger = venue.ledger
    return {
        "accounts": {str(uid): _account(venue, uid) for uid in ledger.accounts},
        "orders": [_order(row) for row in ledger.orders()],
        "algo_orders": [_row(row) for row in ledger.algo.by_id.values()],
        "trades": [_row(row) for rows in ledger.trades.values() for row in rows],
        "income": [_row(row) for rows in ledger.income.values() for row in rows],
        "funding": [_row(row) for row in ledger.funding],
        "last_prices": {s: f"{m.tape.last_price:.8f}" for s, m in venue.markets.items()},
        "mark_prices": {s: f"{m.mark_price:.8f}" for s, m in venue.markets.items()},
    }


def _account(venue: Venue, uid: int) -> dict[str, object]:
    ledger = venue.ledger
    account = ledger.accounts[uid]
    return {
        "maker_rate": str(account.maker_rate),
        "taker_rate": str(account.taker_rate),
        "is_hedged": account.is_hedged,
        "wallets": {
            asset: f"{row.balance:.8f}"
            for (owner, asset), row in sorted(ledger.wallets.items())
            if owner == uid
        },
        "positions": [
            _row(row) | {"entry_price": f"{row.entry_price:.8f}"}
            for key, row in sorted(ledger.positions.items())
            if key[0] == uid
        ],
        "settings": {
            symbol: {"leverage": row.leverage, "is_isolated": row.is_isolated}
            for (owner, symbol), row in sorted(ledger.settings.items())
            if owner == uid
        },
    }


def _order(row: object) -> dict[str, object]:
    """Return an order with the names that the spot report has too."""
    whole = _row(row)
    return whole | {"type": whole["order_type"], "client_order_ids": [whole["client_order_id"]]}


def _row(row: object) -> dict[str, object]:
    """Return a row by the names of its fields, numbers of money as texts with eight digits."""
    values = {f.name: getattr(row, f.name) for f in fields(row)}  # type: ignore[arg-type]
    return {k: f"{v:.8f}" if isinstance(v, Decimal) else v for k, v in values.items()}
