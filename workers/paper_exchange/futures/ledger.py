"""Everything the futures market has accepted: orders, trades, positions, wallets, income."""

from __future__ import annotations

from decimal import Decimal

from .accounts import ContractSetting, Income, Wallet
from .algo_orders import AlgoOrder
from .ledger_rows import LedgerRows
from .orders import ZERO, Order, PositionSide, Trade
from .positions import Position
from .rates import FundingRate


class Ledger(LedgerRows):
    """The books of the futures market: what may be added to them, and asked of them."""

    def put_setting(self, setting: ContractSetting) -> None:
        self.put("setting", f"{setting.uid}/{setting.symbol}", setting)

    def put_position(self, position: Position) -> None:
        self.put("position", "/".join(map(str, position.key)), position)

    def put_order(self, order: Order) -> None:
        self.put("order", _numbered(order.symbol, order.order_id), order)

    def put_algo(self, order: AlgoOrder) -> None:
        self.put("algo", _numbered("", order.algo_id), order)

    def add_trade(self, trade: Trade) -> None:
        self.put("trade", _numbered(trade.symbol, trade.trade_id, trade.order_id), trade)

    def add_funding(self, row: FundingRate) -> None:
        self.put("funding", _numbered("", self.next_id("", "funding")), row)

    def add_income(
        self,
        uid: int,
        income_type: str,
        asset: str,
        amount: Decimal,
        at_ms: int,
        *,
        symbol: str = "",
        information: str = "",
        trade_id: int = 0,
    ) -> None:
        """Change a wallet, and say why; nothing for an amount of zero."""
        if not amount:
            return
        row = Income(
            uid=uid,
            transaction_id=self.next_id("", "transaction"),
            income_type=income_type,
            asset=asset,
            amount=amount,
            symbol=symbol,
            information=information,
            trade_id=trade_id,
            at_ms=at_ms,
        )
        self.put("income", _numbered("", row.transaction_id), row)
        balance = self.wallet(uid, asset).balance + amount
        wallet = Wallet(uid=uid, asset=asset, balance=balance, updated_at_ms=at_ms)
        self.put("wallet", f"{uid}/{asset}", wallet)

    # Questions

    def wallet(self, uid: int, asset: str) -> Wallet:
        """Return the wallet of an asset, an empty one when there never was any."""
        return self.wallets.get((uid, asset)) or Wallet(uid=uid, asset=asset)

    def setting(self, uid: int, symbol: str) -> ContractSetting:
        """Return the account's setting of a contract, the first one when nobody has set it."""
        return self.settings.get((uid, symbol)) or ContractSetting(uid=uid, symbol=symbol)

    def position(self, uid: int, symbol: str, side: PositionSide) -> Position:
        """Return the position, a flat one when there never was any."""
        known = self.positions.get((uid, symbol, side))
        return known or Position(uid=uid, symbol=symbol, side=side)

    def positions_of(self, uid: int, symbol: str) -> list[Position]:
        """Return the positions of one contract in the account's present mode."""
        sides: tuple[PositionSide, ...] = (
            ("LONG", "SHORT") if self.accounts[uid].is_hedged else ("BOTH",)
        )
        return [self.position(uid, symbol, side) for side in sides]

    def has_position(self, uid: int, symbol: str | None = None) -> bool:
        """Return whether anything is open, in one contract or in any."""
        return any(
            p.quantity != ZERO
            for p in self.positions.values()
            if p.uid == uid and symbol in {None, p.symbol}
        )


def _numbered(symbol: str, *numbers: int) -> str:
    """Return a key that sorts as its numbers do."""
    return "/".join([symbol, *(f"{number:020d}" for number in numbers)])
