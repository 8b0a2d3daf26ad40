"""Whose funding fee it is."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.derivative import PositionSide
from engine.execution.booking.funding import paying_side

AMOUNTS = st.decimals(-1000, 1000, places=8)


@given(st.integers(1, 1000), st.decimals("-0.02", "0.02", places=6), st.booleans())
def test_a_position_finds_its_own_fee(quantity: int, rate: Decimal, is_long: bool) -> None:
    """A long pays notional times rate, a short is paid it; without a rate nobody can tell."""
    amount = -(quantity if is_long else -quantity) * 100 * rate
    side = PositionSide.LONG if is_long else PositionSide.SHORT
    assert paying_side(amount, rate) is (side if rate else PositionSide.BOTH)
    assert paying_side(amount, None) is PositionSide.BOTH


@given(AMOUNTS)
def test_what_one_pays_the_other_gets(amount: Decimal) -> None:
    """The opposite amount, or the opposite rate, is the other side's."""
    rate = Decimal("0.0001")
    sides = {paying_side(amount, rate), paying_side(-amount, rate)}
    assert sides == {paying_side(amount, rate), paying_side(amount, -rate)}
    assert len(sides) == (2 if amount else 1)
