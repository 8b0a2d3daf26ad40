"""Two orders of which one cancels the other: who is to end, and what both traded too much."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.events import EventKind, describe_change
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.rivalry import awaits_comparison, compared, is_to_end
from engine.execution.reconciliation import apply_fills
from tests.builders import build_fill, build_order

S = OrderStatus
D = Decimal
WISHED = D(1)


def rival(name: str, tenths: int, *, is_closed: bool = True) -> Order:
    """Return one of a pair that has traded so many tenths of a wish for 1."""
    order = build_order(client_order_id=name, status=S.ACCEPTED, exchange_order_id="77")
    order = replace(order, rival_id="b" if name == "a" else "a")
    if tenths:
        quantity = D(tenths) / 10
        fill = build_fill(quantity=quantity, trade_id=f"trade of {name}")
        order = replace(apply_fills(order, [fill], 1), reported_filled_quantity=quantity)
    status = S.FILLED if tenths == 10 else S.CANCELED
    return replace(order, status=status) if is_closed else order


tenths = st.integers(0, 10)


@given(tenths, st.booleans(), tenths, st.booleans())
def test_of_two_that_go_on_none_has_traded(
    first: int, is_first_closed: bool, second: int, is_second_closed: bool
) -> None:
    """Where neither is to end, both are whole and open, one is left, or none."""
    one = rival("a", first, is_closed=is_first_closed)
    other = rival("b", second, is_closed=is_second_closed)
    if is_to_end(one, other) or is_to_end(other, one):
        return
    left = [order for order in (one, other) if not order.is_closed]
    assert len(left) < 2 or not (first or second)


@given(tenths, tenths)
def test_what_is_too_much_is_told_once(first: int, second: int) -> None:
    """By one of the two, with its number, and never again for the same trades."""
    one, other = rival("a", first), rival("b", second)
    after = compared(one, other), compared(other, one)
    told = [
        event
        for before, now in zip((one, other), after, strict=True)
        for event in describe_change(before, now, 1)
        if event.kind is EventKind.ALARM
    ]
    excess = max(D(first + second) / 10 - WISHED, D(0))
    assert len(told) == (1 if excess else 0)
    assert sum(order.rival_excess for order in after) == excess
    assert not any(awaits_comparison(order) for order in after)
    assert (compared(*after), compared(*reversed(after))) == after


def test_a_late_trade_is_compared_again() -> None:
    """A settled pair that trades once more is looked at once more."""
    one, other = rival("a", 10), rival("b", 0)
    settled = compared(other, one)
    late = apply_fills(settled, [build_fill(quantity=D("0.3"), trade_id="late")], 2)
    late = replace(late, reported_filled_quantity=D("0.3"))
    assert awaits_comparison(late)
    assert compared(one, late).rival_excess == D("0.3")


def test_the_rest_of_one_that_traded_stays() -> None:
    """It ended the other, whose end must not end it in turn."""
    partly, ended = rival("a", 4, is_closed=False), rival("b", 0)
    assert not is_to_end(partly, ended)
    assert is_to_end(rival("a", 0, is_closed=False), ended)
