"""How many orders of a symbol may wait for their trigger: theirs, and the stops of entries."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.fill import Side
from engine.domain.order_terms import OrderType
from engine.domain.protection import Leg, LegRole, Protection
from engine.domain.request import OrderIntent
from engine.domain.risk import Approved, Denied, RiskBook, counted_once
from engine.risk.context import RiskContext
from engine.risk.gate import assess
from tests.builders import NOW_MS, build_instrument
from tests.unit.risk.contexts import (
    add_approved,
    build_book,
    build_context,
    build_intent_of,
    build_reservation_of,
)

D = Decimal
FEW = replace(build_instrument(), max_conditional_orders=2)
GUARDED = build_intent_of(stop_loss=D(90))


def build_plan(name: str, *legs: Leg, stop: str | None = "90") -> Protection:
    return Protection(
        plan_id=name,
        account="paper",
        position="BTC/USDT",
        side=Side.BUY,
        entry_id=name,
        stop_price=None if stop is None else D(stop),
        target_price=D(120),
        legs=legs,
        created_at_ms=NOW_MS,
    )


def build_leg(name: str) -> Leg:
    return Leg(client_order_id=name, role=LegRole.STOP, round=1, quantity=D(1))


def code_of(intent: OrderIntent, context: RiskContext) -> str:
    verdict = assess(intent, context)
    return verdict.code if isinstance(verdict, Denied) else "approved"


@given(count=st.integers(0, 4), most=st.integers(0, 4))
def test_an_entry_with_a_stop_needs_room_for_it(count: int, most: int) -> None:
    """Of plans that the limit leaves room for, one more; without a limit any number."""
    plans = tuple(build_plan(f"p{number}") for number in range(count))
    context = build_context(instrument=replace(FEW, max_conditional_orders=most), plans=plans)
    assert code_of(GUARDED, context) == ("approved" if count < most else "TOO_MANY_STOPS")
    assert code_of(GUARDED, replace(context, instrument=build_instrument())) == "approved"


def test_what_waits_for_nothing_needs_no_room() -> None:
    """A plain entry, one with a target alone, and plans without a stop."""
    full = build_context(instrument=FEW, plans=(build_plan("a"), build_plan("b")))
    assert code_of(build_intent_of(), full) == "approved"
    assert code_of(build_intent_of(take_profit=D(120)), full) == "approved"
    targets = (build_plan("a", stop=None), build_plan("b", stop=None))
    assert code_of(GUARDED, replace(full, plans=targets)) == "approved"


def test_a_stop_order_counts_and_a_watched_trailing_stop_does_not() -> None:
    """On spot we watch that one ourselves, so nothing of it stands at the exchange."""
    full = build_context(instrument=replace(FEW, max_conditional_orders=0))
    stop = build_intent_of(order_type=OrderType.STOP, trigger_price=D(110))
    trailing = build_intent_of(order_type=OrderType.TRAILING_STOP, trailing_rate=D(1))
    assert code_of(stop, full) == "TOO_MANY_STOPS"
    assert code_of(trailing, full) == "approved"


def test_an_entry_and_its_leg_count_once() -> None:
    """The plan counts for its entry, which is not filled yet, and for the leg that stands."""
    entry = build_reservation_of(client_order_id="a", conditional_orders=1)
    leg = build_reservation_of(client_order_id="a-leg", conditional_orders=1)
    book = build_book(reservations=(entry, leg))
    plans = (build_plan("a", build_leg("a-leg")),)
    context = build_context(instrument=FEW, book=book, plans=plans)
    assert code_of(GUARDED, context) == "approved"
    assert code_of(GUARDED, replace(context, plans=())) == "TOO_MANY_STOPS"


def test_of_a_group_each_counts_for_the_next() -> None:
    """Before anything is recorded there are no plans: what the approved hold says it."""
    book, codes = RiskBook(version=1, trading_state=build_book().trading_state), []
    for number in range(3):
        verdict = assess(GUARDED, build_context(instrument=FEW, book=book))
        codes.append(verdict.code if isinstance(verdict, Denied) else "approved")
        if isinstance(verdict, Approved):
            book = add_approved(book, verdict, f"order {number}")
    assert codes == ["approved", "approved", "TOO_MANY_STOPS"]


@given(limit=st.integers(80, 120), trigger=st.integers(80, 120))
def test_the_stop_of_a_pair_counts_whichever_of_the_two_costs_more(
    limit: int, trigger: int
) -> None:
    """One of them may trade, and both stand: the stop takes room beside a dearer limit order."""
    build = build_reservation_of
    pair = counted_once(
        [
            build(client_order_id="limit", price=D(limit), shares_with="stop"),
            build(
                client_order_id="stop",
                price=D(trigger),
                shares_with="limit",
                conditional_orders=1,
            ),
        ]
    )
    context = build_context(
        instrument=replace(FEW, max_conditional_orders=1), book=build_book(reservations=pair)
    )
    assert code_of(GUARDED, context) == "TOO_MANY_STOPS"
