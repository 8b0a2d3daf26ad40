"""What a plan does next, whatever happens to its orders, in any order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.domain.ended_legs import drop_ended
from engine.domain.fill import Side
from engine.domain.order import Order
from engine.domain.order_status import OPEN, OrderStatus
from engine.domain.order_terms import OrderType, TriggerBy
from engine.domain.protection import Leg, LegRole, Protection, share_out
from engine.domain.protection_step import (
    Seen,
    closed_so_far,
    forget_failures,
    guarded_quantity,
    next_legs,
    remaining,
)
from tests.builders import NOW_MS, build_fill, build_order, build_protection, build_terms

LIVE = OPEN | {OrderStatus.INITIALIZED, OrderStatus.SUBMITTED}


@dataclass
class World:
    """One plan, one position and an exchange that does what it is told, or worse."""

    overlaps: bool
    plan: Protection
    held: Decimal = Decimal(0)
    orders: dict[str, Order] = field(default_factory=dict)
    now_ms: int = NOW_MS
    entered: Decimal = Decimal(0)
    price: Decimal = Decimal(100)

    @property
    def wanted(self) -> Decimal:
        return min(max(self.entered - closed_so_far(self.plan, self.orders), Decimal(0)), self.held)

    def look(self) -> None:
        """Take one step, as a task would."""
        plan = drop_ended(self.plan, self.orders, self.now_ms)
        self.plan = plan
        seen = Seen(
            quantity=self.wanted,
            orders=self.orders,
            overlaps=self.overlaps,
            may_place=self.now_ms >= plan.retry_at_ms,
            may_place_target=self.now_ms >= plan.target_retry_at_ms,
            price=self.price,
            name=lambda key: f"aug{key}",
            now_ms=self.now_ms,
        )
        self.plan = forget_failures(next_legs(plan, seen), seen)
        for leg in self.plan.legs:
            if leg.client_order_id not in self.orders:
                self.orders[leg.client_order_id] = self._record(leg)

    def _record(self, leg: Leg) -> Order:
        kind = OrderType.STOP if leg.role is LegRole.STOP else OrderType.LIMIT
        is_stop = leg.role is LegRole.STOP
        terms = build_terms(
            side=self.plan.closing_side,
            order_type=kind,
            quantity=leg.quantity,
            price=None if is_stop else leg.price,
            trigger_price=leg.price if is_stop else None,
        )
        return build_order(client_order_id=leg.client_order_id, terms=terms)

    def live(self, role: LegRole) -> list[Leg]:
        return [
            leg
            for leg in self.plan.legs
            if leg.role is role and self.orders[leg.client_order_id].status in LIVE
        ]

    def exchange_works(self, legs: Sequence[Leg]) -> None:
        """Take what was sent, and end what is to leave."""
        for leg in legs:
            order = self.orders[leg.client_order_id]
            if order.status is OrderStatus.INITIALIZED:
                self._set(leg.client_order_id, order.to(OrderStatus.ACCEPTED))
            elif leg.is_leaving and order.status in OPEN:
                self._set(leg.client_order_id, order.to(OrderStatus.CANCELED))

    def fill(self, leg: Leg, quantity: Decimal) -> None:
        """Trade on a leg: a contract's order never trades more than is held."""
        order = self.orders[leg.client_order_id]
        quantity = min(quantity, remaining(leg, order), self.held)
        if order.status not in OPEN or quantity <= 0:
            return
        fill = build_fill(
            trade_id=f"{leg.client_order_id}{len(order.fills)}",
            side=self.plan.closing_side,
            quantity=quantity,
        )
        self.held -= quantity
        order = replace(order, fills=(*order.fills, fill))
        filled = order.filled_quantity
        is_whole = filled == leg.quantity
        status = OrderStatus.FILLED if is_whole else OrderStatus.PARTIALLY_FILLED
        order = order if order.status is status else order.to(status)
        self._set(leg.client_order_id, replace(order, reported_filled_quantity=filled))
        if leg.partner_id and not self.overlaps:
            self.end(leg.partner_id, OrderStatus.EXPIRED)

    def end(self, name: str, status: OrderStatus = OrderStatus.CANCELED) -> None:
        order = self.orders[name]
        if order.status in OPEN:
            self._set(name, order.to(status))

    def _set(self, name: str, order: Order) -> None:
        self.orders[name] = order

    def come_to_rest(self) -> None:
        for _ in range(30):
            self.now_ms += 120_000
            self.look()
            self.exchange_works(self.plan.legs)


def build_world(*, overlaps: bool, target: bool = True) -> World:
    plan = Protection(
        plan_id="augentry",
        account="paper",
        position="BTC/USDT:USDT" if overlaps else "BTC/USDT",
        side=Side.BUY,
        entry_id="augentry",
        stop_price=Decimal(90),
        target_price=Decimal(110) if target else None,
        created_at_ms=NOW_MS,
    )
    return World(overlaps=overlaps, plan=plan)


ACTIONS = st.one_of(
    st.tuples(st.just("enter"), st.integers(1, 5)),
    st.tuples(st.just("fill"), st.integers(0, 3), st.integers(1, 5)),
    st.tuples(st.just("lose"), st.integers(0, 3)),
    st.tuples(st.just("close"), st.integers(1, 9)),
    st.tuples(st.just("look")),
    st.tuples(st.just("exchange"), st.integers(0, 2)),
    st.tuples(st.just("look")),
    st.tuples(st.just("exchange"), st.integers(0, 2)),
    st.tuples(st.just("time"), st.integers(0, 2_000)),
)


def act(world: World, action: tuple[object, ...]) -> None:
    name, *rest = action
    numbers = [int(str(one)) for one in rest]
    legs = world.plan.legs
    if name == "enter":
        world.entered += numbers[0]
        world.held += numbers[0]
    elif name == "fill" and numbers[0] < len(legs):
        world.fill(legs[numbers[0]], Decimal(numbers[1]))
    elif name == "lose" and numbers[0] < len(legs):
        world.end(legs[numbers[0]].client_order_id)
    elif name == "close":
        world.held = max(world.held - numbers[0], Decimal(0))
    elif name == "look":
        world.look()
    elif name == "exchange":
        world.exchange_works(legs[numbers[0] : numbers[0] + 1])
    elif name == "time":
        world.now_ms += numbers[0]


@pytest.mark.parametrize("overlaps", [True, False])
@given(actions=st.lists(ACTIONS, min_size=10, max_size=30))
@settings(max_examples=60)
def test_protection_comes_to_the_size_of_what_is_held(
    overlaps: bool, actions: list[tuple[object, ...]]
) -> None:
    """Whatever happened before: in the end the legs have the size of what is left, or are gone."""
    world = build_world(overlaps=overlaps)
    for action in actions:
        act(world, action)
        for leg in world.plan.legs:
            assert leg.quantity <= world.entered
    world.come_to_rest()
    sizes = {
        role: [remaining(leg, world.orders[leg.client_order_id]) for leg in world.live(role)]
        for role in LegRole
    }
    expected = [world.wanted] if world.wanted else []
    assert sizes == {LegRole.STOP: expected, LegRole.TARGET: expected}
    assert world.held or not world.plan.legs, "nothing is held, and legs are left"


@given(actions=st.lists(ACTIONS, min_size=10, max_size=30))
@settings(max_examples=60)
def test_a_resize_never_leaves_a_contract_bare(actions: list[tuple[object, ...]]) -> None:
    """A look takes no working stop away before another one works, while a position stands."""
    world = build_world(overlaps=True)
    for action in actions:
        before = _kept_guard(world)
        act(world, action)
        if action[0] == "look":
            assert _kept_guard(world) >= min(before, world.wanted)


def _kept_guard(world: World) -> Decimal:
    """Return what working stops guard of which nobody wishes the end."""
    stay = world.plan.with_legs(leg for leg in world.plan.legs if not leg.is_leaving)
    return guarded_quantity(stay, world.orders)


@given(actions=st.lists(ACTIONS, min_size=10, max_size=30))
@settings(max_examples=60)
def test_no_more_coins_are_locked_than_are_there(actions: list[tuple[object, ...]]) -> None:
    """On spot a list is ended before the next is placed: two would need the same coins."""
    world = build_world(overlaps=False)
    for action in actions:
        act(world, action)
        for role in LegRole:
            assert len(world.live(role)) <= 1


@pytest.mark.parametrize("overlaps", [True, False])
def test_a_price_that_was_passed_closes_at_market(overlaps: bool) -> None:
    """A stop that would trigger at once is refused by exchanges: the position is closed instead."""
    world = build_world(overlaps=overlaps, target=False)
    world.entered = world.held = Decimal(3)
    world.price = Decimal(89)
    world.look()
    (leg,) = world.plan.legs
    assert (leg.role, leg.is_market, leg.quantity) == (LegRole.STOP, True, Decimal(3))


def test_a_refused_leg_is_tried_again_ever_more_rarely() -> None:
    """At once by the price of now, then each refusal doubles the wait, up to a minute."""
    world = build_world(overlaps=True, target=False)
    world.entered = world.held = Decimal(1)
    waits = []
    for _ in range(10):
        world.look()
        (leg,) = world.plan.legs
        world.orders[leg.client_order_id] = world.orders[leg.client_order_id].to(OrderStatus.DENIED)
        world.look()
        waits.append(world.plan.retry_at_ms - world.now_ms)
        world.now_ms = world.plan.retry_at_ms
    assert waits == [0, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]


def refuse(world: World, leg: Leg) -> None:
    order = world.orders[leg.client_order_id]
    world.orders[leg.client_order_id] = order.to(OrderStatus.DENIED)
    world.look()


def test_a_refused_target_waits_and_the_stop_does_not() -> None:
    """The stop stands all the time: the target is tried ever more rarely, a larger stop at once."""
    world = build_world(overlaps=True)
    world.entered = world.held = Decimal(1)
    world.look()
    world.exchange_works([leg for leg in world.plan.legs if leg.role is LegRole.STOP])
    waits = []
    for _ in range(4):
        world.look()
        refuse(world, world.live(LegRole.TARGET)[-1])
        waits.append(world.plan.target_retry_at_ms - world.now_ms)
        world.now_ms = world.plan.target_retry_at_ms
    assert waits == [0, 500, 1_000, 2_000]
    world.now_ms -= 1
    world.entered = world.held = Decimal(2)
    world.look()
    assert [leg.quantity for leg in world.live(LegRole.STOP)] == [1, 2]
    assert world.live(LegRole.TARGET) == []
    world.now_ms += 1
    world.look()
    world.exchange_works(world.live(LegRole.TARGET))
    world.look()
    assert world.plan.target_failures == 0


def test_a_moved_stop_that_is_refused_is_tried_ever_more_rarely() -> None:
    """The one before guards the position, and says nothing of the next."""
    world = build_world(overlaps=True, target=False)
    world.entered = world.held = Decimal(1)
    world.look()
    world.exchange_works(world.plan.legs)
    world.plan = replace(world.plan, stop_price=Decimal(91))
    waits = []
    for _ in range(4):
        world.look()
        refuse(world, world.live(LegRole.STOP)[-1])
        waits.append(world.plan.retry_at_ms - world.now_ms)
        world.now_ms = world.plan.retry_at_ms
    assert waits == [0, 500, 1_000, 2_000]


@given(
    held=st.integers(0, 50),
    demands=st.lists(st.integers(-5, 20), max_size=6),
)
def test_plans_share_a_position_without_covering_it_twice(held: int, demands: list[int]) -> None:
    """All shares together are never more than is held, and no plan gets more than it asks for."""
    asked = {str(number): Decimal(size) for number, size in enumerate(demands)}
    shares = share_out(Decimal(held), asked.items())
    assert sum(shares.values()) <= held
    assert all(0 <= shares[name] <= max(size, 0) for name, size in asked.items())
    covered = sum(max(size, 0) for size in demands)
    assert sum(shares.values()) == min(held, covered)


@pytest.mark.parametrize(("failures", "is_market"), [(0, False), (1, True)])
def test_a_stop_by_the_mark_price_is_judged_by_the_exchange_first(
    failures: int, is_market: bool
) -> None:
    """The market is beyond it: it is placed all the same, and closed at market once refused."""
    plan = build_protection(trigger_by=TriggerBy.MARK, failures=failures)
    seen = Seen(
        quantity=Decimal(1),
        orders={},
        overlaps=True,
        may_place=True,
        price=Decimal(80),
        name=str,
        now_ms=NOW_MS,
    )
    (stop,) = [leg for leg in next_legs(plan, seen).legs if leg.role is LegRole.STOP]
    assert stop.is_market is is_market


@pytest.mark.parametrize("known", [{"quantity": Decimal(2)}, {"trigger_price": Decimal(85)}])
def test_a_leg_is_what_its_order_says(known: dict[str, Decimal]) -> None:
    """A store that lost the last steps of a plan finds another order under the name of a leg."""
    world = build_world(overlaps=True, target=False)
    world.entered = world.held = Decimal(3)
    world.look()
    (leg,) = world.plan.legs
    order = world.orders[leg.client_order_id].to(OrderStatus.ACCEPTED)
    world.orders[leg.client_order_id] = replace(order, terms=replace(order.terms, **known))
    world.come_to_rest()
    (stop,) = world.live(LegRole.STOP)
    terms = world.orders[stop.client_order_id].terms
    assert (terms.quantity, terms.trigger_price) == (Decimal(3), Decimal(90))
