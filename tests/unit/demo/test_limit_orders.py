"""The demo's limit orders: valid for the market, and by turns."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decimals import is_multiple
from engine.domain.fill import Side
from engine.domain.report import Ticker
from tests.builders import NOW_MS, build_instrument
from workers.demo.limit_orders import NOTIONAL, next_request

RULES = build_instrument()


def ticker_at(price: Decimal) -> Ticker:
    return Ticker(
        symbol=RULES.symbol, bid=price, ask=price + RULES.price_tick, last=price, at_ms=NOW_MS
    )


@given(
    price=st.decimals("1", "100000", places=2),
    held=st.decimals("0", "100", places=8),
)
def test_every_order_obeys_the_rules_of_the_market(price: Decimal, held: Decimal):
    """Steps, ticks and the smallest notional hold, and no more is sold than is held."""
    request = next_request(RULES, held, ticker_at(price))

    quantity, limit = Decimal(str(request.quantity)), Decimal(str(request.price))
    assert is_multiple(quantity, RULES.quantity_step)
    assert RULES.is_on_tick(limit)
    assert quantity * limit >= RULES.min_notional
    if request.side is Side.SELL:
        assert quantity <= held
    else:
        assert quantity * limit <= NOTIONAL


def test_it_buys_when_flat_and_sells_what_it_holds():
    """Dust is flat: it cannot be sold."""
    ticker = ticker_at(Decimal(100))

    assert next_request(RULES, Decimal(0), ticker).side is Side.BUY
    assert next_request(RULES, Decimal("0.0999"), ticker).side is Side.BUY
    sale = next_request(RULES, Decimal("2.000001"), ticker)
    assert (sale.side, sale.quantity, sale.price) == (Side.SELL, "2", "100")
