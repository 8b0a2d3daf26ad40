"""What stands guard over a position: the plan, and the orders that carry it out. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal, localcontext
from enum import StrEnum

from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import market_of
from engine.domain.fill import Side
from engine.domain.order import Order
from engine.domain.order_terms import TriggerBy
from engine.domain.position import Position, split_symbol


class LegRole(StrEnum):
    STOP = "stop"  #: Ends the position where it loses
    TARGET = "target"  #: Ends it where it has won


class ProtectionState(StrEnum):
    ACTIVE = "active"
    ENDING = "ending"  #: By a person's word; its orders are being ended
    DONE = "done"  #: Nothing is left to protect, and none of its orders is open
    ENDED = "ended"  #: By a person's word, and none of its orders is open


@dataclass(frozen=True, kw_only=True)
class Leg:
    """One order of a plan. It is written down here before it is recorded there."""

    client_order_id: str
    role: LegRole
    round: int
    quantity: Decimal  # Base currency
    price: Decimal | None = None  # As the plan said it when the leg was placed
    is_market: bool = False  # Its price was passed already: the position is closed at once
    is_leaving: bool = False  # Its end is wished
    partner_id: str = ""  # The other order of the list that both are sent in


@dataclass(frozen=True, kw_only=True)
class Protection:
    """A plan: which position, from which entry, stop and target; and how far it is.

    It covers what its entry has filled and no order of its own has closed yet.
    """

    plan_id: str  # The entry's client order id
    account: str
    position: str  # Its name: the symbol, in hedge mode with the side
    side: Side  # Of the entry
    entry_id: str = ""  # "": it covers what is held, up to `quantity`
    quantity: Decimal = ZERO  # Base currency; only without an entry
    stop_price: Decimal | None = None
    target_price: Decimal | None = None
    trigger_by: TriggerBy = TriggerBy.LAST  # Which price the stop watches
    strategy: str = ""
    created_at_ms: int
    state: ProtectionState = ProtectionState.ACTIVE
    round: int = 0  # Of the newest legs
    legs: tuple[Leg, ...] = ()  # Those that are not over
    closed_quantity: Decimal = ZERO  # What legs that are over have closed
    failures: int = 0  # Rounds of which a leg ended without being asked to, in a row
    failed_round: int = 0  # The newest of them
    retry_at_ms: int = 0
    target_failures: int = 0  # In a row, of a target that is placed beside its stop
    target_retry_at_ms: int = 0
    paused_until_ms: int = 0  # No leg until then: something else is to close the position
    bare_since_ms: int = 0  # Since when nothing guards what is held; 0: guarded, or nothing held
    is_alarmed: bool = False  # Of being bare
    note: str = ""  # Why it is as it is, in words

    @property
    def symbol(self) -> str:
        return market_of(self.position)

    @property
    def is_over(self) -> bool:
        return self.state in {ProtectionState.DONE, ProtectionState.ENDED}

    @property
    def closing_side(self) -> Side:
        return Side.SELL if self.side is Side.BUY else Side.BUY

    @property
    def roles(self) -> tuple[LegRole, ...]:
        """Return what it has a price for."""
        prices = {LegRole.STOP: self.stop_price, LegRole.TARGET: self.target_price}
        return tuple(role for role, price in prices.items() if price is not None)

    @property
    def guard(self) -> LegRole:
        """Return the role that must not be missing: the stop where there is one."""
        return self.roles[0]

    def price_of(self, role: LegRole) -> Decimal:
        price = self.stop_price if role is LegRole.STOP else self.target_price
        assert price is not None
        return price

    def is_passed(self, role: LegRole, price: Decimal) -> bool:
        """Tell whether the market, at `price`, is already where the leg would act."""
        falls = (role is LegRole.STOP) == (self.side is Side.BUY)
        limit = self.price_of(role)
        return price <= limit if falls else price >= limit

    def is_judged_elsewhere(self, role: LegRole) -> bool:
        """Tell whether only the exchange knows if the leg's price was passed.

        The mark price is its own. When it has refused a leg, the market's price is good enough.
        """
        return self.trigger_by is TriggerBy.MARK and role is LegRole.STOP and not self.failures

    def is_paused(self, now_ms: int) -> bool:
        return now_ms < self.paused_until_ms

    def find_leg(self, client_order_id: str) -> Leg | None:
        return next((one for one in self.legs if one.client_order_id == client_order_id), None)

    def with_legs(self, legs: Iterable[Leg]) -> Protection:
        return replace(self, legs=tuple(legs))


def held_of(order: Order) -> Decimal:
    """Return what the order's trades brought or took (base), fees in that coin taken off."""
    base = split_symbol(order.terms.symbol)[0]
    with localcontext(EXACT):
        paid = (fill.fee for fill in order.fills if fill.fee_currency == base)
        fees = sum(paid, ZERO) if order.terms.side is Side.BUY else ZERO
        return max(order.filled_quantity - fees, ZERO)


def held_against(position: Position, side: Side) -> Decimal:
    """Return how much is held (base) of a position that was entered by orders of `side`."""
    with localcontext(EXACT):
        return max(position.net_quantity * side.sign, ZERO)


def share_out(held: Decimal, demands: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Return what of a position each plan covers; `demands` by plan, the newest first.

    What was closed by others is taken from the oldest: its plan may only not have seen yet that
    its position is gone.
    """
    shares: dict[str, Decimal] = {}
    with localcontext(EXACT):
        for plan_id, demand in demands:
            shares[plan_id] = min(max(demand, ZERO), held)
            held -= shares[plan_id]
    return shares
