"""What an order may become while it lives: replaced, chased after the price, trailed. Pure data."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class ReplacementStep(StrEnum):
    AWAITED = "awaited"  #: The order has to end first; what it fills until then counts
    DECIDED = "decided"  #: It has ended, and its successor is being recorded
    RECORDED = "recorded"  #: The successor exists, and takes it from here
    DROPPED = "dropped"  #: There is no successor; the order's timeline says why


@dataclass(frozen=True, kw_only=True)
class Replacement:
    """The wish for another order in the place of one, kept with the one that has to end."""

    client_order_id: str  # Of the successor: it follows from the order's own id
    quantity: Decimal  # Base currency, what the order itself has filled included
    price: Decimal | None = None
    trigger_price: Decimal | None = None
    is_market: bool = False  # The successor is a market order, whatever this one is
    moves: int = 0  # Of a chase: how often it was moved, this time included
    step: ReplacementStep = ReplacementStep.AWAITED
    is_withdrawn: bool = False  # Somebody wishes the end: no successor, or its end as well
    #: What the successor may still fill, fixed once the order has ended.
    decided_quantity: Decimal | None = None
    note: str = ""  # Why there is no successor

    @property
    def is_over(self) -> bool:
        return self.step in {ReplacementStep.RECORDED, ReplacementStep.DROPPED}

    @property
    def has_successor(self) -> bool:
        """Tell whether a successor is recorded, or may be."""
        return self.step in {ReplacementStep.DECIDED, ReplacementStep.RECORDED}

    def is_same_wish(self, other: Replacement) -> bool:
        """Tell whether both ask for the same, however far each has come."""
        mine = (self.quantity, self.price, self.trigger_price, self.is_market)
        return mine == (other.quantity, other.price, other.trigger_price, other.is_market)


class ChaseEnd(StrEnum):
    REST = "rest"  #: Stay where it is, as any limit order
    CANCEL = "cancel"
    MARKET = "market"  #: Cancel, and trade the rest at market


@dataclass(frozen=True, kw_only=True)
class Chase:
    """Keep a limit order at the best price of its own side, within bounds."""

    most_moves: int = 20
    most_away: Decimal = Decimal(1)  # Percent of the first price, on the side that costs more
    then: ChaseEnd = ChaseEnd.REST
    first_price: Decimal | None = None  # Where the first order of the chase was placed
    moves: int = 0  # So many orders came before this one
    is_over: bool = False  # It rests where it is


@dataclass(frozen=True, kw_only=True)
class Trail:
    """How far a trailing stop that we watch has come."""

    best_price: Decimal | None = None  # Since it is active; None: not active yet
    triggered_at_ms: int | None = None
