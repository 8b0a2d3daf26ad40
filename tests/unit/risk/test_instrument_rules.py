"""What the exchange would refuse is said in one sentence, before anything is recorded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.domain.fill import Side
from engine.domain.order_terms import OrderType, TimeInForce
from engine.errors import InvalidRequest
from engine.risk.instrument_rules import require_valid, violations
from tests.builders import build_instrument, build_terms
from tests.unit.risk.contexts import build_intent_of

D = Decimal
LIMIT = {"order_type": OrderType.LIMIT, "price": D(100)}
STOP = {"order_type": OrderType.STOP, "price": None, "trigger_price": D(90)}
MARKET = {"order_type": OrderType.MARKET, "price": None}


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"quantity": D("0.000001")}, "QUANTITY_TOO_SMALL"),
        ({"quantity": D("0.100001")}, "QUANTITY_OFF_STEP"),
        ({"quantity": D(9001)}, "QUANTITY_TOO_LARGE"),
        ({"quantity": D(0)}, "QUANTITY_NOT_POSITIVE"),
        ({"quantity": D(-1)}, "QUANTITY_NOT_POSITIVE"),
        ({"quantity": None}, "QUANTITY_MISSING"),
        ({**MARKET, "quote_quantity": D(10)}, "QUANTITY_AMBIGUOUS"),
        ({"quantity": None, "quote_quantity": D(10)}, "QUOTE_QUANTITY_NOT_POSSIBLE"),
        (
            {**MARKET, "quantity": None, "quote_quantity": D("10.000000001")},
            "QUOTE_QUANTITY_OFF_STEP",
        ),
        ({**MARKET, "quantity": None, "quote_quantity": D("4.99")}, "NOTIONAL_TOO_SMALL"),
        ({**MARKET, "quantity": None, "quote_quantity": D(0)}, "QUANTITY_NOT_POSITIVE"),
        ({"price": None}, "PRICE_MISSING"),
        ({"price": D("100.005")}, "PRICE_OFF_TICK"),
        ({"price": D(0)}, "PRICE_OUT_OF_RANGE"),
        ({"price": D(1_000_001)}, "PRICE_OUT_OF_RANGE"),
        ({**MARKET, "price": D(100)}, "PRICE_NOT_POSSIBLE"),
        ({**STOP, "trigger_price": None}, "TRIGGER_MISSING"),
        ({**STOP, "trigger_price": D("90.001")}, "PRICE_OFF_TICK"),
        ({**LIMIT, "trigger_price": D(90)}, "TRIGGER_NOT_POSSIBLE"),
        ({**MARKET, "time_in_force": TimeInForce.IOC}, "TIME_IN_FORCE_NOT_POSSIBLE"),
        ({**MARKET, "post_only": True}, "POST_ONLY_NOT_POSSIBLE"),
        ({**LIMIT, "post_only": True, "time_in_force": TimeInForce.FOK}, "POST_ONLY_NOT_POSSIBLE"),
        ({"quantity": D("0.04")}, "NOTIONAL_TOO_SMALL"),  # 0.04 * 100 = 4, and 5 is the least
        ({**MARKET, "quantity": D("0.04")}, "NOTIONAL_TOO_SMALL"),  # By the reference price
        ({**STOP, "quantity": D("0.05")}, "NOTIONAL_TOO_SMALL"),  # 0.05 * 90 = 4.5
    ],
)
def test_each_rule_has_its_code(changes: dict[str, Any], code: str) -> None:
    """One broken field, one code among what is found, each told in one sentence."""
    found = violations(build_terms(**changes), build_instrument(), D(100))
    assert code in [one.code for one in found]
    assert all(one.message.endswith(".") for one in found)


@pytest.mark.parametrize(
    "changes",
    [
        LIMIT,
        MARKET,
        STOP,
        {**LIMIT, "post_only": True},
        {**LIMIT, "post_only": True, "time_in_force": TimeInForce.GTC},
        {**LIMIT, "time_in_force": TimeInForce.FOK},
        {**MARKET, "quantity": None, "quote_quantity": D("10.5")},
        {"order_type": OrderType.STOP_LIMIT, "price": D(95), "trigger_price": D(96)},
        {**STOP, "order_type": OrderType.TAKE_PROFIT, "side": Side.SELL},
        {"quantity": D("0.05")},  # Worth exactly the least
    ],
)
def test_a_sound_order_breaks_no_rule(changes: dict[str, Any]) -> None:
    """Every order type in its own shape."""
    assert violations(build_terms(**changes), build_instrument(), D(100)) == ()


def test_an_off_tick_price_names_the_two_nearest() -> None:
    """A person can correct it without reading the exchange's manual."""
    (found,) = violations(build_terms(price=D("100.005")), build_instrument(), None)
    assert found.message == (
        "price is 100.005; it must be a multiple of 0.01, the nearest are 100 and 100.01."
    )
    assert ("below", "100") in found.numbers
    assert ("above", "100.01") in found.numbers


def test_a_market_order_has_its_own_limits() -> None:
    """The same quantity may be good for a limit order and too much at market."""
    instrument = build_instrument(market_max_quantity=D(2), market_quantity_step=D("0.1"))
    assert violations(build_terms(quantity=D("2.55")), instrument, D(100)) == ()
    found = violations(build_terms(**MARKET, quantity=D("2.55")), instrument, D(100))
    assert [one.code for one in found] == ["QUANTITY_TOO_LARGE"]
    found = violations(build_terms(**STOP, quantity=D("1.55")), instrument, D(100))
    assert [one.code for one in found] == ["QUANTITY_OFF_STEP"]


def test_a_suspended_symbol_takes_no_order() -> None:
    """The exchange has closed the market."""
    (found,) = violations(build_terms(), build_instrument(is_trading=False), None)
    assert found.code == "NOT_TRADING"


def test_bad_input_raises_with_every_sentence() -> None:
    """Two faults are told at once, so that nobody corrects them one after the other."""
    intent = build_intent_of(order_type=OrderType.LIMIT, price=D("100.005"), quantity=D("0.000001"))
    with pytest.raises(InvalidRequest) as raised:
        require_valid(intent, build_instrument(), D(100))
    assert "price is 100.005" in str(raised.value)
    assert "quantity is 0.000001; it must be at least 0.00001 BTC." in str(raised.value)


@pytest.mark.parametrize("leverage", [0, -1, 126])
def test_an_impossible_leverage_is_bad_input(leverage: int) -> None:
    """No exchange lends so much, and none less than nothing."""
    with pytest.raises(InvalidRequest, match=f"leverage is {leverage}"):
        require_valid(build_intent_of(leverage=leverage), build_instrument(), D(100))


def test_a_signal_s_order_may_have_no_quantity_yet() -> None:
    """Sizing gives it one; an order of a person must name it."""
    require_valid(build_intent_of(quantity=None, signal_key="s1"), build_instrument(), D(100))
    with pytest.raises(InvalidRequest, match="quantity is missing"):
        require_valid(build_intent_of(quantity=None), build_instrument(), D(100))
