"""Margin, pure: what positions and orders need, what is left, and where it ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from workers.paper_exchange.market.trades import Side

from .contracts import ContractRules
from .orders import ZERO, PositionSide
from .positions import Position


@dataclass(frozen=True, kw_only=True, slots=True)
class Pending:
    """What an open order that may open a position binds."""

    side: Side
    position_side: PositionSide
    notional: Decimal


@dataclass(frozen=True, kw_only=True, slots=True)
class SideMargin:
    """The margin of one position and of the orders on its side, in quote."""

    position: Position
    mark_price: Decimal
    leverage: int
    is_isolated: bool
    bid_notional: Decimal = ZERO
    ask_notional: Decimal = ZERO
    maintenance: Decimal = ZERO

    @property
    def notional(self) -> Decimal:
        return self.position.notional(self.mark_price)

    @property
    def unrealized(self) -> Decimal:
        return self.position.unrealized(self.mark_price)

    @property
    def position_initial(self) -> Decimal:
        return abs(self.notional) / self.leverage

    @property
    def initial(self) -> Decimal:
        """Return the margin if the worse of all bids and all asks were filled."""
        if self.position.side == "LONG":
            return (abs(self.notional) + self.bid_notional) / self.leverage
        if self.position.side == "SHORT":
            return (abs(self.notional) + self.ask_notional) / self.leverage
        worse = max(abs(self.notional + self.bid_notional), abs(self.notional - self.ask_notional))
        return max(worse, abs(self.notional)) / self.leverage

    @property
    def order_initial(self) -> Decimal:
        return self.initial - self.position_initial


def side_margin(
    position: Position,
    pending: Iterable[Pending],
    rules: ContractRules,
    mark_price: Decimal,
    *,
    leverage: int,
    is_isolated: bool,
) -> SideMargin:
    """Return the margin of a position with the orders of its side."""
    rows = [p for p in pending if p.position_side == position.side]
    return SideMargin(
        position=position,
        mark_price=mark_price,
        leverage=leverage,
        is_isolated=is_isolated,
        bid_notional=sum((p.notional for p in rows if p.side == "BUY"), ZERO),
        ask_notional=sum((p.notional for p in rows if p.side == "SELL"), ZERO),
        maintenance=rules.maintenance(abs(position.notional(mark_price))),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class AssetMargin:
    """One margin asset of an account with everything that it carries."""

    asset: str
    wallet: Decimal
    rows: Sequence[SideMargin] = field(default_factory=tuple)

    def _sum(self, name: str, is_isolated: bool | None = None) -> Decimal:
        chosen = (r for r in self.rows if is_isolated in {None, r.is_isolated})
        return sum((getattr(r, name) for r in chosen), ZERO)

    @property
    def isolated_wallet(self) -> Decimal:
        return sum((r.position.isolated_wallet for r in self.rows), ZERO)

    @property
    def cross_wallet(self) -> Decimal:
        return self.wallet - self.isolated_wallet

    @property
    def unrealized(self) -> Decimal:
        return self._sum("unrealized")

    @property
    def cross_unrealized(self) -> Decimal:
        return self._sum("unrealized", False)

    @property
    def position_initial(self) -> Decimal:
        return self._sum("position_initial")

    @property
    def order_initial(self) -> Decimal:
        return self._sum("order_initial")

    @property
    def initial(self) -> Decimal:
        return self._sum("initial")

    @property
    def maintenance(self) -> Decimal:
        return self._sum("maintenance")

    @property
    def cross_maintenance(self) -> Decimal:
        return self._sum("maintenance", False)

    @property
    def margin_balance(self) -> Decimal:
        return self.wallet + self.unrealized

    @property
    def free(self) -> Decimal:
        """Return what is left for new positions; below zero when there is too little."""
        bound = self._sum("initial", False) + self._sum("order_initial", True)
        return self.cross_wallet + self.cross_unrealized - bound

    @property
    def available(self) -> Decimal:
        return max(ZERO, self.free)

    @property
    def withdrawable(self) -> Decimal:
        """Return what may leave: profits that are not realized may not."""
        return max(ZERO, min(self.free, self.cross_wallet))

    def is_in_liquidation(self) -> bool:
        """Return whether the cross positions no longer carry themselves."""
        needed = self.cross_maintenance
        return needed > 0 and self.cross_wallet + self.cross_unrealized < needed


def is_isolated_in_liquidation(row: SideMargin) -> bool:
    """Return whether an isolated position no longer carries itself."""
    if not row.is_isolated or not row.position.quantity:
        return False
    return row.position.isolated_wallet + row.unrealized < row.maintenance


def liquidation_price(row: SideMargin, asset: AssetMargin, rules: ContractRules) -> Decimal:
    """Return the mark price at which the position is taken over; 0 when there is none.

    Everything of the contract that is on the same margin moves with its price; what is on other
    contracts stays as it is now. The bracket is that of the present notional.
    """
    if not row.position.quantity:
        return ZERO
    together, fixed = _group(row, asset)
    quantity = sum((r.position.quantity for r in together), ZERO)
    cost = sum((r.position.cost * r.position.sign for r in together), ZERO)
    rate = offset = ZERO
    for member in together:
        bracket = rules.bracket_of(abs(member.notional))
        rate += abs(member.position.quantity) * bracket.maintenance_rate
        offset += bracket.maintenance_offset
    slope = rate - quantity
    if not slope:
        return ZERO
    # wallet + others + quantity * p - cost = rate * p - offset, solved for p
    price = (fixed + offset - cost) / slope
    return max(ZERO, price)


def _group(row: SideMargin, asset: AssetMargin) -> tuple[list[SideMargin], Decimal]:
    """Return what shares the margin and the contract, and the margin that does not move."""
    if row.is_isolated:
        return [row], row.position.isolated_wallet
    symbol = row.position.symbol
    cross = [r for r in asset.rows if not r.is_isolated and r.position.quantity]
    others = [r for r in cross if r.position.symbol != symbol]
    fixed = asset.cross_wallet + sum((r.unrealized - r.maintenance for r in others), ZERO)
    return [r for r in cross if r.position.symbol == symbol], fixed
