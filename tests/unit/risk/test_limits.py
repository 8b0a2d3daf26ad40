"""A hundred orders at once cannot pass a limit together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.config.risk import RiskSettings
from engine.domain.fill import Side
from engine.domain.order_terms import OrderTerms
from engine.domain.report import Balances
from engine.domain.request import OrderIntent
from engine.domain.risk import Approved, Denied, RiskBook
from engine.domain.signal import SignalType
from engine.risk.book import open_symbols, used_budget
from engine.risk.context import Candidate, RiskContext, terms_of
from engine.risk.gate import assess
from engine.risk.instrument_rules import violations
from engine.risk.signals import build_intent
from tests.builders import NOW_MS, build_fill, build_instrument
from tests.unit.risk.contexts import (
    add_approved,
    build_balances,
    build_book,
    build_context,
    build_intent_of,
    build_signal,
    build_ticker,
)
from tests.unit.risk.drawn import cases, maybe

D = Decimal
SYMBOLS = tuple(f"{name}/USDT" for name in ("BTC", "ETH", "SOL", "XRP"))
RULES = {
    symbol: build_instrument(symbol=symbol, base=symbol.split("/")[0], exchange_symbol=symbol)
    for symbol in SYMBOLS
}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """One thing that somebody asks for at the same time as all the others."""

    symbol: str
    side: Side
    quantity: Decimal | None  # None: a signal's
    stop_price: Decimal | None
    is_filled: bool  # What becomes of it before the next is looked at
    signal_type: SignalType


def wishes() -> st.SearchStrategy[list[Wish]]:
    wish = st.builds(
        Wish,
        symbol=st.sampled_from(SYMBOLS),
        side=st.sampled_from(Side),
        quantity=maybe(st.integers(1, 300).map(lambda whole: D(whole).scaleb(-2))),
        stop_price=maybe(st.integers(50, 99).map(D)),
        is_filled=st.booleans(),
        signal_type=st.sampled_from(SignalType),
    )
    return st.lists(wish, min_size=20, max_size=100)


def ask(wish: Wish, book: RiskBook, balances: Balances, limits: RiskSettings) -> Approved | Denied:
    signal = build_signal(wish.signal_type, symbol=wish.symbol, stop_price=wish.stop_price)
    is_signal = wish.quantity is None
    intent = (
        build_intent(signal, "paper")
        if is_signal
        else build_intent_of(symbol=wish.symbol, side=wish.side, quantity=wish.quantity)
    )
    return assess(
        intent,
        build_context(
            instrument=RULES[wish.symbol],
            ticker=build_ticker(symbol=wish.symbol),
            balances=balances,
            book=book,
            settings=limits,
            signal=signal if is_signal else None,
            instruments=RULES,
        ),
    )


def fill(book: RiskBook, approved: Approved, number: int) -> RiskBook:
    """Return the book after the newest order traded in full and was not folded yet."""
    terms = approved.terms
    row = build_fill(
        trade_id=str(number),
        symbol=terms.symbol,
        side=terms.side,
        quantity=terms.quantity,
        executed_at_ms=NOW_MS + number,
    )
    rows = {**book.unfolded, terms.symbol: (*book.unfolded.get(terms.symbol, ()), row)}
    return replace(book, reservations=book.reservations[:-1], unfolded=rows)


@settings(max_examples=40)
@given(wishes(), st.integers(1, 4), st.integers(50, 2000))
def test_many_orders_together_pass_no_limit(
    asked: list[Wish], max_positions: int, free: int
) -> None:
    """Whatever the order of asking: positions, balance and the budget of signals hold."""
    limits = RiskSettings(max_positions=max_positions, default_budget=D(500))
    balances = build_balances({"USDT": str(free)})
    book, spent, by_signals = build_book(), D(0), True
    for number, wish in enumerate(asked):
        verdict = ask(wish, book, balances, limits)
        if isinstance(verdict, Denied):
            continue
        book = add_approved(book, verdict, f"auga1n{number}")
        by_signals = by_signals and wish.quantity is None
        assert verdict.reservation is not None
        if wish.is_filled:
            # The exchange's balances of the next look know of the trade
            spent += verdict.terms.side.sign * (verdict.terms.quantity or D(0)) * 100
            book = fill(book, verdict, number)
            balances = after_trade(balances, verdict.terms)
        ordered = sum(
            (one.quantity * one.price for one in book.reservations if one.side is Side.BUY), D(0)
        )
        assert len(open_symbols(book, RULES, {})) <= max_positions
        assert spent + ordered <= free
        assert not by_signals or used_budget(book) <= limits.default_budget


def after_trade(balances: Balances, terms: OrderTerms) -> Balances:
    """Return the balances after a trade of the whole order at 100."""
    base = terms.symbol.split("/")[0]
    quantity = terms.side.sign * (terms.quantity or D(0))
    free = {name: balance.free for name, balance in balances.assets.items()}
    free[base] = free.get(base, D(0)) + quantity
    free["USDT"] -= quantity * 100
    assert all(amount >= 0 for amount in free.values())
    return build_balances({name: str(amount) for name, amount in free.items()})


@settings(max_examples=200)
@given(cases())
def test_the_gate_never_raises_and_approves_only_what_the_exchange_takes(
    case: tuple[OrderIntent, RiskContext],
) -> None:
    """Any typed input gets a verdict, and what is approved keeps every rule of the market."""
    intent, context = case
    verdict = assess(intent, context)
    if isinstance(verdict, Denied):
        assert verdict.message.endswith(".")
        assert verdict.code
        return
    price = context.reference_price(verdict.terms.side)
    assert violations(verdict.terms, context.instrument, price) == ()
    assert verdict.reservation is not None
    assert verdict.reservation.quantity > 0
    if not Candidate(intent=intent, terms=terms_of(intent), context=context).needs_size:
        assert replace(verdict.terms, leverage=None) == terms_of(intent)
