"""The rules of a market: steps, ticks and limits, always rounded to the careful side."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from engine.domain.decimals import is_multiple
from tests.builders import build_instrument
from tests.unit.domain.ledger_rows import amounts

D = Decimal


def steps() -> st.SearchStrategy[Decimal]:
    return st.sampled_from([D("0.00001"), D("0.001"), D("0.01"), D("0.05"), D(1), D(10)])


@given(amounts(), steps(), st.booleans())
def test_a_quantity_is_rounded_down_to_its_step(
    quantity: Decimal, step: Decimal, market: bool
) -> None:
    """Never more than was meant, and less by no more than one step."""
    instrument = build_instrument(quantity_step=step)
    rounded = instrument.round_quantity(quantity, is_market=market)
    assert is_multiple(rounded, step)
    assert D(0) <= quantity - rounded < step


@given(amounts(10**9, places=4), steps())
def test_the_two_nearest_prices_are_valid_and_on_both_sides(price: Decimal, tick: Decimal) -> None:
    """A person who is told two prices can use either."""
    instrument = build_instrument(price_tick=tick, min_price=tick, max_price=D(1_000_000))
    assume(instrument.min_price < price < D(1_000_000) and not instrument.is_on_tick(price))
    below, above = instrument.nearest_prices(price)
    assert below < price < above
    assert above - below == tick
    assert instrument.is_on_tick(below)
    assert instrument.is_on_tick(above)


@given(amounts(10**9, places=4))
def test_the_nearest_prices_stay_inside_the_limits(price: Decimal) -> None:
    """Above the highest price there is none to name."""
    instrument = build_instrument(price_tick=D(5), min_price=D(10), max_price=D(100))
    assert all(D(10) <= near <= D(100) for near in instrument.nearest_prices(price))


def test_a_market_order_obeys_both_of_its_rules() -> None:
    """The coarser step, the larger minimum and the smaller maximum win."""
    instrument = build_instrument(
        quantity_step=D("0.01"),
        min_quantity=D("0.01"),
        max_quantity=D(100),
        market_quantity_step=D("0.1"),
        market_min_quantity=D("0.2"),
        market_max_quantity=D(50),
    )
    assert instrument.step_for(is_market=True) == D("0.1")
    assert instrument.minimum_for(is_market=True) == D("0.2")
    assert instrument.maximum_for(is_market=True) == D(50)
    assert instrument.step_for(is_market=False) == D("0.01")
    assert instrument.maximum_for(is_market=False) == D(100)


@given(amounts())
def test_a_rule_of_zero_is_switched_off(number: Decimal) -> None:
    """Exchanges write 0 where a rule does not apply."""
    instrument = build_instrument(quantity_step=D(0), price_tick=D(0), min_price=D(0))
    assert instrument.round_quantity(number) == number
    assert instrument.is_on_tick(number)


@given(amounts(10**18), amounts(10**18))
def test_the_notional_loses_no_digit(quantity: Decimal, price: Decimal) -> None:
    """The product of two long numbers is exact, and a short position counts as much."""
    whole = int(quantity.scaleb(8)) * int(price.scaleb(8))
    notional = build_instrument().notional(-quantity, price)
    digits = notional.as_tuple()
    assert int("".join(map(str, digits.digits))) == whole
    assert digits.exponent == -16
    assert digits.sign == 0
