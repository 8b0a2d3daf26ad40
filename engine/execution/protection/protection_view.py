"""What is seen of an account's plans at one moment: orders, position, rules, price.

Orders are read before the book. A fill is in the ledger as soon as it is in its order, so a
position can never look smaller than what the orders have filled; it may be seen as closed a
moment early, by what they have not shown yet, and then it is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext

from engine.config import MissingAction
from engine.domain.changing import ReplacementStep
from engine.domain.decimals import EXACT, ZERO, plain
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.protection import (
    Protection,
    ProtectionState,
    held_against,
    held_of,
    share_out,
)
from engine.domain.protection_step import Seen, closed_so_far
from engine.domain.risk import RiskBook
from engine.domain.succession import awaits_successor
from engine.domain.trading_state import AccountState, TradingState
from engine.errors import ExchangeRefused, Retryable
from engine.execution.context import AccountContext
from engine.execution.history import find_order, load_chain
from engine.execution.placing.naming import order_ids
from engine.ports import Versioned
from engine.risk.book import current_position, is_spot


@dataclass(frozen=True, kw_only=True)
class View:
    """One look at all plans of an account."""

    context: AccountContext
    orders: Mapping[str, Order]
    entries: Mapping[str, tuple[Order, ...]]  # By plan: its entry and those in its place
    shares: Mapping[str, Decimal]  # By plan: what it covers (base), before rounding
    instruments: Mapping[str, Instrument]
    state: AccountState
    now_ms: int

    @property
    def is_emergency(self) -> bool:
        return self.state.emergency_run != ""

    def seen(self, plan: Protection) -> Seen:
        """Return what the plan's next step follows from."""
        wanted = ZERO if plan.is_paused(self.now_ms) else self.wanted(plan)
        return Seen(
            quantity=wanted,
            orders=self.orders,
            overlaps=not is_spot(plan.symbol),
            may_place=self._may_place(plan),
            may_place_target=self._may_place_target(plan),
            price=self._price(plan) if wanted else None,
            name=lambda key: order_ids(self.context, key, 1)[0],
            now_ms=self.now_ms,
        )

    def wanted(self, plan: Protection) -> Decimal:
        """Return what is to be guarded (base), in steps; 0 where it is too little to be ordered."""
        instrument = self.instruments.get(plan.symbol)
        share = self.shares[plan.plan_id]
        if plan.state is not ProtectionState.ACTIVE or instrument is None:
            return ZERO
        lowest = min(plan.price_of(role) for role in plan.roles)
        if instrument.is_dust(share, lowest):
            return ZERO
        return instrument.round_quantity(share, is_market=True)

    def leftover(self, plan: Protection) -> str:
        """Say what stays and is too little to be guarded; "" where nothing does."""
        share = self.shares[plan.plan_id]
        if not share or plan.state is not ProtectionState.ACTIVE:
            return ""
        return f"{plain(share)} are left, too little to be ordered"

    def is_entry_over(self, plan: Protection) -> bool:
        """Tell whether the entry can fill no more; one that left for the archive cannot."""
        chain = self.entries[plan.plan_id]
        return not chain or (chain[-1].is_settled and not _is_followed(chain[-1]))

    def _may_place(self, plan: Protection) -> bool:
        is_left = plan.failures and self.context.protection.on_missing is MissingAction.ALARM
        is_early = self.now_ms < plan.retry_at_ms
        is_halted = self.state.trading_state is TradingState.HALTED
        return not (is_left or is_early or is_halted)

    def _may_place_target(self, plan: Protection) -> bool:
        is_left = plan.target_failures and self.context.protection.on_missing is MissingAction.ALARM
        return not (is_left or self.now_ms < plan.target_retry_at_ms)

    def _price(self, plan: Protection) -> Decimal | None:
        """Return what closing at market meets now; None where nobody can tell."""
        # After a refusal only a price of now tells whether the leg's own was passed
        is_after = plan.failures or (plan.target_failures and self._may_place_target(plan))
        max_age_ms = 0 if is_after else self.context.timings.price_max_age_ms
        try:
            ticker = self.context.gateway.load_ticker(plan.symbol, Lane.EXIT, max_age_ms=max_age_ms)
        except (Retryable, ExchangeRefused):
            return None
        price = ticker.bid if plan.closing_side is Side.SELL else ticker.ask
        return price if price.is_finite() and price > ZERO else None


def look_at_plans(context: AccountContext, plans: Sequence[Versioned[Protection]]) -> View:
    """Look at everything that the next steps of these plans follow from."""
    known = [stored.value for stored in plans]
    entries = {plan.plan_id: load_entries(context, plan) for plan in known}
    orders = _load_legs(context, known)
    book = context.store.load_risk_book()
    return View(
        context=context,
        orders=orders,
        entries=entries,
        shares=_share_out(book, known, orders, entries),
        instruments=context.gateway.index_instruments(Lane.EXIT),
        state=context.store.load_state(),
        now_ms=context.clock.now_ms(),
    )


def load_entries(context: AccountContext, plan: Protection) -> tuple[Order, ...]:
    """Return the plan's entry and those that took its place, in the archive or not."""
    entry = find_order(context, plan.entry_id) if plan.entry_id else None
    return () if entry is None else load_chain(context, entry)


def _is_followed(order: Order) -> bool:
    """Tell whether another order may be recorded in this one's place.

    A chase that was refused at its price has no wish yet, and goes on by the price of then.
    """
    wish = order.replacement
    if wish is None:
        return awaits_successor(order)
    return wish.step is not ReplacementStep.DROPPED


def _load_legs(context: AccountContext, plans: Sequence[Protection]) -> dict[str, Order]:
    names: set[str] = set()
    for plan in plans:
        names |= {leg.client_order_id for leg in plan.legs}
        names |= {leg.partner_id for leg in plan.legs if leg.partner_id}
    found = {name: context.store.find_order(name) for name in sorted(names)}
    return {name: stored.value for name, stored in found.items() if stored is not None}


def _share_out(
    book: RiskBook,
    plans: Sequence[Protection],
    orders: Mapping[str, Order],
    entries: Mapping[str, tuple[Order, ...]],
) -> dict[str, Decimal]:
    by_position: dict[str, list[Protection]] = defaultdict(list)
    for plan in reversed(plans):  # The newest first
        by_position[f"{plan.position} {plan.side}"].append(plan)
    shares: dict[str, Decimal] = {}
    for members in by_position.values():
        held = held_against(current_position(book, members[0].position), members[0].side)
        demands = [(plan.plan_id, _demand(plan, orders, entries)) for plan in members]
        shares |= share_out(held, demands)
    return shares


def _demand(
    plan: Protection, orders: Mapping[str, Order], entries: Mapping[str, tuple[Order, ...]]
) -> Decimal:
    """Return what the plan would cover (base): entered, and not closed by its own legs."""
    with localcontext(EXACT):
        entered = sum((held_of(order) for order in entries[plan.plan_id]), plan.quantity)
        return entered - closed_so_far(plan, orders)
