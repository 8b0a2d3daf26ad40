"""An order that waited for a trigger and the order that the trigger placed are one wish."""

from __future__ import annotations

import itertools
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.end_reason import TRIGGER_REJECTED, Reason
from engine.domain.exchange_ids import ExchangeIds
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.report import OrderReport
from engine.execution.reconciliation import ForeignReport, apply_fills, apply_report, belongs
from tests.builders import NOW_MS, build_fill, build_order, build_report, build_terms

S, D = OrderStatus, Decimal
STOP = {"order_type": OrderType.STOP, "price": None, "trigger_price": D(90)}
WAITS = build_report(exchange_order_id="algo-9", order_type=OrderType.STOP)
TRIGGERED = replace(WAITS, triggered_order_id="77", updated_at_ms=NOW_MS + 1)
CHILD = build_report(
    exchange_order_id="77",
    triggered_order_id="77",
    order_type=OrderType.STOP,
    updated_at_ms=NOW_MS + 2,
)
FILLED = replace(CHILD, status=S.FILLED, filled_quantity=D(1), updated_at_ms=NOW_MS + 3)
FILL = build_fill(exchange_order_id="77", quantity=D(1))


def waiting() -> Order:
    terms = build_terms(**STOP)
    return build_order(status=S.SUBMITTED, nonce="n", signed_at_ms=NOW_MS, terms=terms)


def told(order: Order, news: OrderReport | str) -> Order:
    if isinstance(news, str):
        return apply_fills(order, [FILL], NOW_MS)
    return apply_report(order, news, NOW_MS)


@pytest.mark.parametrize("life", list(itertools.permutations([WAITS, TRIGGERED, CHILD, FILLED])))
def test_any_arrival_ends_with_both_ids(life: tuple[OrderReport, ...]) -> None:
    """Whichever of the two was told of first: one order, filled once its own order is."""
    order = waiting()
    for news in life:
        assert belongs(order, news)
        order = told(order, news)
    order = told(order, "its trade")
    assert (order.exchange_order_id, order.triggered_order_id) == ("algo-9", "77")
    assert order.status is S.FILLED
    assert order.is_settled


def test_triggered_is_not_filled() -> None:
    """Until its own order says so nothing is filled, and the order stays open."""
    order = told(told(waiting(), WAITS), TRIGGERED)
    assert (order.status, order.reported_filled_quantity) == (S.ACCEPTED, 0)


def test_a_trade_may_be_first() -> None:
    """Its number is the placed order's until the trigger is told of, then the second one's."""
    order = told(waiting(), "its trade")
    assert told(order, TRIGGERED).exchange_ids == ExchangeIds(placed="algo-9", triggered="77")


@pytest.mark.parametrize(
    "news",
    [
        replace(WAITS, exchange_order_id="algo-10"),
        replace(CHILD, exchange_order_id="78", triggered_order_id="78"),
        build_report(exchange_order_id="79"),
    ],
)
def test_a_second_order_under_the_same_name_is_another(news: OrderReport) -> None:
    """Two numbers of one kind are two orders, whatever client id they bear."""
    order = told(told(waiting(), WAITS), TRIGGERED)
    assert not belongs(order, news)
    with pytest.raises(ForeignReport):
        told(order, news)


def test_an_order_without_a_trigger_has_one_number() -> None:
    """A triggered order under its name is another one."""
    order = told(build_order(status=S.SUBMITTED), build_report(exchange_order_id="5"))
    assert not belongs(order, CHILD)


def test_a_refused_trigger_ends_with_its_reason() -> None:
    """EXPIRED, and why."""
    reason = Reason(code=TRIGGER_REJECTED, message="Margin is insufficient.")
    order = told(told(waiting(), WAITS), replace(WAITS, status=S.EXPIRED, reason=reason))
    assert (order.status, order.reason, order.is_settled) == (S.EXPIRED, reason, True)


IDS = st.none() | st.sampled_from(["algo-1", "1"])


@given(IDS, IDS, IDS, IDS)
def test_joining_does_not_depend_on_who_joins(
    placed: str | None, triggered: str | None, told_placed: str | None, told_triggered: str | None
) -> None:
    """What two say together is the same from either side, and never less than one of them said."""
    one = ExchangeIds(placed=placed, triggered=triggered)
    other = ExchangeIds(placed=told_placed, triggered=told_triggered)
    joined = one.join(other)
    assert joined == other.join(one)
    assert joined is None or joined.all == one.all | other.all
