"""The arithmetic of one position, pure: what a trade makes of it, and what it is worth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal

from .orders import ZERO, PositionSide

#: Amounts of the wallet have eight digits after the point.
UNIT = Decimal("1E-8")

PositionKey = tuple[int, str, PositionSide]  # uid, symbol, side


@dataclass(frozen=True, kw_only=True, slots=True)
class Position:
    """What an account holds of one contract on one side."""

    uid: int
    symbol: str
    side: PositionSide
    quantity: Decimal = ZERO  # Base; below zero for a short
    cost: Decimal = ZERO  # Quote paid or got for what is open; never below zero
    paid: Decimal = ZERO  # Fees less profits since it was opened, for the break-even price
    isolated_wallet: Decimal = ZERO  # Margin of its own; zero on cross margin
    realized: Decimal = ZERO  # Profit of all its trades ever, fees not taken off
    updated_at_ms: int = 0

    @property
    def key(self) -> PositionKey:
        return (self.uid, self.symbol, self.side)

    @property
    def sign(self) -> int:
        return (self.quantity > 0) - (self.quantity < 0)

    @property
    def entry_price(self) -> Decimal:
        """Return the average price of what is open, 0 when it is flat."""
        return self.cost / abs(self.quantity) if self.quantity else ZERO

    @property
    def break_even_price(self) -> Decimal:
        """Return the price at which closing leaves nothing of profits, losses and fees so far."""
        if not self.quantity:
            return ZERO
        return (self.cost * self.sign + self.paid) / self.quantity

    def notional(self, price: Decimal) -> Decimal:
        """Return its value at a price, below zero for a short."""
        return self.quantity * price

    def unrealized(self, price: Decimal) -> Decimal:
        return self.quantity * price - self.cost * self.sign


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """What one trade did to a position."""

    position: Position
    realized: Decimal
    closed: Decimal  # Base, of what was open before
    opened: Decimal  # Base, new


def traded(position: Position, signed_quantity: Decimal, price: Decimal, at_ms: int) -> Change:
    """Return the position after a purchase (above zero) or sale (below) at `price`."""
    against = position.sign * signed_quantity < 0
    closed = min(abs(signed_quantity), abs(position.quantity)) if against else ZERO
    opened = abs(signed_quantity) - closed
    released = _part(position.cost, closed, abs(position.quantity))
    realized = (closed * price - released) * position.sign
    quantity = position.quantity + signed_quantity
    is_new = opened > 0 and (not position.quantity or closed > 0)
    after = replace(
        position,
        quantity=quantity,
        cost=position.cost - released + opened * price,
        paid=ZERO if is_new or not quantity else position.paid - realized,
        realized=position.realized + realized,
        updated_at_ms=at_ms,
    )
    return Change(position=after, realized=realized, closed=closed, opened=opened)


def _part(whole: Decimal, count: Decimal, of: Decimal) -> Decimal:
    """Return the share of `whole` that belongs to `count` of `of`; all of it for all."""
    if not count:
        return ZERO
    if count == of:
        return whole
    return (whole * count / of).quantize(UNIT, ROUND_HALF_EVEN)


def with_margin(position: Position, before: Decimal, change: Change, added: Decimal) -> Position:
    """Return an isolated position with its own margin: a closed share leaves, `added` comes in.

    `before` is the quantity (base, unsigned) that was open before the trade.
    """
    left = position.isolated_wallet - _part(position.isolated_wallet, change.closed, before)
    return replace(position, isolated_wallet=left + added)
