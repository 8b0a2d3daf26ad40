"""A position is a fold over the rows of one symbol's ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal, localcontext
from enum import StrEnum

from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import settle_asset
from engine.domain.fill import BalanceRow, Fill, LedgerRow, RowKind

#: A cost that must be split is rounded here (quote currency); the other part gets the exact rest,
#: so that splitting neither makes money nor loses any.
COST_PLACE = Decimal("1e-24")
WIDE = Context(prec=120)


class PositionState(StrEnum):
    FLAT = "FLAT"
    LONG = "LONG"
    SHORT = "SHORT"


@dataclass(frozen=True, kw_only=True)
class Position:
    account: str
    symbol: str
    base: str
    quote: str
    traded_quantity: Decimal = ZERO  # Signed; what trades opened, its cost is known
    traded_cost: Decimal = ZERO  # Quote currency, signed like the quantity; fees not included
    untraded_quantity: Decimal = ZERO  # Openings, transfers: entry unknown
    #: Quote currency; fees in base and quote are deducted, and its coins that were paid as fees.
    #: Of a contract: what the exchange booked, with funding and without fees in the asset that
    #: it settles in.
    realized_pnl: Decimal = ZERO
    funding: Decimal = ZERO  # Of a contract, settlement currency; received above zero
    fees: Mapping[str, Decimal] = field(default_factory=dict)  # By currency; positive = paid
    cursor: int = 0  # Ledger rows folded so far
    last_sort_key: tuple[int, int, str] = (0, -2, "")

    @property
    def net_quantity(self) -> Decimal:
        """Base currency, above zero when long."""
        with localcontext(EXACT):
            return self.traded_quantity + self.untraded_quantity

    @property
    def entry_price(self) -> Decimal | None:
        """Average price of what trades opened and is still open; None when nothing is."""
        if not self.traded_quantity:
            return None
        with localcontext(EXACT):
            return self.traded_cost / self.traded_quantity

    @property
    def direction(self) -> PositionState:
        if self.net_quantity == 0:
            return PositionState.FLAT
        return PositionState.LONG if self.net_quantity > 0 else PositionState.SHORT

    def unrealized_pnl(self, mark_price: Decimal) -> Decimal:
        """Quote currency; fees not included, nor anything whose entry is unknown."""
        with localcontext(EXACT):
            return self.traded_quantity * mark_price - self.traded_cost

    def notional(self, mark_price: Decimal) -> Decimal:
        """Quote currency, never below zero."""
        with localcontext(EXACT):
            return abs(self.net_quantity) * mark_price

    def apply_row(self, row: LedgerRow) -> Position:
        """Return the position after `row`; rows must come in the order of their sort keys."""
        with localcontext(EXACT):
            changed = self._apply_fill(row) if isinstance(row, Fill) else self._apply_balance(row)
        return replace(changed, cursor=self.cursor + 1, last_sort_key=row.sort_key)

    def _apply_balance(self, row: BalanceRow) -> Position:
        """Move coins without a trade; those of unknown entry go first, bought ones take their cost.

        So the two parts never stand against each other: a withdrawal is not a short. What a fee
        takes of bought coins is lost at their cost.
        """
        if settle_asset(self.symbol) is not None:
            return self._apply_contract_row(row)
        if row.asset != self.base:
            return self
        moved = self._move(row.quantity)
        lost = self.traded_cost - moved.traded_cost if row.kind is RowKind.FEE else ZERO
        return replace(moved, realized_pnl=self.realized_pnl - lost)

    def _move(self, delta: Decimal) -> Position:
        """Add `delta` coins or contracts that no trade brought or took."""
        untraded = _closable(self.untraded_quantity, delta)
        traded = _closable(self.traded_quantity, delta - untraded)
        gone_cost = _share(self.traded_cost, -traded, self.traded_quantity)
        return replace(
            self,
            traded_quantity=self.traded_quantity + traded,
            traded_cost=self.traded_cost - gone_cost,
            untraded_quantity=self.untraded_quantity + delta - traded,
        )

    def _apply_contract_row(self, row: BalanceRow) -> Position:
        """Book funding and the like as profit, or contracts that no trade of ours brought."""
        if row.asset != self.symbol:
            funding = row.quantity if row.kind is RowKind.FUNDING else ZERO
            return replace(
                self,
                realized_pnl=self.realized_pnl + row.quantity,
                funding=self.funding + funding,
            )
        if row.entry_price is not None:
            moved = self._trade(row.quantity, row.quantity * row.entry_price)
            return replace(moved, realized_pnl=self.realized_pnl)
        return self._move(row.quantity)

    def _apply_fill(self, fill: Fill) -> Position:
        if settle_asset(self.symbol) is not None:
            return self._apply_contract_fill(fill)
        base_fee = fill.fee if fill.fee_currency == self.base else ZERO
        quote_fee = fill.fee if fill.fee_currency == self.quote else ZERO
        # A fee in base currency is coins given away at the fill's price
        fee_value = _share(fill.cost, base_fee, fill.quantity)
        sign = fill.side.sign
        moved = self._trade(sign * fill.quantity - base_fee, sign * fill.cost - fee_value)
        pnl = moved.realized_pnl - quote_fee - fee_value
        return replace(moved, realized_pnl=pnl, fees=_add_fee(self.fees, fill))

    def _apply_contract_fill(self, fill: Fill) -> Position:
        """Trade contracts: the profit is what the exchange booked, to its own rounding."""
        sign, settle = fill.side.sign, settle_asset(self.symbol)
        moved = self._trade(sign * fill.quantity, sign * fill.cost)
        pnl = moved.realized_pnl
        if fill.realized_pnl is not None:
            pnl = self.realized_pnl + fill.realized_pnl
        paid = fill.fee if fill.fee_currency == settle else ZERO
        return replace(moved, realized_pnl=pnl - paid, fees=_add_fee(self.fees, fill))

    def _trade(self, delta: Decimal, value: Decimal) -> Position:
        """Add `delta` coins for `value`: first close what stands against them, open the rest."""
        closing = _closable(self.traded_quantity, delta)
        untraded = _closable(self.untraded_quantity, delta - closing)
        opened = delta - closing - untraded
        opened_value = _share(value, opened, delta)
        # What the roundings leave belongs to the closed part, so that no cost outlives its coins
        closing_value = value - opened_value - _share(value, untraded, delta) if closing else ZERO
        closed_cost = _share(self.traded_cost, -closing, self.traded_quantity)
        return replace(
            self,
            traded_quantity=self.traded_quantity + closing + opened,
            traded_cost=self.traded_cost - closed_cost + opened_value,
            untraded_quantity=self.untraded_quantity + untraded,
            realized_pnl=self.realized_pnl - closing_value - closed_cost,
        )


def _add_fee(fees: Mapping[str, Decimal], fill: Fill) -> dict[str, Decimal]:
    paid = dict(fees)
    if fill.fee:
        paid[fill.fee_currency] = paid.get(fill.fee_currency, ZERO) + fill.fee
    return paid


def _closable(held: Decimal, delta: Decimal) -> Decimal:
    """Return the part of `delta` that reduces `held`, with delta's sign."""
    if held == 0 or delta == 0 or (held > 0) == (delta > 0):
        return ZERO
    size = min(abs(held), abs(delta))
    return size if delta > 0 else -size


def _share(value: Decimal, part: Decimal, whole: Decimal) -> Decimal:
    """Return `value * part / whole`; exact where all or nothing is asked for."""
    if not part or not whole:
        return ZERO
    if part == whole:
        return value
    return (value * part / whole).quantize(COST_PLACE, context=WIDE)


def split_symbol(symbol: str) -> tuple[str, str]:
    """Return base and quote of "BTC/USDT" or "BTC/USDT:USDT"; an asset alone has no quote."""
    base, _, rest = symbol.partition("/")
    return base, rest.partition(":")[0]


def moved_by_trade(symbol: str) -> str:
    """Return the name of what a trade moves: the base asset, or the contract itself."""
    return split_symbol(symbol)[0] if settle_asset(symbol) is None else symbol


def empty_position(account: str, symbol: str) -> Position:
    """Return the position before its first row."""
    base, quote = split_symbol(symbol)
    return Position(account=account, symbol=symbol, base=base, quote=quote)


def fold(empty: Position, rows: Iterable[LedgerRow]) -> Position:
    """Return the position of `rows` in any order of arrival, however often each arrives."""
    position = empty
    distinct = {row.row_id: row for row in rows}
    for row in sorted(distinct.values(), key=lambda row: row.sort_key):
        position = position.apply_row(row)
    return position
