"""Exposure, reservations and what is free: nothing is counted twice, nothing is forgotten."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.decimals import EXACT
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.domain.risk import Reservation, counted_once
from engine.risk.balance import available, is_current
from engine.risk.book import exposure, open_symbols, used_budget
from engine.risk.reservation import build_reservation
from engine.risk.trading_state import is_reducing
from engine.store.plans import adopted_reservation
from tests.builders import NOW_MS, build_fill, build_order, build_terms
from tests.unit.risk.contexts import (
    SYMBOL,
    build_balances,
    build_book,
    build_position,
    build_reservation_of,
)

D = Decimal
SELL = Side.SELL


@pytest.mark.parametrize(
    ("held", "buys", "sells", "expected"),
    [
        ("0", [], [], "0"),
        ("2", [], [], "2"),
        ("2", ["3"], [], "5"),
        ("2", [], ["1"], "2"),  # Until it trades, all of it is held
        ("2", [], ["5"], "3"),  # All of it sold, and 3 short
        ("-1", ["3"], ["1"], "2"),
        ("2", ["1"], ["5"], "3"),
    ],
)
def test_exposure_is_the_worse_of_both_ways(
    held: str, buys: list[str], sells: list[str], expected: str
) -> None:
    """max(|position + pending buys|, |position - pending sells|)."""
    orders = [build_reservation_of(quantity=D(one)) for one in buys]
    orders += [build_reservation_of(side=SELL, quantity=D(one)) for one in sells]
    book = build_book(positions=(build_position(held),), reservations=tuple(orders))
    assert exposure(book, SYMBOL) == D(expected)


def test_reduce_only_adds_no_exposure() -> None:
    """It can only take away, so it stands for nothing on the other side."""
    closing = build_reservation_of(side=SELL, quantity=D(5), reduces=True)
    book = build_book(positions=(build_position("2"),), reservations=(closing,))
    assert exposure(book, SYMBOL) == D(2)
    assert used_budget(book) == D(200)


def test_coins_from_before_use_no_budget_and_no_place() -> None:
    """What the account brought with it is no bet of ours."""
    held = replace(build_position("0"), untraded_quantity=D(7))
    book = build_book(positions=(held,))
    assert used_budget(book) == 0
    assert open_symbols(book, {}, {}) == frozenset()


def test_rows_of_an_asset_without_a_market_open_nothing() -> None:
    """A deposit of the quote currency is a ledger row and no position."""
    row = replace(build_fill(), symbol="USDT")
    book = build_book(unfolded={"USDT": (row,)})
    assert open_symbols(book, {}, {}) == frozenset()


parts = st.lists(st.integers(1, 100).map(lambda n: D(n).scaleb(-1)), min_size=1, max_size=6)


@given(parts, st.integers(0, 6))
def test_exposure_stays_the_same_from_reservation_to_position(
    quantities: list[Decimal], filled: int
) -> None:
    """Order, partial fill, unfolded row, folded position: never less and never more."""
    total = sum(quantities, D(0))
    order = build_order(terms=build_terms(quantity=total), status=OrderStatus.ACCEPTED)
    reservation = build_reservation(order.terms, D(100), D("0.02"), order.client_order_id)
    fills = tuple(
        build_fill(trade_id=str(number), quantity=quantity)
        for number, quantity in enumerate(quantities[:filled], start=1)
    )
    done = sum((fill.quantity for fill in fills), D(0))
    status = OrderStatus.FILLED if done == total else OrderStatus.PARTIALLY_FILLED
    after = reservation.after(
        replace(order, fills=fills, status=status, reported_filled_quantity=done)
    )
    book = build_book(reservations=(after,) if after else (), unfolded={SYMBOL: fills})
    assert exposure(book, SYMBOL) == total
    assert (after is None) == (done == total)


def test_a_canceled_order_holds_what_is_still_to_be_booked() -> None:
    """1 of 3 traded before the cancel and the trade is on its way to us."""
    reservation = build_reservation_of(quantity=D(3))
    order = build_order(
        terms=build_terms(quantity=D(3)),
        status=OrderStatus.CANCELED,
        reported_filled_quantity=D(1),
    )
    after = reservation.after(order)
    assert after is not None
    assert after.quantity == D(1)
    booked = replace(order, fills=(build_fill(quantity=D(1)),))
    assert after.after(booked) is None


def test_an_order_by_quote_amount_holds_what_is_not_spent() -> None:
    """30 of 100 spent at any price: 70 are left, at the reserved price."""
    terms = build_terms(
        order_type=OrderType.MARKET, quantity=None, price=None, quote_quantity=D(100)
    )
    reservation = build_reservation(terms, D(50), D("0.02"))
    assert (reservation.quantity, reservation.price) == (D(2), D(50))
    order = build_order(
        terms=terms,
        status=OrderStatus.PARTIALLY_FILLED,
        reported_filled_quantity=D("0.5"),
        fills=(build_fill(quantity=D("0.5"), price=D(60)),),
    )
    after = reservation.after(order)
    assert after is not None
    assert after.quantity * after.price == D(70)


@pytest.mark.parametrize(
    ("changes", "price"),
    [
        ({"order_type": OrderType.MARKET, "price": None}, "102"),
        ({"order_type": OrderType.LIMIT, "price": D(90)}, "90"),
        ({"order_type": OrderType.STOP, "price": None, "trigger_price": D(120)}, "122.4"),
        ({"order_type": OrderType.STOP_LIMIT, "price": D(121), "trigger_price": D(120)}, "121"),
        ({"side": SELL, "order_type": OrderType.MARKET, "price": None}, "100"),
        ({"side": SELL, "order_type": OrderType.LIMIT, "price": D(95)}, "100"),
        ({"side": SELL, "order_type": OrderType.LIMIT, "price": D(105)}, "105"),
        (
            {
                "side": SELL,
                "order_type": OrderType.STOP_LIMIT,
                "price": D(88),
                "trigger_price": D(90),
            },
            "90",
        ),
    ],
)
def test_an_order_is_reserved_at_its_worst_price(changes: dict[str, object], price: str) -> None:
    """The limit to buy; to sell where it may be met; else where it starts, and the collar."""
    assert build_reservation(build_terms(**changes), D(100), D("0.02")).price == D(price)


def test_an_adopted_order_is_held_by_the_position_that_it_trades() -> None:
    """In hedge mode what may already sell the long position counts against that one."""
    terms = build_terms(
        symbol="BTC/USDT:USDT", side=SELL, position_side=PositionSide.LONG, leverage=3
    )
    held = adopted_reservation(build_order(terms=terms))
    assert (held.symbol, held.leverage) == (terms.position, 3)
    assert held.symbol == "BTC/USDT:USDT#LONG"


def test_acceptance_is_remembered_from_its_first_news() -> None:
    """Later news of the same order does not make older balances useless."""
    order = build_order(status=OrderStatus.ACCEPTED, exchange_updated_at_ms=NOW_MS)
    waiting = build_reservation_of()
    sent = waiting.after(replace(order, status=OrderStatus.SUBMITTED))
    assert sent is not None
    assert sent.held_since_ms is None
    held = sent.after(order)
    assert held is not None
    later = held.after(replace(order, exchange_updated_at_ms=NOW_MS + 50))
    assert later is not None
    assert later.held_since_ms == NOW_MS


@st.composite
def reservations(draw: st.DrawFn) -> Reservation:
    return build_reservation_of(
        side=draw(st.sampled_from(Side)),
        quantity=D(draw(st.integers(0, 100))),
        held_since_ms=draw(st.none() | st.sampled_from([NOW_MS - 1, NOW_MS, NOW_MS + 1])),
        symbol=draw(st.sampled_from([SYMBOL, "ETH/USDT", "ETH/BTC"])),
    )


@given(st.lists(reservations(), max_size=6))
def test_what_is_available_is_free_less_every_promise_that_free_cannot_show(
    orders: list[Reservation],
) -> None:
    """A sale takes coins, a purchase its quote currency; BTC is both."""
    book, balances = build_book(reservations=tuple(orders)), build_balances({"BTC": "5000"})
    hidden = [one for one in orders if one.held_since_ms is None or one.held_since_ms > NOW_MS]
    with localcontext(EXACT):
        sold = sum(
            (one.quantity for one in hidden if one.symbol == SYMBOL and one.side is SELL), D(0)
        )
        spent = sum(
            (
                one.quantity * one.price
                for one in hidden
                if one.symbol == "ETH/BTC" and one.side is Side.BUY
            ),
            D(0),
        )
    assert available(book, balances, "BTC") == max(D(5000) - sold - spent, D(0))
    assert available(book, balances, "DOGE") == 0


def test_a_contract_promises_its_margin_only() -> None:
    """An order of 1000 with leverage 5 leaves 300 of 500 free for the next."""
    held = build_reservation_of(symbol="BTC/USDT:USDT", quantity=D(10), leverage=5)
    book = build_book(reservations=(held,))
    assert available(book, build_balances({"USDT": "500"}), "USDT") == 300


@pytest.mark.parametrize(
    ("asked_at_ms", "traded_at_ms", "expected"),
    [
        (NOW_MS, NOW_MS, True),
        (NOW_MS - 5000, NOW_MS - 6000, True),
        (NOW_MS - 5001, NOW_MS - 6000, False),  # Too old
        (NOW_MS - 1, NOW_MS, False),  # From before the trade
    ],
)
def test_balances_from_before_a_trade_are_not_used(
    asked_at_ms: int, traded_at_ms: int, expected: bool
) -> None:
    """They show money that is spent, when the reservation for it has gone."""
    book = build_book(unfolded={SYMBOL: (build_fill(executed_at_ms=traded_at_ms),)})
    balances = build_balances(at_ms=asked_at_ms)
    assert is_current(balances, book, NOW_MS, max_age_ms=5000) is expected


def test_an_order_in_the_book_does_not_stand_against_itself() -> None:
    """At the claim the order's own reservation is there already."""
    terms = build_terms(side=SELL, quantity=D(2))
    own = build_reservation_of(side=SELL, quantity=D(2), client_order_id="own")
    book = build_book(positions=(build_position("2"),), reservations=(own,))
    assert is_reducing(book, terms, D(100), without="own")
    assert not is_reducing(book, terms, D(100))


amounts = st.decimals(min_value=0, max_value=10, places=2)


@given(amounts, amounts, amounts, st.booleans())
def test_of_two_that_share_the_larger_counts(
    first: Decimal, second: Decimal, price: Decimal, is_first_left: bool
) -> None:
    """Together they stand for the one that may cost more; one that is left, for itself."""
    build = build_reservation_of
    one = build(client_order_id="a", quantity=first, price=price, shares_with="b")
    other = build(client_order_id="b", quantity=second, shares_with="a")
    alone = build(client_order_id="c")
    counted = counted_once([one, alone, other])
    assert {held.client_order_id for held in counted} in ({"a", "c"}, {"b", "c"})
    assert max(held.worth for held in counted) == max(one.worth, other.worth, alone.worth)
    left = one if is_first_left else other
    assert counted_once([left, alone]) == (left, alone)
