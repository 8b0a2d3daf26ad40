"""Is every position guarded that shall be, and nothing else? Told from the exchange's ledger. Pure.

What is held and which protective orders work is the exchange's word. What shall be guarded
follows from the trades of the entries and of what guards them: the plans are asked for their
prices and whether they live, not for what they believe.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.derivative import position_name
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.order import Order
from engine.domain.protection import LegRole, Protection, held_of, share_out
from workers.chaos.market import GUARDED
from workers.chaos.working import Working

#: Of the price: stops are nearer than that (pricing.py).
LOWEST = Decimal("0.9")


@dataclass(frozen=True, kw_only=True)
class Guards:
    """What is wrong, a sentence each."""

    unprotected: tuple[str, ...] = ()  # Less works than is to be guarded
    outliving: tuple[str, ...] = ()  # More works than is to be guarded

    @property
    def holds(self) -> bool:
        return not (self.unprotected or self.outliving)


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The two sides at one moment."""

    plans: Sequence[Protection]  # Those that live, the oldest first
    orders: Sequence[Order]
    working: Working
    rules: Mapping[str, Instrument]


def check_guards(seen: Seen) -> Guards:
    """Lay what works at the exchange beside what is to be guarded, by position and role."""
    unprotected: list[str] = []
    outliving: list[str] = []
    places = {(plan.position, plan.side) for plan in seen.plans}
    places |= {_place_of(leg) for leg in _legs(seen)}
    for position, side in sorted(places):
        least, most = _wanted(seen, position, side)
        for role in LegRole:
            works = _works(seen, position, side, role)
            name = f"{position} {'long' if side is Side.BUY else 'short'}"
            if works < least:
                unprotected.append(f"{name}: {role} of {plain(works)}, wanted {plain(least)}")
            if works > most:
                outliving.append(f"{name}: {role} of {plain(works)}, to guard {plain(most)}")
    unprotected += (sentence for symbol in GUARDED for sentence in _bare(seen, symbol))
    return Guards(unprotected=tuple(unprotected), outliving=tuple(outliving))


def _wanted(seen: Seen, position: str, side: Side) -> tuple[Decimal, Decimal]:
    """Return the least (in steps, without dust) and the most that may be guarded (base)."""
    plans = [plan for plan in seen.plans if (plan.position, plan.side) == (position, side)]
    demands = _demands(seen)
    with localcontext(EXACT):
        held = max(seen.working.held(position) * side.sign, ZERO)
        newest_first = ((plan.plan_id, demands[plan.plan_id]) for plan in reversed(plans))
        shares = share_out(held, newest_first)
        least = sum((_in_steps(seen, plan, shares[plan.plan_id]) for plan in plans), ZERO)
        return least, sum(shares.values(), ZERO)


def _in_steps(seen: Seen, plan: Protection, share: Decimal) -> Decimal:
    rules = seen.rules[plan.symbol]
    lowest = min(plan.price_of(role) for role in plan.roles)
    if rules.is_dust(share, lowest):
        return ZERO
    return rules.round_quantity(share, is_market=True)


def _demands(seen: Seen) -> Mapping[str, Decimal]:
    """Return what each plan's entry brought (base) and its legs have not closed, by plan."""
    demands: dict[str, Decimal] = defaultdict(Decimal)
    with localcontext(EXACT):
        for order in seen.orders:
            if order.protection:
                sign = -1 if order.is_leg else 1
                demands[order.protection] += sign * held_of(order)
    return demands


def _bare(seen: Seen, symbol: str) -> list[str]:
    """Return a sentence where a position that brackets alone made is not wholly guarded.

    Whatever the plans say: one that gave up early guards nothing.
    """
    rules = seen.rules.get(symbol)
    held = seen.working.held(symbol)
    if rules is None or not held:
        return []
    side = Side.BUY if held > ZERO else Side.SELL
    works = _works(seen, symbol, side, LegRole.STOP)
    with localcontext(EXACT):
        bare = abs(held) - works - _dust(seen, symbol, rules)
    return [f"{symbol}: {plain(bare)} are guarded by nothing"] if bare > ZERO else []


def _dust(seen: Seen, symbol: str, rules: Instrument) -> Decimal:
    """Return what may be left (base): of each bracket a step, or what cannot be ordered."""
    plans = {order.protection for order in seen.orders if order.terms.symbol == symbol}
    lowest = seen.working.price(symbol) * LOWEST
    left = (demand for plan, demand in _demands(seen).items() if plan in plans)
    step = rules.step_for(is_market=True)
    return sum((max(step, one) if rules.is_dust(one, lowest) else step for one in left), ZERO)


def _works(seen: Seen, position: str, side: Side, role: LegRole) -> Decimal:
    """Return what the legs of that role, of positions that `side` entered, would close (base)."""
    names = (
        leg.client_order_id
        for leg in _legs(seen)
        if _place_of(leg) == (position, side)
        and leg.terms.order_type.has_trigger == (role is LegRole.STOP)
    )
    with localcontext(EXACT):
        return sum((seen.working.remaining.get(name, ZERO) for name in names), ZERO)


def _legs(seen: Seen) -> list[Order]:
    return [order for order in seen.orders if order.is_leg]


def _place_of(leg: Order) -> tuple[str, Side]:
    """Return the position that a leg closes, and the side of the orders that entered it."""
    entered_by = Side.SELL if leg.terms.side is Side.BUY else Side.BUY
    return position_name(leg.terms.symbol, leg.terms.position_side), entered_by
