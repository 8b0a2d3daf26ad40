"""How large a signal's order is: the arithmetic, and what it never passes."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.risk import RiskSettings
from engine.domain.decimals import EXACT, plain
from engine.domain.fill import Side
from engine.domain.risk import Approved, Denied
from engine.domain.signal import SignalType
from engine.risk.gate import assess
from tests.builders import build_instrument
from tests.unit.risk.contexts import (
    build_balances,
    build_book,
    build_position,
    build_reservation_of,
    build_ticker,
    signal_case,
)

D = Decimal
#: The owner's example, without leverage: 500, 2 % a trade, five positions, so 100 for each.
LIMITS = RiskSettings(default_budget=D(500), max_risk_per_trade=D("0.02"), max_positions=5)


def size_of(**changes: object) -> str:
    """Return the sized quantity, or the code of the denial."""
    verdict = assess(*signal_case(**{"settings": LIMITS} | changes))  # type: ignore[arg-type]
    return verdict.code if isinstance(verdict, Denied) else plain(verdict.terms.quantity or D(0))


@pytest.mark.parametrize(
    ("stop_price", "expected"),
    [
        # Without a stop: a fifth of 500 is 100; at 100 and the collar of 2 %: 100 / 102 = 0.98039…
        (None, "0.98039"),
        # 2 % of 500 is 10 to lose; down to 80 that is 20 each: 10 / 20
        ("80", "0.5"),
        # Down to 99.9 risk alone would allow 10 / 0.1 = 100 coins; the share holds
        ("99.9", "0.98039"),
        # Down to 1: 10 / 99 = 0.10101…
        ("1", "0.10101"),
    ],
)
def test_hand_worked_sizes(stop_price: str | None, expected: str) -> None:
    """By risk where there is a stop, by budget share where there is none."""
    assert size_of(stop_price=stop_price) == expected


def test_the_balance_bounds_the_size() -> None:
    """51 free, 102 each at worst: half a coin."""
    assert size_of(balances=build_balances({"USDT": "51"})) == "0.5"


def test_what_is_used_of_the_budget_bounds_the_size() -> None:
    """A position that cost 470 leaves 30: 30 / 102 = 0.29411…"""
    book = build_book(positions=(build_position("4", "470", symbol="ETH/USDT"),))
    assert size_of(book=book) == "0.29411"


def test_a_used_budget_is_a_denial() -> None:
    """Orders that are not filled yet use it as well."""
    pending = build_reservation_of(symbol="ETH/USDT", quantity=D(5))
    assert size_of(book=build_book(reservations=(pending,))) == "BUDGET_USED"


def test_the_largest_order_bounds_the_size() -> None:
    """An exchange's own maximum for market orders holds."""
    assert size_of(instrument=build_instrument(market_max_quantity=D("0.3"))) == "0.3"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"instrument": build_instrument(min_notional=D(200))}, "SIZE_TOO_SMALL"),
        ({"instrument": build_instrument(min_quantity=D(1))}, "SIZE_TOO_SMALL"),
        ({"instrument": build_instrument(quantity_step=D(1))}, "SIZE_TOO_SMALL"),
        ({"balances": build_balances({"USDT": "4"})}, "INSUFFICIENT_BALANCE"),
        ({"balances": build_balances({})}, "INSUFFICIENT_BALANCE"),
    ],
)
def test_a_size_below_the_minimum_is_a_denial(changes: dict[str, object], expected: str) -> None:
    """It is never rounded up: that would risk more than was allowed."""
    assert size_of(**changes) == expected


@pytest.mark.parametrize("signal_type", [SignalType.CLOSE, SignalType.SHORT])
@pytest.mark.parametrize(
    ("held", "free", "expected"),
    [
        ("2", "2", "2"),
        ("1.998001", "1.998001", "1.998"),  # Rounded down: the rest stays as dust
        ("2", "1.5", "1.5"),  # Something that we do not know of locks the rest
        ("2", "2.7", "2"),  # What is not in the ledger is not ours to sell
        ("2", "0.00001", "INSUFFICIENT_BALANCE"),
    ],
)
def test_an_exit_sells_the_whole_free_position(
    signal_type: SignalType, held: str, free: str, expected: str
) -> None:
    """Neither budget nor risk bounds the way out."""
    assert (
        size_of(
            signal_type=signal_type,
            book=build_book(positions=(build_position(held),)),
            balances=build_balances({"BTC": free}),
        )
        == expected
    )


def test_an_exit_leaves_alone_what_is_being_sold() -> None:
    """1.5 of 2 are on their way out: 0.5 are left to close."""
    pending = build_reservation_of(side=Side.SELL, quantity=D("1.5"))
    book = build_book(positions=(build_position("2"),), reservations=(pending,))
    balances = build_balances({"BTC": "2"})
    assert size_of(signal_type=SignalType.CLOSE, book=book, balances=balances) == "0.5"


@given(
    price=st.integers(1, 10**7),
    stop=st.none() | st.integers(1, 10**7),
    budget=st.integers(1, 10**6),
    risk=st.integers(1, 1000),
    free=st.integers(0, 10**6),
    used=st.integers(0, 1000),
    positions=st.integers(1, 20),
)
def test_a_size_passes_neither_risk_nor_share_nor_budget_nor_balance(
    price: int, stop: int | None, budget: int, risk: int, free: int, used: int, positions: int
) -> None:
    """At the worst price that is counted with, every bound holds exactly."""
    limits = RiskSettings(
        default_budget=D(budget), max_risk_per_trade=D(risk) / 1000, max_positions=positions
    )
    at, below = D(price).scaleb(-2), None if stop is None else D(stop).scaleb(-2)
    book = build_book(positions=(build_position("1", str(used), symbol="ETH/USDT"),))
    intent, context = signal_case(
        stop_price=None if below is None else str(below),
        settings=limits,
        ticker=build_ticker(str(at)),
        balances=build_balances({"USDT": str(free)}),
        book=book,
    )
    verdict = assess(intent, context)
    if not isinstance(verdict, Approved):
        return
    quantity = verdict.terms.quantity
    assert quantity is not None
    with localcontext(EXACT):
        worst = quantity * at * (1 + limits.market_order_collar)
        assert worst <= D(free)
        assert worst * positions <= limits.default_budget
        assert worst + used <= limits.default_budget
        if below is not None:
            assert quantity * (at - below) <= limits.default_budget * limits.max_risk_per_trade


def test_leverage_counts_on_derivatives_only() -> None:
    """Three times the share where the market lends; spot has none to lend."""
    limits = RiskSettings(default_budget=D(500), max_positions=5, default_leverage=D(3))
    assert size_of(settings=limits) == "0.98039"
    symbol = "BTC/USDT:USDT"
    linear = build_instrument(symbol=symbol, market_type="linear")
    intent, context = signal_case(settings=limits, instrument=linear)
    assert context.signal is not None
    swapped = replace(
        context, signal=replace(context.signal, symbol=symbol), ticker=build_ticker(symbol=symbol)
    )
    verdict = assess(replace(intent, symbol=symbol), swapped)
    assert isinstance(verdict, Approved)
    assert str(verdict.terms.quantity) == "2.94117"  # 3 * 100 / 102
    assert verdict.leverage == 3
