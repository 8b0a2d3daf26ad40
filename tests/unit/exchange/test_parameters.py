"""Our orders in Binance's words, and what spot cannot say."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.fill import Side
from engine.domain.identity import cancel_id
from engine.domain.order import Order
from engine.domain.order_terms import OrderTerms, OrderType, TimeInForce
from engine.errors import InvalidRequest
from engine.exchange.binance.parameters import (
    cancel_parameters,
    check_terms,
    submit_parameters,
)
from tests.builders import NOW_MS, build_order, build_terms

D = Decimal


def claimed(**terms: Any) -> Order:
    order = build_order(terms=build_terms(**terms))
    return replace(order, nonce="n", signed_at_ms=NOW_MS, recv_window_ms=5_000)


def words(**terms: Any) -> dict[str, Any]:
    return submit_parameters(claimed(**terms), "BTCUSDT")


def test_a_limit_order_in_full() -> None:
    """Id, signing time and window come from the claim; numbers are plain text."""
    order = claimed(quantity=D("1E-5"), price=D("60000.10"), side=Side.SELL)
    assert submit_parameters(order, "BTCUSDT") == {
        "symbol": "BTCUSDT",
        "side": "SELL",
        "type": "LIMIT",
        "quantity": "0.00001",
        "price": "60000.1",
        "timeInForce": "GTC",
        "newClientOrderId": order.client_order_id,
        "newOrderRespType": "RESULT",
        "timestamp": NOW_MS,
        "recvWindow": 5_000,
    }


def test_a_market_order_never_has_a_price() -> None:
    """A price beside a market order would turn it into an order by quote amount."""
    found = words(order_type=OrderType.MARKET, price=None)
    assert "price" not in found
    assert "quoteOrderQty" not in found
    assert "timeInForce" not in found
    by_quote = words(
        order_type=OrderType.MARKET, price=None, quantity=None, quote_quantity=D("100.5")
    )
    assert by_quote["quoteOrderQty"] == "100.5"
    assert "quantity" not in by_quote
    with pytest.raises(InvalidRequest, match="price is given"):
        words(order_type=OrderType.MARKET, price=D(1))


def test_post_only_is_a_kind_of_its_own() -> None:
    """LIMIT_MAKER takes a price and no time in force."""
    found = words(post_only=True)
    assert (found["type"], "timeInForce" in found) == ("LIMIT_MAKER", False)


@pytest.mark.parametrize("in_force", [TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK])
def test_time_in_force(in_force: TimeInForce) -> None:
    """Limit orders carry it in Binance's spelling."""
    assert words(time_in_force=in_force)["timeInForce"] == in_force.upper()


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"quantity": None}, "quantity"),
        ({"quote_quantity": D(5)}, "quantity"),
        ({"quantity": None, "quote_quantity": D(5)}, "quote_quantity"),
        ({"price": None}, "price"),
        ({"trigger_price": D(1)}, "trigger_price"),
        ({"order_type": OrderType.STOP, "price": None}, "trigger_price"),
        ({"order_type": OrderType.STOP, "trigger_price": D(1)}, "price"),
        ({"order_type": OrderType.STOP_LIMIT, "trigger_price": D(1), "price": None}, "price"),
        ({"post_only": True, "time_in_force": TimeInForce.IOC}, "post_only"),
        (
            {"order_type": OrderType.STOP_LIMIT, "trigger_price": D(1), "post_only": True},
            "post_only",
        ),
        (
            {"order_type": OrderType.MARKET, "price": None, "time_in_force": TimeInForce.IOC},
            "time_in_force",
        ),
    ],
)
def test_what_spot_cannot_say_is_refused_with_its_field(terms: dict[str, Any], field: str) -> None:
    """One sentence that names the field; nothing is built."""
    with pytest.raises(InvalidRequest, match=field):
        words(**terms)


terms_of_any_kind = st.builds(
    OrderTerms,
    symbol=st.just("BTC/USDT"),
    side=st.sampled_from(Side),
    order_type=st.sampled_from(OrderType),
    quantity=st.none() | st.just(D(1)),
    quote_quantity=st.none() | st.just(D(1)),
    price=st.none() | st.just(D(1)),
    trigger_price=st.none() | st.just(D(1)),
    time_in_force=st.none() | st.sampled_from(TimeInForce),
    post_only=st.booleans(),
    reduce_only=st.booleans(),
)


@given(terms_of_any_kind)
def test_every_order_is_said_whole_or_refused(terms: OrderTerms) -> None:
    """Nothing that was asked for is left out silently."""
    order = replace(claimed(), terms=terms)
    try:
        check_terms(terms)
    except InvalidRequest:
        return
    found = submit_parameters(order, "BTCUSDT")
    assert ("quantity" in found) == (terms.quantity is not None)
    assert ("quoteOrderQty" in found) == (terms.quote_quantity is not None)
    assert ("price" in found) == (terms.price is not None)
    assert ("stopPrice" in found) == (terms.trigger_price is not None)
    if terms.time_in_force not in {None, TimeInForce.GTC}:
        assert found["timeInForce"] == str(terms.time_in_force).upper()
    assert (found["type"] == "LIMIT_MAKER") == terms.post_only


@pytest.mark.parametrize(
    "missing", [{"nonce": None}, {"signed_at_ms": None}, {"recv_window_ms": 0}]
)
def test_an_unclaimed_order_has_no_words(missing: dict[str, Any]) -> None:
    """Without its claim's time and window an order would have no fence."""
    with pytest.raises(ValueError, match="not claimed"):
        submit_parameters(replace(claimed(), **missing), "BTCUSDT")


def test_a_cancel_names_the_order_and_its_new_id() -> None:
    """By our id always, by the exchange's too where it is known; the new id is derived."""
    order = claimed()
    found = cancel_parameters(order, "BTCUSDT")
    assert found == {
        "symbol": "BTCUSDT",
        "origClientOrderId": order.client_order_id,
        "newClientOrderId": cancel_id(order.client_order_id),
    }
    known = cancel_parameters(replace(order, exchange_order_id="28"), "BTCUSDT")
    assert known == found | {"orderId": "28"}
