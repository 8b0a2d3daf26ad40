"""The margin of an account as its ledger and the mark prices make it."""

from __future__ import annotations

from collections.abc import Mapping

from .ledger import Ledger
from .margin import AssetMargin, Pending, SideMargin, side_margin
from .market import Market
from .orders import OPEN_STATUSES, Order


class Margins:
    """Answers what an account's positions and orders need at this moment."""

    def __init__(self, ledger: Ledger, markets: Mapping[str, Market]) -> None:
        self._ledger = ledger
        self._markets = markets

    def assets(self) -> list[str]:
        """Return the margin assets of the market, in a stable order."""
        return sorted({market.rules.quote for market in self._markets.values()})

    def of_contract(self, uid: int, symbol: str, extra: Pending | None = None) -> list[SideMargin]:
        """Return each side of one contract; `extra` is an order that is not placed yet."""
        market, setting = self._markets[symbol], self._ledger.setting(uid, symbol)
        pending = [_pending(o) for o in self._ledger.open_of(uid, symbol) if not o.reduces]
        if extra is not None:
            pending.append(extra)
        return [
            side_margin(
                position,
                pending,
                market.rules,
                market.mark_price,
                leverage=setting.leverage,
                is_isolated=setting.is_isolated,
            )
            for position in self._ledger.positions_of(uid, symbol)
        ]

    def of(
        self, uid: int, asset: str, symbol: str = "", extra: Pending | None = None
    ) -> AssetMargin:
        """Return everything that one asset carries; `extra` is a new order for `symbol`."""
        rows: list[SideMargin] = []
        for name, market in self._markets.items():
            if market.rules.quote == asset:
                rows += self.of_contract(uid, name, extra if name == symbol else None)
        wallet = self._ledger.wallet(uid, asset).balance
        return AssetMargin(asset=asset, wallet=wallet, rows=tuple(rows))

    def is_bound(self, row: SideMargin) -> bool:
        """Return whether there is a position or an order on this side of a contract."""
        return bool(row.position.quantity or row.bid_notional or row.ask_notional)


def _pending(order: Order) -> Pending:
    assert order.status in OPEN_STATUSES
    return Pending(
        side=order.side,
        position_side=order.position_side,
        notional=order.remaining_quantity * order.price,
    )
