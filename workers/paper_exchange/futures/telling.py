"""Put together what changed of an account, at the moment of the change."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .events import AccountEvent, PositionRow, WalletRow
from .ledger import Ledger
from .market import Market
from .orders import ZERO
from .positions import Position


def account_event(
    ledger: Ledger,
    market: Market,
    reason: str,
    positions: Iterable[Position],
    *,
    change: Decimal = ZERO,
    at_ms: int,
) -> AccountEvent:
    """Return the event of positions of one contract that changed; there is at least one."""
    rows = tuple(positions)
    uid, symbol = rows[0].uid, rows[0].symbol
    is_isolated = ledger.setting(uid, symbol).is_isolated
    return AccountEvent(
        uid=uid,
        reason=reason,
        wallets=(wallet_row(ledger, uid, market.rules.quote, change),),
        positions=tuple(
            PositionRow(
                position=row,
                unrealized=row.unrealized(market.mark_price),
                is_isolated=is_isolated,
                margin_asset=market.rules.quote,
            )
            for row in rows
        ),
        at_ms=at_ms,
    )


def wallet_row(ledger: Ledger, uid: int, asset: str, change: Decimal = ZERO) -> WalletRow:
    """Return an asset of an account as it is now."""
    balance = ledger.wallet(uid, asset).balance
    bound = sum(
        (
            p.isolated_wallet
            for p in ledger.positions.values()
            if p.uid == uid and p.symbol.endswith(asset)
        ),
        ZERO,
    )
    return WalletRow(asset=asset, balance=balance, cross_balance=balance - bound, change=change)
