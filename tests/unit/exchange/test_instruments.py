"""Binance's filters as rules of an instrument."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.exchange.binance.instruments import map_instruments
from engine.exchange.raw_answer import Unreadable

D = Decimal


def listing(**changes: Any) -> dict[str, Any]:
    filters = changes.pop("filters", None) or [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": "0.01000000",
            "maxPrice": "1000000.00000000",
            "tickSize": "0.01000000",
        },
        {
            "filterType": "LOT_SIZE",
            "minQty": "0.00001000",
            "maxQty": "9000.00000000",
            "stepSize": "0.00001000",
        },
        {
            "filterType": "MARKET_LOT_SIZE",
            "minQty": "0.00000000",
            "maxQty": "117.5",
            "stepSize": "0.00000000",
        },
        {"filterType": "NOTIONAL", "minNotional": "5.00000000", "applyMinToMarket": True},
        {"filterType": "SOMETHING_NEW", "limit": 3},
    ]
    row = {
        "symbol": "BTCUSDT",
        "status": "TRADING",
        "baseAsset": "BTC",
        "quoteAsset": "USDT",
        "baseAssetPrecision": 8,
        "quoteAssetPrecision": 8,
        "isSpotTradingAllowed": True,
        "filters": filters,
    }
    return row | changes


def test_filters_become_rules() -> None:
    """Steps, ticks and bounds are exact; a bound of 0 is none."""
    (found,) = map_instruments({"symbols": [listing()]})
    assert (found.symbol, found.exchange_symbol) == ("BTC/USDT", "BTCUSDT")
    assert (found.quantity_step, found.min_quantity) == (D("0.00001"), D("0.00001"))
    assert (found.price_tick, found.min_price) == (D("0.01"), D("0.01"))
    assert found.max_price == 1_000_000
    assert found.market_quantity_step is None
    assert found.market_min_quantity is None
    assert found.maximum_for(is_market=True) == D("117.5")
    assert found.maximum_for(is_market=False) == 9_000
    assert found.min_notional == 5
    assert found.quote_step == D("1e-8")
    assert found.is_trading


@pytest.mark.parametrize("changes", [{"status": "BREAK"}, {"isSpotTradingAllowed": False}])
def test_a_halted_instrument_is_listed_as_such(changes: dict[str, Any]) -> None:
    """It stays known, so that an order for it can be refused with the right reason."""
    (found,) = map_instruments({"symbols": [listing(**changes)]})
    assert not found.is_trading


def test_without_filters_the_precision_counts() -> None:
    """A market with a disabled filter still has a smallest step, never zero."""
    bare = listing(filters=[{"filterType": "PRICE_FILTER", "tickSize": "0.00000000"}])
    (found,) = map_instruments({"symbols": [bare]})
    assert found.quantity_step == found.price_tick == D("1e-8")
    assert (found.max_quantity, found.max_price, found.min_notional) == (None, None, 0)


def test_the_larger_of_two_minimum_values_counts() -> None:
    """NOTIONAL and the older MIN_NOTIONAL may both stand there."""
    both = [
        {"filterType": "MIN_NOTIONAL", "minNotional": "10"},
        {"filterType": "NOTIONAL", "minNotional": "5"},
    ]
    (found,) = map_instruments({"symbols": [listing(filters=both)]})
    assert found.min_notional == 10


def test_one_unreadable_listing_does_not_take_the_others() -> None:
    """It cannot be traded, the rest can; if none is left, the answer is unread."""
    broken = listing(symbol="XY", baseAsset=None)
    assert len(map_instruments({"symbols": [broken, listing()]})) == 1
    for answer in ({"symbols": [broken]}, {"symbols": []}, {}, [], None):
        with pytest.raises(Unreadable):
            map_instruments(answer)
