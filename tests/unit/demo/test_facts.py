"""Both sides of the demo's comparison: equal when they are, and never when a digit differs."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.changing import Trail
from engine.domain.fill import BalanceRow, Fill, Liquidity, RowKind, Side
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.portfolio import Portfolio
from engine.domain.position import empty_position, fold
from engine.domain.report import Balance
from tests.builders import NOW_MS, build_fill, build_order, build_terms
from workers.demo.facts import describe, differences
from workers.demo.ledger_facts import ledger_facts
from workers.demo.our_facts import Books, our_facts

UID = "1000001"
D = Decimal

#: 1 BTC for 100 USDT; a tenth of a percent of it is the fee, in BTC.
FILL = build_fill(
    exchange_order_id="77", fee=D("0.001"), fee_currency="BTC", liquidity=Liquidity.TAKER
)
OPENING = BalanceRow(
    row_id="opening",
    kind=RowKind.OPENING,
    symbol="USDT",
    asset="USDT",
    quantity=D(1000),
    executed_at_ms=NOW_MS - 1,
)


def build_books(**changes: Any) -> Books:
    order = build_order(
        status=OrderStatus.FILLED,
        exchange_order_id="77",
        terms=build_terms(quantity=D(1)),
        fills=(FILL,),
    )
    held = {"BTC": Balance(free=D("0.999"), used=D(0)), "USDT": Balance(free=D(900), used=D(0))}
    defaults: dict[str, Any] = {
        "orders": [order],
        "fills": [FILL],
        "rows": [FILL, OPENING],
        "positions": [
            fold(empty_position("paper", "BTC/USDT"), [FILL]),
            fold(empty_position("paper", "USDT"), [OPENING]),
        ],
        "portfolio": Portfolio(account="paper", balances=held),
    }
    return Books(**defaults | changes)


def build_ledger() -> dict[str, Any]:
    order = build_books().orders[0]
    number = "1000.00000000"
    return {
        "accounts": {
            UID: {
                "balances": {
                    "BTC": {"free": "0.99900000", "locked": "0.00000000"},
                    "ETH": {"free": "0.00000000", "locked": "0.00000000"},
                    "USDT": {"free": "900.00000000", "locked": "0.00000000"},
                }
            },
            "2": {"balances": {"USDT": {"free": number, "locked": number}}},
        },
        "orders": [_ledger_order(order), {**_ledger_order(order), "uid": 2, "order_id": 78}],
        "trades": [_ledger_trade(), {**_ledger_trade(), "uid": 2, "order_id": 78}],
    }


def _ledger_order(order: Order) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "order_id": 77,
        "uid": int(UID),
        # A cancel would have replaced the id; the first one counts
        "client_order_ids": [order.client_order_id, "another"],
        "side": "BUY",
        "type": "LIMIT" if order.terms.price else "MARKET",
        "status": "FILLED",
        "quantity": "1.00000000",
        "price": f"{order.terms.price or 0:.8f}",
        "filled_quantity": "1.00000000",
        "filled_quote": "100.00000000",
    }


def _ledger_trade() -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT",
        "trade_id": 1,
        "order_id": 77,
        "uid": int(UID),
        "side": "BUY",
        "price": "100.00000000",
        "quantity": "1.00000000",
        "quote_quantity": "100.00000000",
        "fee": "0.00100000",
        "fee_asset": "BTC",
        "is_maker": False,
        "executed_at_ms": NOW_MS,
    }


def compare(books: Books, ledger: dict[str, Any]) -> tuple[str, ...]:
    return differences(our_facts(books), ledger_facts(ledger, UID))


def test_two_equal_sides_have_no_difference():
    """Another account of the exchange, empty balances and trailing zeros are none."""
    assert compare(build_books(), build_ledger()) == ()
    theirs = ledger_facts(build_ledger(), UID)
    assert describe(theirs) == "1 orders, 1 trades, 2 balances, 1 positions"


def test_a_trailing_stop_of_ours_is_the_market_order_that_it_was_sent_as():
    """The exchange knows of no trail; one that it was told of must be there as such."""
    ledger = build_ledger()
    ledger["orders"][0]["type"] = "MARKET"
    (order,) = build_books().orders
    terms = replace(order.terms, order_type=OrderType.TRAILING_STOP, trailing_rate=D(1))
    sent = replace(order, terms=replace(terms, price=None), trail=Trail())
    ledger["orders"][0]["price"] = "0"
    assert compare(build_books(orders=[sent]), ledger) == ()
    (told,) = compare(build_books(orders=[replace(sent, trail=None)]), ledger)
    assert "type: Augustan has trailing_stop, the exchange market" in told


def _changed(thing: Fill, **changes: Any) -> dict[str, Any]:
    other = replace(thing, **changes)
    return {"fills": [other]}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"orders": []}, "orders: Augustan has 0"),
        ({"fills": []}, "trades: Augustan has 0"),
        ({"fills": [FILL, FILL]}, "trades: Augustan has 2"),
        (_changed(FILL, price=D("100.00000001")), "1/77 price"),
        (_changed(FILL, quantity=D("1.00000001")), "1/77 quantity"),
        (_changed(FILL, fee=D("0.00100001")), "1/77 fee"),
        (_changed(FILL, side=Side.SELL), "1/77 side"),
        (_changed(FILL, liquidity=Liquidity.MAKER), "1/77 liquidity"),
        (_changed(FILL, executed_at_ms=NOW_MS + 1), "1/77 time"),
        ({"rows": [OPENING]}, "booked BTC"),
        ({"rows": [FILL]}, "booked USDT"),
        ({"rows": [FILL, FILL, OPENING]}, "booked BTC"),
        ({"positions": []}, "position BTCUSDT"),
        ({"portfolio": None}, "balance USDT free"),
    ],
)
def test_every_difference_is_named(changes: dict[str, Any], told: str):
    """One digit, one missing row and one row too many are all seen."""
    found = compare(build_books(**changes), build_ledger())

    assert any(told in sentence for sentence in found), found


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "CANCELED"),
        ("filled_quantity", "0.99999999"),
        ("filled_quote", "100.00000001"),
        ("price", "1.00000000"),
        ("quantity", "2.00000000"),
        ("client_order_ids", ["another"]),
        ("side", "SELL"),
        ("type", "STOP_LOSS"),
        ("order_id", 79),
    ],
)
def test_an_order_that_differs_in_one_field_is_told(field: str, value: object):
    """The exchange's orders are compared field by field."""
    ledger = build_ledger()
    ledger["orders"][0][field] = value

    assert compare(build_books(), ledger)


def test_locked_coins_count_for_the_total_and_are_compared_by_themselves():
    """A resting order locks coins: free and locked are two facts, the sum a third."""
    ledger = build_ledger()
    ledger["accounts"][UID]["balances"]["USDT"] = {"free": "890.00000000", "locked": "10.00000000"}

    found = compare(build_books(), ledger)

    assert [sentence.split(":")[0] for sentence in found] == [
        "balance USDT free",
        "balance USDT locked",
    ]


def test_an_order_that_never_left_is_not_expected_at_the_exchange():
    """A denial has no exchange id and no place in the ledger."""
    denied = build_order(client_order_id="augdenied", status=OrderStatus.DENIED)
    books = build_books()

    assert compare(replace(books, orders=[*books.orders, denied]), build_ledger()) == ()
