"""The store fails over in the middle of something and loses its newest writes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from engine.domain.lanes import Lane
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.booking.income import book_income
from engine.execution.context import AccountContext
from engine.execution.reconciling import reconcile
from tests.desk import Desk
from tests.integration.execution.failing_over import Copy
from tests.integration.execution.interrupting import interrupted_engine
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration
BY_HAND = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.9"}


def read_trades(context: AccountContext) -> None:
    symbol = "BTC/USDT:USDT" if context.gateway.abilities.lists_income else "BTC/USDT"
    book_symbol_fills(context, symbol, Lane.RESOLVE)


def read_income(context: AccountContext) -> None:
    book_income(context, Lane.RESOLVE)


def trade_by_hand(desk: Desk) -> None:
    control = desk.paper.control.futures if desk.trades_contracts else desk.paper.control
    control.place(BY_HAND, key=desk.key)


def be_funded(desk: Desk) -> None:
    desk.paper.control.futures.fund("BTCUSDT", "0.001")


def lose_rows_and_go_on(
    desk: Desk, server: RedisServer, work: Callable[[AccountContext], None]
) -> None:
    """Have what the work booked be lost right before its last command, the mark of how far."""
    before = Copy(server)
    with interrupted_engine(desk) as (engine, client):
        context = engine.account("desk")
        client.sent = 0
        work(context)
        commands = client.sent
    before.restore()
    with interrupted_engine(desk) as (engine, client):
        context = engine.account("desk")
        client.sent, client.at, client.act = 0, commands, before.fall_back
        work(context)


@pytest.mark.parametrize(
    ("market_type", "happen", "work"),
    [
        ("spot", trade_by_hand, read_trades),
        ("futures", trade_by_hand, read_trades),
        ("futures", be_funded, read_income),
    ],
)
def test_what_was_read_and_lost_is_read_again(
    desk: Desk,
    redis_server: RedisServer,
    happen: Callable[[Desk], None],
    work: Callable[[AccountContext], None],
) -> None:
    """A mark that outlived the rows that it stands for would hide them for ever."""
    trade_by_hand(desk)
    desk.open()
    happen(desk)
    lose_rows_and_go_on(desk, redis_server, work)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.is_finished
    assert result.is_equal, result
