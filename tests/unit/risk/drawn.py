"""What hypothesis draws: orders, accounts and markets, mostly sound, sometimes absurd."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from engine.config.risk import RiskSettings
from engine.domain.fill import Side
from engine.domain.order_terms import OrderType, TimeInForce
from engine.domain.request import OrderIntent
from engine.domain.risk import RiskBook
from engine.domain.signal import Signal, SignalType
from engine.domain.trading_state import TradingState
from engine.risk.context import RiskContext
from engine.risk.signals import build_intent
from tests.builders import NOW_MS, build_instrument
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
)

D = Decimal


def numbers(largest: int = 10**7, places: int = 5) -> st.SearchStrategy[Decimal]:
    """Numbers that people type: some on the step, some not, some absurd."""
    typed = st.integers(1, largest).map(lambda whole: D(whole).scaleb(-places))
    return typed | st.sampled_from([D("1e-18"), D("0.00001"), D(1), D("1e18")])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


def prices() -> st.SearchStrategy[Decimal]:
    return st.integers(1, 4000).map(lambda ticks: D(ticks * 5))


@st.composite
def sound_intents(draw: st.DrawFn, symbol: str) -> OrderIntent:
    """Orders that an exchange could take."""
    order_type = draw(st.sampled_from(OrderType))
    force = maybe(st.sampled_from(TimeInForce)) if order_type.has_price else st.none()
    return OrderIntent(
        account="paper",
        symbol=symbol,
        side=draw(st.sampled_from(Side)),
        order_type=order_type,
        quantity=draw(st.integers(1, 50).map(D)),
        price=draw(prices()) if order_type.has_price else None,
        trigger_price=draw(prices()) if order_type.has_trigger else None,
        time_in_force=draw(force),
        key="a-key",
    )


@st.composite
def intents(draw: st.DrawFn, symbol: str = SYMBOL) -> OrderIntent:
    """Any order that the types allow: a sound one, a signal's, or one with absurd fields."""
    kind = draw(st.sampled_from(["sound", "signal", "quote", "absurd"]))
    intent = draw(sound_intents(symbol))
    if kind == "signal":
        wanted = draw(st.sampled_from(SignalType))
        return build_intent(build_signal(wanted, symbol=symbol), "paper")
    if kind == "quote":
        amount = draw(numbers())
        return build_intent_of(
            symbol=symbol, side=intent.side, quantity=None, quote_quantity=amount
        )
    return replace(intent, **draw(absurdities())) if kind == "absurd" else intent


def absurdities() -> st.SearchStrategy[dict[str, Any]]:
    """One or two fields that need not fit the others."""
    fields: dict[str, st.SearchStrategy[Any]] = {
        "quantity": maybe(numbers()),
        "quote_quantity": maybe(numbers()),
        "price": maybe(numbers()),
        "trigger_price": maybe(numbers()),
        "time_in_force": maybe(st.sampled_from(TimeInForce)),
        "post_only": st.booleans(),
        "reduce_only": st.booleans(),
        "leverage": maybe(st.integers(-1, 200)),
        "signal_key": st.sampled_from(["", "s1"]),
    }
    names = st.lists(st.sampled_from(sorted(fields)), min_size=1, max_size=2, unique=True)
    return names.flatmap(lambda some: st.fixed_dictionaries({name: fields[name] for name in some}))


def mostly(usual: Any, *others: Any) -> st.SearchStrategy[Any]:
    """The usual value in most draws, so that the draws reach the later checks."""
    return st.sampled_from([usual] * 8 + list(others))


@st.composite
def books(draw: st.DrawFn, symbol: str) -> RiskBook:
    """Any state of an account: positions and unfinished orders of both sides."""
    held = st.integers(0, 20).map(lambda n: build_position(str(n), symbol=symbol))
    order = st.builds(
        build_reservation_of,
        symbol=st.just(symbol),
        side=st.sampled_from(Side),
        quantity=numbers(10**6),
        held_since_ms=maybe(st.just(NOW_MS)),
        reduces=st.booleans(),
    )
    return build_book(
        trading_state=draw(mostly(TradingState.ACTIVE, *TradingState)),
        positions=tuple(draw(st.lists(held, max_size=1))),
        reservations=tuple(draw(st.lists(order, max_size=2))),
    )


@st.composite
def contexts(draw: st.DrawFn, symbol: str) -> RiskContext:
    """Any account in any market that the types allow."""
    step = draw(mostly(D("0.00001"), D(0), D("0.1"), D(1)))
    return build_context(
        instrument=build_instrument(
            symbol=symbol,
            market_type="linear" if ":" in symbol else "spot",
            is_trading=draw(mostly(True, False)),
            quantity_step=step,
            market_quantity_step=draw(maybe(st.just(step * 10))),
            max_quantity=draw(mostly(None, D(3))),
            price_tick=draw(mostly(D("0.01"), D(0), D(7))),
        ),
        ticker=build_ticker(
            draw(mostly("100", "123.45", "0", "nan", "-3", "0.01", "1e18")), symbol
        ),
        balances=build_balances(draw(mostly({"USDT": "99999", "BTC": "30"}, {}, {"USDT": "500"}))),
        book=draw(books(symbol)),
        is_enabled=draw(mostly(True, False)),
        signal=draw(mostly(build_signal(symbol=symbol)) | signals(symbol)),
        settings=RiskSettings(require_stop=draw(st.booleans()), default_leverage=D(3)),
    )


def signals(symbol: str) -> st.SearchStrategy[Signal | None]:
    signal = st.builds(
        build_signal,
        st.sampled_from(SignalType),
        symbol=st.just(symbol),
        stop_price=maybe(numbers()),
        valid_until_ms=mostly(0, NOW_MS, NOW_MS - 1),
    )
    return maybe(signal)


def cases() -> st.SearchStrategy[tuple[OrderIntent, RiskContext]]:
    symbols = mostly("BTC/USDT", "BTC/USDT:USDT")
    return symbols.flatmap(lambda symbol: st.tuples(intents(symbol), contexts(symbol)))
