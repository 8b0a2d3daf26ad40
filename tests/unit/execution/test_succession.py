"""When an order has a successor, and for how much: the total is never more than was wished."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.changing import Chase, Replacement, ReplacementStep
from engine.domain.end_reason import NOT_PLACED, Reason
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.changing.succession import decide, form_successor, may_be_followed
from engine.execution.reconciliation import apply_fills
from tests.builders import build_fill, build_order

S = OrderStatus
D = Decimal


def ended(filled: Decimal, status: OrderStatus = S.CANCELED, wished: str = "1") -> Order:
    """Return an order that has filled so much, ended so, and is to be replaced."""
    order = build_order(status=S.ACCEPTED, exchange_order_id="77")
    if filled:
        order = apply_fills(order, [build_fill(quantity=filled)], 1)
    wish = Replacement(client_order_id="next", quantity=D(wished), price=D(99))
    return replace(order, status=status, reported_filled_quantity=filled, replacement=wish)


@given(st.integers(0, 100), st.integers(1, 200))
def test_the_total_is_the_wish_or_less(filled: int, wished: int) -> None:
    """Whatever was filled, what the successor may fill comes on top of it to the wish."""
    order = decide(ended(D(filled) / 100, wished=str(D(wished) / 100)))
    wish = order.replacement
    assert wish is not None
    if wish.step is ReplacementStep.DROPPED:
        assert order.filled_quantity >= wish.quantity
        return
    assert wish.decided_quantity is not None
    assert order.filled_quantity + wish.decided_quantity == wish.quantity
    assert form_successor(order, wish, wish.decided_quantity).quantity == wish.decided_quantity


def test_nothing_is_decided_before_every_trade_is_booked() -> None:
    """The exchange reports more than is booked: what is left is not known yet."""
    order = replace(ended(D("0.2")), reported_filled_quantity=D("0.5"))
    assert decide(order) == order


@pytest.mark.parametrize(
    ("status", "code", "expected"),
    [
        (S.CANCELED, "", True),
        (S.CANCELED, "GONE", False),
        (S.DENIED, "CANCELED", True),
        (S.DENIED, "HALTED", False),
        (S.REJECTED, NOT_PLACED, False),
        (S.REJECTED, "-2010", False),
        (S.EXPIRED, "", False),
        (S.FILLED, "", False),
    ],
)
def test_only_our_own_certain_end_is_followed(
    status: OrderStatus, code: str, expected: bool
) -> None:
    """An inference, a person's word or the exchange's own end is no ground for another order."""
    order = replace(ended(D(0), status), reason=Reason(code=code) if code else None)
    assert may_be_followed(order) is expected


@pytest.mark.parametrize(("code", "expected"), [("-2010", True), (NOT_PLACED, False)])
def test_a_chase_follows_what_was_refused(code: str, expected: bool) -> None:
    """A definite refusal, that is: its price had been passed."""
    refused = replace(ended(D(0), S.REJECTED), reason=Reason(code=code), chase=Chase())
    assert may_be_followed(refused) is expected
