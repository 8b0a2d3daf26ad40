"""The limits that an owner sets, each by what it denies and by what it lets through."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.risk import RiskSettings
from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.marks import Marks
from engine.domain.order_terms import OrderType
from engine.domain.risk import Approved, Rejection
from engine.risk.context import RiskContext
from engine.risk.exposure import gross_exposure, measure
from engine.risk.gate import assess
from tests.builders import NOW_MS, build_instrument
from tests.unit.risk.contexts import (
    add_approved,
    build_balances,
    build_book,
    build_context,
    build_intent_of,
    build_position,
    build_reservation_of,
    build_ticker,
    signal_case,
)
from tests.unit.risk.test_gate import code_of

D = Decimal
SELL, LIMIT = Side.SELL, OrderType.LIMIT
PERPETUAL = "BTC/USDT:USDT"


def limited(**changes: Any) -> RiskContext:
    """Return a context with these settings; names of a context's own fields go there."""
    own = {name: changes.pop(name) for name in list(changes) if name in RiskContext.__annotations__}
    return build_context(settings=RiskSettings(**changes), **own)


def contracts(**changes: Any) -> RiskContext:
    """Return the context of a perpetual whose contract is a tenth of a coin."""
    rules = build_instrument(symbol=PERPETUAL, market_type="linear", contract_size=D("0.1"))
    return limited(instrument=rules, ticker=build_ticker(symbol=PERPETUAL), **changes)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, "approved"),  # 102 with its collar, exactly
        ({"quantity": D("1.00001")}, "ORDER_TOO_LARGE"),
        ({"order_type": LIMIT, "price": D(102)}, "approved"),
        ({"order_type": LIMIT, "price": D("102.01")}, "ORDER_TOO_LARGE"),
        ({"quantity": None, "quote_quantity": D(102)}, "approved"),
        ({"quantity": None, "quote_quantity": D(103)}, "ORDER_TOO_LARGE"),
        ({"side": SELL, "quantity": D(2)}, "approved"),  # A spot sale only shrinks
    ],
)
def test_one_order_is_worth_no_more_than_the_limit(changes: dict[str, Any], expected: str) -> None:
    """At the worst price that is reserved; exits pass whatever they are worth."""
    context = limited(
        max_order_notional=D(102), balances=build_balances({"USDT": "9999", "BTC": "2"})
    )
    assert code_of(build_intent_of(**changes), context) == expected


def test_a_contract_counts_with_its_size() -> None:
    """Ten contracts of a tenth of a coin are worth one coin."""
    intent = build_intent_of(symbol=PERPETUAL, quantity=D(10))
    assert code_of(intent, contracts(max_order_notional=D(102))) == "approved"
    assert code_of(intent, contracts(max_order_notional=D("101.99"))) == "ORDER_TOO_LARGE"
    assert code_of(intent, contracts(max_symbol_exposure=D(102))) == "approved"
    assert code_of(intent, contracts(max_symbol_exposure=D("101.99"))) == "SYMBOL_EXPOSURE"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"price": D(110)}, "approved"),
        ({"price": D("110.01")}, "PRICE_COLLAR"),
        ({"price": D(10)}, "approved"),  # Far, and on the side that costs nothing
        ({"side": SELL, "price": D(90)}, "approved"),
        ({"side": SELL, "price": D("89.99")}, "PRICE_COLLAR"),
        ({"side": SELL, "price": D(500)}, "approved"),
        (
            {"order_type": OrderType.STOP_LIMIT, "trigger_price": D(200), "price": D(220)},
            "approved",
        ),
        (
            {"order_type": OrderType.STOP_LIMIT, "trigger_price": D(200), "price": D(221)},
            "PRICE_COLLAR",
        ),
    ],
)
def test_a_limit_price_gives_away_no_more_than_the_collar(
    changes: dict[str, Any], expected: str
) -> None:
    """Against the market; with a trigger, against that."""
    context = limited(price_collar=D("0.1"), balances=build_balances({"USDT": "9999", "BTC": "2"}))
    assert code_of(build_intent_of(**{"order_type": LIMIT} | changes), context) == expected


def test_a_collar_without_a_price_denies() -> None:
    """Nobody can tell how far the limit is."""
    context = limited(price_collar=D("0.1"), ticker=build_ticker("0"))
    assert code_of(build_intent_of(order_type=LIMIT, price=D(100)), context) == "NO_PRICE"


def test_leverage_has_the_accounts_own_limit() -> None:
    """On spot there is none; what only shrinks a position uses none."""
    intent = build_intent_of(symbol=PERPETUAL, quantity=D(1), leverage=6)
    assert code_of(intent, contracts(max_leverage=D(5))) == "LEVERAGE_ABOVE_LIMIT"
    assert code_of(replace(intent, leverage=5), contracts(max_leverage=D(5))) == "approved"
    assert code_of(build_intent_of(leverage=6), limited(max_leverage=D(5))) == "approved"
    short = build_book(positions=(build_position("-1", symbol=PERPETUAL),))
    assert code_of(intent, contracts(max_leverage=D(5), book=short)) == "approved"


@pytest.mark.parametrize(
    ("held", "pending", "limit", "expected"),
    [
        ("0", (), "102", "approved"),
        ("0", (), "101.99", "SYMBOL_EXPOSURE"),
        ("3", (), "402", "approved"),
        ("3", (), "401.99", "SYMBOL_EXPOSURE"),
        ("3", ({"quantity": D(2), "price": D(90)},), "582", "approved"),
        ("3", ({"quantity": D(2), "price": D(90)},), "581.99", "SYMBOL_EXPOSURE"),
        ("3", ({"side": SELL, "quantity": D(3)},), "402", "approved"),  # It may not fill
        ("3", ({"side": SELL, "quantity": D(3)},), "401.99", "SYMBOL_EXPOSURE"),
    ],
)
def test_a_symbol_comes_to_no_more_than_its_limit(
    held: str, pending: tuple[dict[str, Any], ...], limit: str, expected: str
) -> None:
    """Held at the price of now, ordered at the price that was reserved, by hand."""
    book = build_book(
        positions=(build_position(held),),
        reservations=tuple(build_reservation_of(**one) for one in pending),
    )
    context = limited(max_symbol_exposure=D(limit), book=book)
    assert code_of(build_intent_of(), context) == expected


def test_coins_that_wait_for_a_dear_price_are_no_short() -> None:
    """3 coins worth 300 whose sale waits at 400: the symbol cannot come to more than 300."""
    waiting = build_reservation_of(side=SELL, quantity=D(3), price=D(400))
    book = build_book(positions=(build_position("3"),), reservations=(waiting,))
    assert code_of(build_intent_of(), limited(max_symbol_exposure=D(402), book=book)) == "approved"


def test_a_cheap_limit_to_sell_is_worth_what_the_market_pays() -> None:
    """A contract sold at 90 or better, while 100 is paid, opens a short of 10."""
    intent = build_intent_of(
        symbol=PERPETUAL, side=SELL, order_type=LIMIT, price=D(90), quantity=D(1)
    )
    for limit, expected in ((D(10), "approved"), (D("9.99"), "GROSS_EXPOSURE")):
        assert code_of(intent, contracts(max_gross_exposure=limit)) == expected
    assert code_of(intent, contracts(max_order_notional=D("9.99"))) == "ORDER_TOO_LARGE"


def test_the_way_from_short_to_long_counts_both_ends() -> None:
    """-3 and a purchase of 5 come to 2; the short of 3 stays the larger until it fills."""
    book = build_book(positions=(build_position("-3", symbol=PERPETUAL),))
    intent = build_intent_of(symbol=PERPETUAL, quantity=D(5))
    assert code_of(intent, contracts(max_symbol_exposure=D(30), book=book)) == "approved"
    assert code_of(intent, contracts(max_symbol_exposure=D(29), book=book)) == "SYMBOL_EXPOSURE"


def test_both_positions_of_hedge_mode_count_for_their_market() -> None:
    """A long of 3 and a short of 2 are 50 with contracts of a tenth; a purchase adds 10.2."""
    held = tuple(
        build_position(quantity, symbol=f"{PERPETUAL}#{side}")
        for side, quantity in (("LONG", "3"), ("SHORT", "-2"))
    )
    intent = build_intent_of(
        symbol=PERPETUAL, quantity=D(1), position_side=PositionSide.LONG, leverage=1
    )
    for limit, expected in (("60.2", "approved"), ("60.19", "SYMBOL_EXPOSURE")):
        context = contracts(
            max_symbol_exposure=D(limit),
            book=build_book(positions=held),
            position_side=PositionSide.LONG,
            marks=Marks(prices={PERPETUAL: D(100)}),
        )
        assert code_of(intent, context) == expected


def test_all_symbols_together_come_to_no_more_than_the_limit() -> None:
    """Long and short are added; other symbols count at the price that was seen last."""
    book = build_book(
        positions=(build_position("2", symbol="ETH/USDT"),),
        reservations=(build_reservation_of(symbol="SOL/USDT", price=D(50)),),
    )
    marks = Marks(prices={"ETH/USDT": D(300)})
    for limit, expected in (("752", "approved"), ("751.99", "GROSS_EXPOSURE")):  # 600 + 50 + 102
        context = limited(max_gross_exposure=D(limit), book=book, marks=marks)
        assert code_of(build_intent_of(), context) == expected


def test_another_quote_currency_is_converted() -> None:
    """ETH/BTC at 0.05 with BTC at 20000: one is worth a thousand."""
    book = build_book(positions=(build_position("2", "0.1", symbol="ETH/BTC"),))
    prices = {"ETH/BTC": D("0.05"), "BTC/USDT": D(20000)}
    for limit, expected in (("2102", "approved"), ("2101.99", "GROSS_EXPOSURE")):
        context = limited(max_gross_exposure=D(limit), book=book, marks=Marks(prices=prices))
        assert code_of(build_intent_of(), context) == expected
    unknown = limited(max_gross_exposure=D(9999), book=book, marks=Marks(prices={}))
    assert code_of(build_intent_of(), unknown) == "NO_PRICE"


def test_a_signal_is_sized_into_what_the_limits_leave() -> None:
    """A limit makes its order smaller before it denies it."""
    book = build_book(positions=(build_position("1", symbol="ETH/USDT"),))
    marks = Marks(prices={"ETH/USDT": D(100)})
    for limits, size in (
        ({"max_order_notional": D(51)}, D("0.5")),
        ({"max_symbol_exposure": D(51)}, D("0.5")),
        ({"max_gross_exposure": D(151)}, D("0.5")),
    ):
        intent, context = signal_case(settings=RiskSettings(**limits), book=book, marks=marks)
        verdict = assess(intent, context)
        assert isinstance(verdict, Approved)
        assert verdict.terms.quantity == size
    full = RiskSettings(max_gross_exposure=D(100))
    assert code_of(*signal_case(settings=full, book=book, marks=marks)) == "GROSS_EXPOSURE"


def test_a_minute_has_no_more_orders_than_the_limit() -> None:
    """Orders that shrink a position pass: a limit must never keep anybody in one."""
    book = build_book(orders_in_minute=3, positions=(build_position("1"),))
    balances = build_balances({"USDT": "9999", "BTC": "1"})
    for limit, expected in ((4, "approved"), (3, "ORDER_RATE")):
        context = limited(max_orders_per_minute=limit, book=book, balances=balances)
        assert code_of(build_intent_of(), context) == expected
        assert code_of(build_intent_of(side=SELL), context) == "approved"


def refused(code: str, age_ms: int = 0, symbol: str = "BTC/USDT") -> Rejection:
    return Rejection(symbol=symbol, code=code, at_ms=NOW_MS - age_ms)


@pytest.mark.parametrize(
    ("rejections", "expected"),
    [
        ([refused("-1"), refused("-1")], "REPEATED_REJECTIONS"),
        ([refused("-1"), refused("-2")], "approved"),  # Not identical
        ([refused("-1"), refused("-1", symbol="ETH/USDT")], "approved"),
        ([refused("-1"), refused("-1", age_ms=59_999)], "REPEATED_REJECTIONS"),
        ([refused("-1"), refused("-1", age_ms=60_000)], "approved"),
    ],
)
def test_the_same_refusal_again_and_again_ends_it(
    rejections: list[Rejection], expected: str
) -> None:
    """In one symbol, for one reason, within the window."""
    book = build_book(rejections=tuple(rejections), read_at_ms=NOW_MS)
    context = limited(max_rejections=2, rejection_window_ms=60_000, book=book)
    assert code_of(build_intent_of(), context) == expected


@settings(max_examples=30)
@given(
    st.lists(
        st.tuples(st.sampled_from(["BTC/USDT", "ETH/USDT"]), st.integers(1, 300), st.booleans()),
        min_size=10,
        max_size=60,
    )
)
def test_many_orders_together_pass_no_exposure(wishes: list[tuple[str, int, bool]]) -> None:
    """Whatever the order of asking, each counts for the next."""
    limits = RiskSettings(max_symbol_exposure=D(400), max_gross_exposure=D(600))
    book = build_book()
    for number, (symbol, hundredths, is_sale) in enumerate(wishes):
        context = build_context(
            instrument=build_instrument(symbol=symbol, base=symbol.split("/")[0]),
            ticker=build_ticker(symbol=symbol),
            balances=build_balances({"USDT": "9999", "BTC": "1", "ETH": "1"}),
            settings=limits,
            book=book,
        )
        side = SELL if is_sale else Side.BUY
        verdict = assess(
            build_intent_of(symbol=symbol, side=side, quantity=D(hundredths).scaleb(-2)), context
        )
        if isinstance(verdict, Approved) and verdict.reservation and not is_sale:
            book = add_approved(book, verdict, f"auga1n{number}")
        worths = measure(context, book, side)
        assert gross_exposure(worths) <= D(600)
        assert all(worth is None or worth.exposure <= D(400) for worth in worths.values())
