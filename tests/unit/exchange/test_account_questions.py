"""Balances that processes share: whatever was accepted when, no spent money looks free."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.fill import Side
from engine.domain.lanes import Lane
from engine.domain.report import Balances
from engine.domain.risk import Reservation, RiskBook
from engine.domain.trading_state import TradingState
from engine.errors import IdentityConflict
from engine.exchange.abilities import BINANCE_SPOT
from engine.exchange.account_questions import AccountQuestions
from engine.exchange.binance.spot import BinanceSpot
from engine.exchange.dialect import Request
from engine.ports import Answer
from engine.risk.balance import available
from engine.system import SystemClock
from tests.builders import IDENTITY

FUNDS = Decimal(1_000)
BEGIN_MS = 1_800_000_000_000


class Kept:
    """The port SharedAnswers with one place; what is kept comes as another process gets it."""

    def __init__(self) -> None:
        self.answer: Answer[Balances] | None = None

    def obtain(
        self,
        name: str,
        ask: Callable[[], Answer[Balances]],
        *,
        asker: str,
        max_age_ms: int,
        as_of_ms: int = 0,
    ) -> Answer[Balances]:
        if self.answer is None or max_age_ms == 0:
            self.answer = ask()
            return self.answer
        return replace(self.answer, age_ms=1, is_stored=True)

    def drop(self, name: str) -> None:
        self.answer = None


@dataclass(frozen=True)
class Accepted:
    """An order that rests on the exchange and holds its cost there."""

    at_ms: int
    cost: Decimal
    is_known: bool  # We have heard that it was accepted


def questions(account: dict[str, Any], certain_ms: int) -> AccountQuestions:
    def ask(request: Request, lane: Lane, what: str, read: Callable[[Any], Any]) -> Any:
        return read(account)

    return AccountQuestions(
        account="paper",
        abilities=replace(BINANCE_SPOT, venue="paper"),
        dialect=BinanceSpot(),
        ask_signed=ask,
        answers=Kept(),
        clock=SystemClock(),
        certain_time_ms=lambda monotonic_ms: certain_ms,
        symbols=lambda lane: {},
    )


def account_after(orders: list[Accepted], uid: int = 1_000_001) -> dict[str, Any]:
    """Return the exchange's answer when it has accepted these orders and no more."""
    locked = sum((order.cost for order in orders), Decimal(0))
    row = {"asset": "USDT", "free": str(FUNDS - locked), "locked": str(locked)}
    updated_at_ms = orders[-1].at_ms if orders else 0
    return {"uid": uid, "updateTime": updated_at_ms, "balances": [row]}


def book_of(orders: list[Accepted]) -> RiskBook:
    reservations = tuple(
        Reservation(
            client_order_id=f"order-{number}",
            symbol="BTC/USDT",
            side=Side.BUY,
            quantity=order.cost,
            price=Decimal(1),
            held_since_ms=order.at_ms if order.is_known else None,
        )
        for number, order in enumerate(orders)
    )
    return RiskBook(version=1, trading_state=TradingState.ACTIVE, reservations=reservations)


@st.composite
def stories(draw: st.DrawFn) -> tuple[list[Accepted], int, int]:
    """Return orders, how many of them the answer saw, and a time that was over when it was asked.

    Many things happen within one millisecond; the answer comes somewhere between them.
    """
    gaps = draw(st.lists(st.integers(0, 2), max_size=8))
    orders = [
        Accepted(BEGIN_MS + at, Decimal(draw(st.integers(1, 100))), draw(st.booleans()))
        for at in accumulate(gaps)
    ]
    seen = draw(st.integers(0, len(orders)))
    earliest = orders[seen - 1].at_ms if seen else BEGIN_MS
    latest = orders[seen].at_ms if seen < len(orders) else earliest + 3
    answered_at_ms = draw(st.integers(earliest, latest))
    return orders, seen, answered_at_ms - draw(st.integers(1, 5))


@given(stories())
def test_shared_balances_never_show_spent_money(story: tuple[list[Accepted], int, int]) -> None:
    """What another process was told counts every accepted order: as held there, or by us."""
    orders, seen, certain_ms = story
    asking = questions(account_after(orders[:seen]), certain_ms)
    asking.expect(IDENTITY)
    asking.balances(Lane.SUBMIT)
    shared = asking.balances(Lane.SUBMIT, max_age_ms=5_000)
    spent = sum((order.cost for order in orders), Decimal(0))
    assert available(book_of(orders), shared, "USDT") <= FUNDS - spent


def test_an_answer_that_had_time_to_settle_counts_nothing_twice() -> None:
    """The usual case: the last change is some time ago, and the shared view is exact."""
    orders = [Accepted(BEGIN_MS, Decimal(100), is_known=True)]
    asking = questions(account_after(orders), certain_ms=BEGIN_MS + 10)
    asking.expect(IDENTITY)
    asking.balances(Lane.SUBMIT)
    shared = asking.balances(Lane.SUBMIT, max_age_ms=5_000)
    assert available(book_of(orders), shared, "USDT") == FUNDS - 100


def test_a_strange_key_gets_no_shared_balances() -> None:
    """Balances of the account that the name stands for are not for a key that opens another."""
    asking = questions(account_after([], uid=666), certain_ms=BEGIN_MS)
    asking.expect(IDENTITY)
    for _ in range(2):
        with pytest.raises(IdentityConflict, match="666"):
            asking.balances(Lane.SUBMIT, max_age_ms=5_000)
