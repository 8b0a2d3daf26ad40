"""The demo's brackets: valid for the market, stop and target on the right sides."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decimals import is_multiple
from engine.domain.fill import Side
from engine.domain.report import Ticker
from tests.builders import NOW_MS, build_instrument
from workers.demo.brackets import NOTIONAL, bracket, closing

RULES = build_instrument()


@given(price=st.decimals("1000", "100000", places=2), is_long=st.booleans())
def test_stop_and_target_stand_on_both_sides_of_the_market(price: Decimal, is_long: bool):
    """A long loses below and wins above; steps and ticks hold."""
    ask = price + RULES.price_tick
    ticker = Ticker(symbol=RULES.symbol, bid=price, ask=ask, last=price, at_ms=NOW_MS)
    request = bracket(RULES, ticker, is_long=is_long)

    stop, target = Decimal(str(request.stop_loss)), Decimal(str(request.take_profit))
    below, above = (stop, target) if is_long else (target, stop)
    assert below < price < ask < above
    assert RULES.is_on_tick(below)
    assert RULES.is_on_tick(above)
    quantity = Decimal(str(request.quantity))
    assert is_multiple(quantity, RULES.quantity_step)
    assert quantity * ask <= NOTIONAL


def test_closing_takes_the_whole_position_and_no_more():
    """A long is sold, a short bought back, and neither may become its opposite."""
    sale, purchase = closing("X", Decimal("1.5")), closing("X", Decimal("-1.5"))

    assert (sale.side, sale.quantity, sale.reduce_only) == (Side.SELL, "1.5", True)
    assert (purchase.side, purchase.quantity, purchase.reduce_only) == (Side.BUY, "1.5", True)
