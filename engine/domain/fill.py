"""One execution of ours, and the other rows that change a balance."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import StrEnum

from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import PositionSide, position_name, settle_asset


class Side(StrEnum):
    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        return 1 if self is Side.BUY else -1


class Liquidity(StrEnum):
    MAKER = "maker"
    TAKER = "taker"


@dataclass(frozen=True, kw_only=True)
class Fill:
    """A trade row of the exchange: the only thing that moves a position."""

    trade_id: str
    exchange_order_id: str
    client_order_id: str | None = None  # None: an order that is not ours
    symbol: str
    side: Side
    quantity: Decimal  # Base currency
    price: Decimal  # Quote per base
    cost: Decimal  # Quote currency, as the exchange booked it
    fee: Decimal = ZERO  # Positive = paid
    fee_currency: str = ""
    #: Where a fee in a third coin is booked, as a row of its own; "": the fill counts it itself.
    fee_symbol: str = ""
    #: Where what was paid or got in the quote coin is booked, as a row of its own, with a fee in
    #: that coin: the market of a coin that is traded itself (BTC, of ETH/BTC); "": the fill
    #: counts it itself.
    quote_symbol: str = ""
    liquidity: Liquidity | None = None
    position_side: PositionSide = PositionSide.BOTH
    #: Settlement currency, as the exchange booked it, fee not included; None: not a contract.
    realized_pnl: Decimal | None = None
    executed_at_ms: int  # Exchange time
    ledger_epoch: int = 0  # The exchange's ledger that it was read from; a reset begins another

    @property
    def row_id(self) -> str:
        """Unique in its symbol and ledger epoch; a self-trade has two rows of one trade id."""
        return f"{self.trade_id}/{self.exchange_order_id}"

    @property
    def ledger(self) -> str:
        """The name of the position that it moves, in whose ledger it is booked."""
        return position_name(self.symbol, self.position_side)

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Order of execution: time, then the exchange's own counter."""
        number = int(self.trade_id) if self.trade_id.isdecimal() else 0
        return (self.executed_at_ms, number, self.row_id)


class RowKind(StrEnum):
    OPENING = "opening"  #: Held before our ledger began; its entry price is unknown
    TRANSFER = "transfer"  #: Deposit, withdrawal, airdrop: the exchange named it
    FUNDING = "funding"  #: What the holders of contracts pay each other
    INSURANCE = "insurance"  #: What a liquidation cost beyond its trades
    FEE = "fee"  #: Of a trade, paid in a coin that is neither its base nor its quote
    PAYMENT = "payment"  #: Of a trade in another market, whose quote coin it is
    UNEXPLAINED = "unexplained"  #: A lasting difference that nothing accounts for


@dataclass(frozen=True, kw_only=True)
class BalanceRow:
    """A change of one asset that no trade explains.

    A position of a contract counts as an asset of its own, under its own name.
    """

    row_id: str
    kind: RowKind
    #: The symbol whose position holds the asset, or the asset itself where none does.
    symbol: str
    asset: str
    quantity: Decimal  # Signed
    executed_at_ms: int
    note: str = ""
    ledger_epoch: int = 0  # As of a fill
    entry_price: Decimal | None = None  # Of a contract that was held before; None: not known

    @property
    def ledger(self) -> str:
        """The name of the ledger that it is booked in."""
        return self.symbol

    @property
    def sort_key(self) -> tuple[int, int, str]:
        """Before every trade of the same millisecond: an opening comes first."""
        return (self.executed_at_ms, -1, self.row_id)


LedgerRow = Fill | BalanceRow


def fee_row(fill: Fill) -> BalanceRow | None:
    """Return the row of a fee in a third coin, booked in the same write as its fill."""
    if not fill.fee_symbol or not fill.fee:
        return None
    return BalanceRow(
        row_id=f"fee:{fill.symbol}:{fill.row_id}",
        kind=RowKind.FEE,
        symbol=fill.fee_symbol,
        asset=fill.fee_currency,
        quantity=-fill.fee,
        executed_at_ms=fill.executed_at_ms,
        note=f"fee of trade {fill.trade_id} in {fill.symbol}",
        ledger_epoch=fill.ledger_epoch,
    )


def payment_row(fill: Fill) -> BalanceRow | None:
    """Return the row of what a trade paid or got in a coin that is traded itself."""
    if not fill.quote_symbol:
        return None
    asset = fill.quote_symbol.partition("/")[0]
    with localcontext(EXACT):
        fee = fill.fee if fill.fee_currency == asset else ZERO
        quantity = -fill.side.sign * fill.cost - fee
    return BalanceRow(
        row_id=f"payment:{fill.symbol}:{fill.row_id}",
        kind=RowKind.PAYMENT,
        symbol=fill.quote_symbol,
        asset=asset,
        quantity=quantity,
        executed_at_ms=fill.executed_at_ms,
        note=f"trade {fill.trade_id} in {fill.symbol}",
        ledger_epoch=fill.ledger_epoch,
    )


def rows_beside(row: LedgerRow) -> tuple[BalanceRow, ...]:
    """Return the rows of other coins that a trade moved, booked in the same write as it."""
    if isinstance(row, BalanceRow):
        return ()
    return tuple(other for other in (fee_row(row), payment_row(row)) if other is not None)


def asset_changes(row: LedgerRow, base: str, quote: str) -> dict[str, Decimal]:
    """Return what the row did to each asset's total balance; what has its own row is there.

    A contract moves no coins: its quantity counts under its position's name, and what the
    exchange booked as profit in the asset that it settles in.
    """
    if isinstance(row, BalanceRow):
        return {row.asset: row.quantity}
    settle = settle_asset(row.symbol)
    if settle is not None:
        return _contract_changes(row, settle)
    sign = row.side.sign
    with localcontext(EXACT):
        changes = {base: sign * row.quantity}
        if not row.quote_symbol:
            changes[quote] = changes.get(quote, ZERO) - sign * row.cost
        is_in_payment = bool(row.quote_symbol) and row.fee_currency == quote
        if row.fee and not row.fee_symbol and not is_in_payment:
            changes[row.fee_currency] = changes.get(row.fee_currency, ZERO) - row.fee
    return changes


def _contract_changes(fill: Fill, settle: str) -> dict[str, Decimal]:
    with localcontext(EXACT):
        changes = {
            fill.ledger: fill.side.sign * fill.quantity,
            settle: fill.realized_pnl or ZERO,
        }
        if fill.fee and not fill.fee_symbol:
            changes[fill.fee_currency] = changes.get(fill.fee_currency, ZERO) - fill.fee
    return changes
