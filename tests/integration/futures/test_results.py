"""What an account and its strategies have made, while wallet and positions move."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from engine.domain.equity import Performance
from engine.domain.lanes import Lane
from engine.domain.position import PositionState
from engine.execution.booking.income import book_income
from engine.execution.completing import updates
from engine.execution.reconciling import reconcile
from engine.execution.signalling.own_position import advance, begin_position
from tests.desk import Desk
from tests.integration.futures.test_settings import hedge
from tests.integration.futures.test_signals import send
from tests.integration.futures.test_trading import SYMBOL, WORD, trade, wallet

D = Decimal


def made(desk: Desk) -> Performance:
    """Record the portfolio, and return what the account has made."""
    portfolio = updates.record_portfolio(desk.context)
    assert portfolio.performance is not None
    return portfolio.performance


def before_next(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, question: str, act: Callable[[], object]
) -> None:
    """Have something happen right before the gateway asks the next such question."""
    gateway = desk.context.gateway
    ask, left = getattr(gateway, question), [act]

    def ask_late(*asked: object, **named: object) -> object:
        if left:
            left.pop()()
        return ask(*asked, **named)

    monkeypatch.setattr(gateway, question, ask_late)


def test_a_transfer_of_before_a_loss_is_no_loss_of_the_account(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers complete what a rebuild finds settled, before it has come to the income."""
    trade(desk, "buy", "0.9")
    desk.paper.control.futures.deposit("USDT", 250, uid=desk.uid)
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    before_next(desk, monkeypatch, "load_income", desk.deliver)
    reconcile.reconcile(desk.context)
    desk.deliver()
    seen = made(desk)
    assert (seen.transferred, seen.drawdown) == (D(0), D(0))


def test_what_closes_between_two_questions_is_counted_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss that is realized meanwhile is in the wallet or in the position, never in neither."""
    trade(desk, "buy", "0.9")
    control = desk.paper.control.futures
    control.set_price(WORD, "90")

    def close() -> None:
        control.adl(WORD, quantity="0.9", uid=desk.uid)

    before_next(desk, monkeypatch, "load_positions", close)
    assert made(desk).equity == wallet(desk)


def test_a_look_that_was_overtaken_counts_no_transfer_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one who was faster has a clock that is behind."""
    began = made(desk)

    def overtake() -> None:
        desk.paper.control.futures.deposit("USDT", 250, uid=desk.uid)
        book_income(desk.context, Lane.RESOLVE)
        desk.clock.pass_time(-2_000)
        made(desk)
        desk.clock.pass_time(2_000)

    before_next(desk, monkeypatch, "load_balances", overtake)
    made(desk)
    seen = made(desk)
    assert (seen.transferred - began.transferred, seen.result) == (D(250), began.result)


@pytest.mark.parametrize("kind", ["LONG", "SHORT"])
def test_a_strategy_sees_its_position_in_hedge_mode(desk: Desk, kind: str) -> None:
    """Each side has a ledger of its own; the strategy has one position, and hears of its fills."""
    hedge(desk)
    own = begin_position(desk.context, SYMBOL)
    send(desk, kind, "in", strategy="mine")
    own, entered = advance(desk.context, "mine", own)
    held = desk.position(f"{SYMBOL}#{kind}")
    assert held is not None
    assert own.position.direction is PositionState(kind)
    assert own.position.net_quantity == held.net_quantity
    send(desk, "CLOSE", "out", strategy="mine")
    own, left = advance(desk.context, "mine", own)
    assert entered
    assert left
    assert own.position.direction is PositionState.FLAT
    assert own.position.realized_pnl == desk.position(f"{SYMBOL}#{kind}").realized_pnl
    assert advance(desk.context, "mine", own) == (own, ())
