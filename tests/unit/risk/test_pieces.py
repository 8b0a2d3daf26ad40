"""A quantity above the largest market order: how many orders it takes, and how large each is."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.risk.pieces import count_pieces, size_piece
from tests.builders import build_instrument

D = Decimal


def split(whole: Decimal, largest: Decimal | None, step: Decimal) -> list[Decimal]:
    """Return the orders one after the other, each for what those before it leave."""
    rules = build_instrument(
        quantity_step=step,
        market_quantity_step=step,
        max_quantity=largest,
        market_max_quantity=largest,
    )
    sizes: list[Decimal] = []
    for left in range(count_pieces(whole, rules), 0, -1):
        sizes.append(size_piece(whole - sum(sizes, D(0)), left, rules))
    return sizes


@pytest.mark.parametrize(
    ("whole", "largest", "sizes"),
    [
        ("900", "120", ["112.5"] * 8),  # 900 / 120 = 7.5
        ("240", "120", ["120", "120"]),
        ("120.1", "120", ["60.1", "60"]),  # 60.05 is no multiple of 0.1; 120 would leave dust
        ("119", "120", ["119"]),
        ("900", None, ["900"]),
    ],
)
def test_hand_worked_pieces(whole: str, largest: str | None, sizes: list[str]) -> None:
    """As few orders as can be, of one size but for a step."""
    most = None if largest is None else D(largest)
    assert split(D(whole), most, D("0.1")) == [D(size) for size in sizes]


@given(
    steps=st.integers(1, 10**9),
    most=st.integers(1, 10**7),
    step=st.sampled_from([D("0.001"), D("0.5"), D(1), D(7)]),
)
def test_pieces_are_the_whole(steps: int, most: int, step: Decimal) -> None:
    """None above the largest, none empty, all of one size but for a step, together the whole."""
    largest = max(most, steps // 150 + 1) * step
    sizes = split(steps * step, largest, step)
    assert sum(sizes) == steps * step
    assert all(0 < size <= largest for size in sizes)
    assert max(sizes) - min(sizes) <= step
