"""What an account's ledger comes to, as the verbs print it: trades, rows, positions, portfolio."""

from __future__ import annotations

from decimal import Decimal

from engine.domain.fill import BalanceRow, Fill
from engine.domain.portfolio import Portfolio, PositionRow
from engine.domain.position import Position
from engine.portfolio.valuation import mark_position
from engine.ports import ArchivedRow
from workers.cli.documents import Document, number, time_fields


def fill_document(account: str, fill: Fill) -> Document:
    """Return one execution; a fee above zero was paid."""
    return {
        "account": account,
        "symbol": fill.symbol,
        "trade_id": fill.trade_id,
        "client_order_id": fill.client_order_id,
        "exchange_order_id": fill.exchange_order_id,
        "side": fill.side.value,
        "quantity": number(fill.quantity),
        "price": number(fill.price),
        "cost": number(fill.cost),
        "fee": number(fill.fee),
        "fee_currency": fill.fee_currency or None,
        "liquidity": fill.liquidity.value if fill.liquidity else None,
        **time_fields("executed_at", fill.executed_at_ms),
    }


def row_document(account: str, entry: ArchivedRow) -> Document:
    """Return one row of a ledger: a trade, or a balance that changed without one."""
    row = entry.row
    return {
        "account": account,
        "symbol": row.symbol,
        "number": entry.number,
        "ledger_epoch": entry.ledger_epoch,
        "row_id": row.row_id,
        **(_trade_fields(row) if isinstance(row, Fill) else _balance_fields(row)),
        "quantity": number(row.quantity),
        **time_fields("executed_at", row.executed_at_ms),
    }


def _trade_fields(fill: Fill) -> Document:
    shown = {"price": fill.price, "cost": fill.cost, "fee": fill.fee}
    return {
        "kind": "trade",
        "side": fill.side.value,
        "asset": None,
        **{name: number(value) for name, value in shown.items()},
        "fee_currency": fill.fee_currency or None,
        "note": "",
    }


def _balance_fields(row: BalanceRow) -> Document:
    nothing = dict.fromkeys(("side", "price", "cost", "fee", "fee_currency"))
    return {"kind": row.kind.value, **nothing, "asset": row.asset, "note": row.note}


def position_document(position: Position, mark_price: Decimal | None) -> Document:
    """Return a position; without a price there is no unrealized profit."""
    row = mark_position(position, mark_price)
    return {
        "account": position.account,
        "symbol": position.symbol,
        "direction": position.direction.value,
        "net_quantity": number(row.net_quantity),
        "entry_price": number(row.entry_price),
        "mark_price": number(row.mark_price),
        "realized_pnl": number(row.realized_pnl),
        "unrealized_pnl": number(row.unrealized_pnl),
        "fees": {currency: number(fee) for currency, fee in sorted(position.fees.items())},
    }


def portfolio_document(portfolio: Portfolio, *, is_live: bool, recorded_at_ms: int) -> Document:
    """Return a portfolio; `is_live` False: the exchange did not answer, this is what was kept."""
    return {
        "account": portfolio.account,
        "quote": portfolio.quote,
        "equity": number(portfolio.equity),
        "balances": {
            asset: {
                "free": number(held.free),
                "used": number(held.used),
                "total": number(held.total),
            }
            for asset, held in sorted(portfolio.balances.items())
        },
        "positions": [_position_row(row) for row in portfolio.positions],
        "unpriced_assets": list(portfolio.unpriced_assets),
        "is_live": is_live,
        **time_fields("updated_at", portfolio.updated_at_ms),
        **time_fields("recorded_at", recorded_at_ms or None),
    }


def _position_row(row: PositionRow) -> Document:
    return {
        "symbol": row.symbol,
        "net_quantity": number(row.net_quantity),
        "entry_price": number(row.entry_price),
        "mark_price": number(row.mark_price),
        "realized_pnl": number(row.realized_pnl),
        "unrealized_pnl": number(row.unrealized_pnl),
    }
