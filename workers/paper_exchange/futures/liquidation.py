"""Liquidation: what happens when a margin no longer carries its positions."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from .events import MarginCallEvent, MarginCallRow
from .ledger import Ledger
from .margin import AssetMargin, SideMargin, is_isolated_in_liquidation
from .margins import Margins
from .market import Market
from .matcher import Matcher
from .orders import ZERO
from .positions import UNIT
from .takeovers import LIQUIDATION, Takeovers

#: A margin call is sent when the maintenance margin is this share of what is left.
_CALL_SHARE = Decimal("0.8")


class Liquidation:
    """Watches mark prices; takes over what is bankrupt, and warns of what nearly is."""

    def __init__(
        self, ledger: Ledger, margins: Margins, matcher: Matcher, takeovers: Takeovers
    ) -> None:
        self._ledger = ledger
        self._margins = margins
        self._matcher = matcher
        self._takeovers = takeovers
        self._called: set[tuple[int, str]] = set()  # uid and asset that were warned
        matcher.price_listeners.append(self.on_price)

    def on_price(self, market: Market) -> None:
        """Look at every account that has a position in this contract."""
        symbol = market.rules.symbol
        holders = {
            p.uid for p in self._ledger.positions.values() if p.symbol == symbol and p.quantity
        }
        for uid in sorted(holders):
            self._look_at(uid, market)

    def _look_at(self, uid: int, market: Market) -> None:
        asset = self._margins.of(uid, market.rules.quote)
        for row in asset.rows:
            if is_isolated_in_liquidation(row):
                self.take(row)
        while asset.is_in_liquidation():
            self._relieve(uid, asset)
            asset = self._margins.of(uid, market.rules.quote)
        self._warn(uid, asset)

    def _relieve(self, uid: int, asset: AssetMargin) -> None:
        """Take over the largest position on cross margin, with its contract's orders."""
        rows = [r for r in asset.rows if not r.is_isolated and r.position.quantity]
        self.take(max(rows, key=lambda r: abs(r.notional)))

    def take(self, row: SideMargin) -> None:
        """Close a position at its mark price, for a fee as far as there is margin."""
        position, market = row.position, self._matcher.markets[row.position.symbol]
        uid, symbol, asset = position.uid, position.symbol, market.rules.quote
        self._takeovers.end_orders(uid, symbol)
        before = self._carries(row, asset)
        price = max(row.mark_price.quantize(UNIT), market.rules.tick_size)
        self._takeovers.close(position, price, LIQUIDATION)
        left = before + row.unrealized
        wanted = (abs(row.notional) * market.rules.liquidation_fee_rate).quantize(UNIT)
        # The fund pays for what is missing, and takes a fee from what is left
        self._takeovers.clear(uid, symbol, asset, -min(wanted, left) if left > 0 else -left)

    def _carries(self, row: SideMargin, asset: str) -> Decimal:
        """Return the margin that stands behind a position, its own profit left out."""
        if row.is_isolated:
            return row.position.isolated_wallet
        whole = self._margins.of(row.position.uid, asset)
        return whole.cross_wallet + whole.cross_unrealized - row.unrealized

    def _warn(self, uid: int, asset: AssetMargin) -> None:
        """Tell a margin call once, until there is enough margin again."""
        rows = list(_endangered(asset))
        key = (uid, asset.asset)
        if not rows:
            self._called.discard(key)
        elif key not in self._called:
            self._called.add(key)
            self._matcher.events.append(_call(uid, asset, rows, self._matcher.clock()))


def _endangered(asset: AssetMargin) -> Iterable[SideMargin]:
    """Return the positions that are close to their liquidation."""
    cross = asset.cross_wallet + asset.cross_unrealized
    is_cross_close = asset.cross_maintenance > cross * _CALL_SHARE
    for row in asset.rows:
        if not row.position.quantity:
            continue
        own = row.position.isolated_wallet + row.unrealized
        if row.maintenance > own * _CALL_SHARE if row.is_isolated else is_cross_close:
            yield row


def _call(uid: int, asset: AssetMargin, rows: list[SideMargin], at_ms: int) -> MarginCallEvent:
    return MarginCallEvent(
        uid=uid,
        cross_balance=max(ZERO, asset.cross_wallet),
        rows=tuple(
            MarginCallRow(
                position=row.position,
                is_isolated=row.is_isolated,
                mark_price=row.mark_price,
                unrealized=row.unrealized,
                maintenance=row.maintenance,
            )
            for row in rows
        ),
        at_ms=at_ms,
    )
