"""Every check by one case that it denies and one that it lets through."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.config.risk import RiskSettings
from engine.domain.fill import Side
from engine.domain.marks import Marks
from engine.domain.order_terms import OrderType
from engine.domain.report import Ticker
from engine.domain.risk import Approved, Denied
from engine.domain.signal import SignalType
from engine.domain.trading_state import TradingState
from engine.risk.codes import DenialCode
from engine.risk.gate import assess
from tests.builders import NOW_MS, build_fill, build_instrument
from tests.unit.risk.contexts import (
    SYMBOL,
    build_balances,
    build_book,
    build_context,
    build_intent_of,
    build_position,
    build_reservation_of,
    build_signal,
    build_ticker,
    signal_case,
)

D = Decimal
LONG = build_position("2")
HELD = {"BTC": "2", "USDT": "10000"}


def code_of(intent: Any, context: Any) -> str:
    """Return the code of the denial, or "approved"."""
    verdict = assess(intent, context)
    return verdict.code if isinstance(verdict, Denied) else "approved"


def test_a_sound_order_is_approved_as_it_was_asked_for() -> None:
    """Explicit quantities are never resized, and what they may cost is reserved with its collar."""
    verdict = assess(build_intent_of(), build_context())
    assert isinstance(verdict, Approved)
    assert verdict.terms.quantity == D(1)
    assert verdict.reservation is not None
    assert verdict.reservation.quantity == D(1)
    assert verdict.reservation.price == D(102)  # 100 and the collar of 2 %
    assert verdict.leverage == 1


def test_a_disabled_account_takes_no_order() -> None:
    """enabled: false is watched and cancellable, not tradable."""
    assert code_of(build_intent_of(), build_context(is_enabled=False)) == "ACCOUNT_DISABLED"


def test_a_halted_account_takes_no_order_that_reduces_either() -> None:
    """Halt stops everything; only cancels pass, and those are no orders."""
    book = build_book(trading_state=TradingState.HALTED, positions=(LONG,))
    intent = build_intent_of(side=Side.SELL)
    context = build_context(book=book, balances=build_balances(HELD))
    assert code_of(intent, context) == "HALTED"


@pytest.mark.parametrize(
    ("side", "quantity", "pending", "expected"),
    [
        (Side.SELL, "2", (), "approved"),
        (Side.SELL, "2.00001", (), "REDUCING_ONLY"),  # More than is held
        (Side.BUY, "1", (), "REDUCING_ONLY"),  # Adds to it
        # 1.5 are already being sold: 0.5 are left
        (Side.SELL, "0.5", ("1.5",), "approved"),
        (Side.SELL, "0.6", ("1.5",), "REDUCING_ONLY"),
    ],
)
def test_while_reducing_only_what_is_left_of_the_position_can_be_sold(
    side: Side, quantity: str, pending: tuple[str, ...], expected: str
) -> None:
    """An order opposes the position and does not exceed it together with the others."""
    held_since_ms = NOW_MS - 1
    orders = tuple(
        build_reservation_of(side=Side.SELL, quantity=D(one), held_since_ms=held_since_ms)
        for one in pending
    )
    book = build_book(trading_state=TradingState.REDUCING, positions=(LONG,), reservations=orders)
    context = build_context(book=book, balances=build_balances(HELD))
    assert code_of(build_intent_of(side=side, quantity=D(quantity)), context) == expected


def test_a_signal_must_be_known() -> None:
    """An order that names a signal is checked against that signal, not another."""
    intent, context = signal_case()
    assert code_of(intent, replace(context, signal=None)) == "UNKNOWN_SIGNAL"
    other = build_signal(key="s2")
    assert code_of(intent, replace(context, signal=other)) == "UNKNOWN_SIGNAL"
    elsewhere = build_signal(symbol="ETH/USDT")
    assert code_of(intent, replace(context, signal=elsewhere)) == "UNKNOWN_SIGNAL"


@pytest.mark.parametrize(("age_ms", "expected"), [(0, "approved"), (1, "STALE_SIGNAL")])
def test_a_signal_counts_up_to_its_last_moment(age_ms: int, expected: str) -> None:
    """A late signal would be traded at a price that it never saw."""
    intent, context = signal_case()
    signal = build_signal(valid_until_ms=NOW_MS)
    assert code_of(intent, replace(context, signal=signal, now_ms=NOW_MS + age_ms)) == expected


@pytest.mark.parametrize(
    ("signal_type", "quantity", "expected"),
    [
        (SignalType.LONG, "0", "approved"),
        (SignalType.LONG, "2", "ALREADY_LONG"),
        (SignalType.LONG, "0.04", "approved"),  # Worth 4: dust, so the position is flat
        (SignalType.SHORT, "0", "SHORT_NOT_POSSIBLE"),
        (SignalType.SHORT, "2", "approved"),  # On spot it closes
        (SignalType.CLOSE, "0", "ALREADY_FLAT"),
        (SignalType.CLOSE, "0.04", "ALREADY_FLAT"),
        (SignalType.CLOSE, "2", "approved"),
    ],
)
def test_a_signal_fits_the_position(signal_type: SignalType, quantity: str, expected: str) -> None:
    """FLAT, LONG and dust against each kind of signal."""
    book = build_book(positions=(build_position(quantity),))
    intent, context = signal_case(
        signal_type, book=book, balances=build_balances({"BTC": quantity, "USDT": "10000"})
    )
    assert code_of(intent, context) == expected


def test_dust_is_named() -> None:
    """A person reads how little is left, not only that it does not count."""
    book = build_book(positions=(build_position("0.04"),))
    verdict = assess(*signal_case(SignalType.CLOSE, book=book))
    assert isinstance(verdict, Denied)
    assert "0.04 BTC" in verdict.message
    assert verdict.numbers == (("net_quantity", "0.04"),)


def test_a_trade_that_is_not_folded_yet_counts() -> None:
    """Between fill and fold nothing slips through: the bought coins are a position."""
    book = build_book(unfolded={SYMBOL: (build_fill(quantity=D(2)),)})
    assert code_of(*signal_case(book=book)) == "ALREADY_LONG"


def test_a_second_entry_waits_for_the_first() -> None:
    """Two signals at once must not buy twice; one settled order later the next is judged anew."""
    book = build_book(reservations=(build_reservation_of(),))
    assert code_of(*signal_case(book=book)) == "ENTRY_PENDING"


def test_a_second_exit_has_nothing_left_to_sell() -> None:
    """Two CLOSE at once sell the position once."""
    pending = build_reservation_of(side=Side.SELL, quantity=D(2))
    book = build_book(positions=(LONG,), reservations=(pending,))
    intent, context = signal_case(SignalType.CLOSE, book=book, balances=build_balances(HELD))
    assert code_of(intent, context) == "EXIT_PENDING"


def test_a_required_stop_must_be_there_and_on_its_side() -> None:
    """Sizing by risk divides by the distance to the stop."""
    settings = RiskSettings(require_stop=True)
    assert code_of(*signal_case(settings=settings)) == "NO_STOP"
    assert code_of(*signal_case(stop_price="90", settings=settings)) == "approved"
    assert code_of(*signal_case(stop_price="100")) == "STOP_ON_WRONG_SIDE"
    assert code_of(*signal_case(stop_price="110")) == "STOP_ON_WRONG_SIDE"


def test_an_exit_needs_no_stop() -> None:
    """Closing a position must never be refused for want of a stop."""
    book = build_book(positions=(LONG,))
    intent, context = signal_case(
        SignalType.CLOSE,
        book=book,
        balances=build_balances(HELD),
        settings=RiskSettings(require_stop=True),
    )
    assert code_of(intent, context) == "approved"


@pytest.mark.parametrize("price", ["0", "-1", "nan", "inf"])
def test_an_empty_market_denies_what_needs_a_price(price: str) -> None:
    """A limit order carries its own price; a market order has none."""
    ticker = Ticker(symbol=SYMBOL, bid=D(price), ask=D(price), last=D(100), at_ms=NOW_MS)
    context = build_context(ticker=ticker)
    assert code_of(build_intent_of(), context) == "NO_PRICE"
    limit = build_intent_of(order_type=OrderType.LIMIT, price=D(90))
    assert code_of(limit, context) == "approved"


def test_another_symbol_s_rules_are_never_used() -> None:
    """A wrong instrument or ticker is our own mistake; it must not place an order."""
    eth = build_instrument(symbol="ETH/USDT", base="ETH")
    assert code_of(build_intent_of(), build_context(instrument=eth)) == "SYMBOL_MISMATCH"
    ticker = build_ticker(symbol="ETH/USDT")
    assert code_of(build_intent_of(), build_context(ticker=ticker)) == "SYMBOL_MISMATCH"


@pytest.mark.parametrize(
    ("side", "quantity", "expected"),
    [
        (Side.SELL, "2", "approved"),
        (Side.SELL, "3", "NOT_REDUCING"),
        (Side.BUY, "1", "NOT_REDUCING"),
    ],
)
def test_reduce_only_never_opens(side: Side, quantity: str, expected: str) -> None:
    """Spot exchanges have no such flag, so we keep the promise ourselves."""
    context = build_context(
        book=build_book(positions=(LONG,)), balances=build_balances({"BTC": "5", "USDT": "9999"})
    )
    intent = build_intent_of(side=side, quantity=D(quantity), reduce_only=True)
    assert code_of(intent, context) == expected


def test_pending_entries_count_as_positions() -> None:
    """Two open, one ordered: with a limit of three, a fourth symbol is too many."""
    positions = tuple(build_position("1", symbol=f"{name}/USDT") for name in ("ETH", "SOL"))
    pending = build_reservation_of(symbol="XRP/USDT")
    book = build_book(positions=positions, reservations=(pending,))
    three = build_context(book=book, settings=RiskSettings(max_positions=3))
    assert code_of(build_intent_of(), three) == "TOO_MANY_POSITIONS"
    four = build_context(book=book, settings=RiskSettings(max_positions=4))
    assert code_of(build_intent_of(), four) == "approved"


def test_dust_of_another_symbol_is_no_position() -> None:
    """What a fee in coins leaves behind after each exit must not use up the limit."""
    dust = build_position("0.000001", symbol="ETH/USDT")
    eth = build_instrument(symbol="ETH/USDT", base="ETH")
    context = build_context(
        book=build_book(positions=(dust,)),
        settings=RiskSettings(max_positions=1),
        instruments={"ETH/USDT": eth},
    )
    assert code_of(build_intent_of(), context) == "approved"


@pytest.mark.parametrize(
    ("quantity", "price", "expected"),
    [
        ("0.04", None, "approved"),  # Bought at 100: worth 4, and 5 is the smallest order
        ("0.06", None, "TOO_MANY_POSITIONS"),
        ("0.04", "200", "TOO_MANY_POSITIONS"),  # The market's price is better known
        ("0.06", "80", "approved"),
    ],
)
def test_what_is_worth_too_little_to_be_sold_is_no_position(
    quantity: str, price: str | None, expected: str
) -> None:
    """Nobody could close it, so it must not keep a place."""
    eth = build_instrument(symbol="ETH/USDT", base="ETH", min_notional=D(5))
    context = build_context(
        book=build_book(positions=(build_position(quantity, symbol="ETH/USDT"),)),
        settings=RiskSettings(max_positions=1),
        instruments={"ETH/USDT": eth},
        marks=Marks(prices={"ETH/USDT": D(price)} if price else {}),
    )
    assert code_of(build_intent_of(), context) == expected


def test_selling_is_never_too_many_positions() -> None:
    """At the limit, the way out stays open."""
    positions = tuple(build_position("1", symbol=f"{name}/USDT") for name in ("BTC", "SOL"))
    context = build_context(
        book=build_book(positions=positions),
        balances=build_balances(HELD),
        settings=RiskSettings(max_positions=1),
    )
    assert code_of(build_intent_of(side=Side.SELL), context) == "approved"


@pytest.mark.parametrize(
    ("changes", "free", "expected"),
    [
        ({}, {"USDT": "102"}, "approved"),  # 1 * 100 and the collar of 2 %
        ({}, {"USDT": "101.99"}, "INSUFFICIENT_BALANCE"),
        ({"quantity": None, "quote_quantity": D(50)}, {"USDT": "50"}, "approved"),
        ({"quantity": None, "quote_quantity": D(50)}, {"USDT": "49"}, "INSUFFICIENT_BALANCE"),
        ({"order_type": OrderType.LIMIT, "price": D(99)}, {"USDT": "99"}, "approved"),
        ({"order_type": OrderType.STOP, "trigger_price": D(200)}, {"USDT": "204"}, "approved"),
        (
            {"order_type": OrderType.STOP, "trigger_price": D(200)},
            {"USDT": "203"},
            "INSUFFICIENT_BALANCE",
        ),
        ({"side": Side.SELL}, {"BTC": "1"}, "approved"),
        ({"side": Side.SELL}, {"BTC": "0.9"}, "INSUFFICIENT_BALANCE"),
        ({"side": Side.SELL}, {}, "INSUFFICIENT_BALANCE"),
    ],
)
def test_the_free_balance_covers_the_order(
    changes: dict[str, Any], free: dict[str, str], expected: str
) -> None:
    """Each kind of order against just enough and just too little."""
    context = build_context(balances=build_balances(free))
    assert code_of(build_intent_of(**changes), context) == expected


def test_what_the_exchange_holds_is_not_counted_twice() -> None:
    """`free` excludes accepted orders already; only what it cannot show yet is taken off."""
    balances = build_balances({"USDT": "102"})
    for held_since_ms, expected in (
        (None, "INSUFFICIENT_BALANCE"),  # Not sent, or in doubt
        (NOW_MS + 1, "INSUFFICIENT_BALANCE"),  # Accepted after these balances
        (NOW_MS, "approved"),
    ):
        order = build_reservation_of(symbol="ETH/USDT", held_since_ms=held_since_ms)
        context = build_context(balances=balances, book=build_book(reservations=(order,)))
        assert code_of(build_intent_of(), context) == expected


def test_every_code_has_its_sentence() -> None:
    """The table of the documentation is made of these."""
    assert all(code.sentence.endswith(".") for code in DenialCode)
    assert all(code.value == code.name for code in DenialCode)
