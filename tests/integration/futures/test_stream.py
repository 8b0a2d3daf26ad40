"""The user stream of contracts, on real ccxt.pro, beside the queries."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from engine.config.stream import StreamSettings
from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.domain.stream import BalanceNews, OrderNews, StreamEnding, StreamMessage
from engine.exchange.factory import build_user_stream
from engine.exchange.streams.user_stream import CcxtUserStream
from tests.desk import Desk
from tests.integration.futures.test_trading import SYMBOL, WORD, trade
from tests.listening import Ear
from tests.waiting import eventually

WAIT_S = 30.0


def listen(desk: Desk, scenario: Callable[[CcxtUserStream], Awaitable[None]]) -> None:
    """Run a scenario on an open stream of the desk's account."""
    engine = desk.build_engine()
    settings = engine.settings
    (account,) = settings.accounts.values()

    async def run() -> None:
        stream = build_user_stream(
            account,
            settings.execution,
            StreamSettings(),
            endpoint=desk.paper.base_url,
            gateway=engine.account("desk").gateway,
            clock=desk.clock,
        )
        await stream.open()
        try:
            await asyncio.wait_for(scenario(stream), WAIT_S)
        finally:
            await stream.close()

    asyncio.run(run())
    engine.close()


async def until(stream: CcxtUserStream, kind: type[Any], most: int = 20) -> list[StreamMessage]:
    """Receive until a message of the kind has come, and return all."""
    found: list[StreamMessage] = []
    while not (found and isinstance(found[-1], kind)):
        found.append(await stream.receive())
        assert len(found) < most
    return found


def test_stream_and_query_tell_the_same_trades(desk: Desk) -> None:
    """Field by field, profit and fee included; wallets and positions are named as moved."""

    async def scenario(stream: CcxtUserStream) -> None:
        told: dict[str, Fill] = {}
        moved: set[str] = set()
        for side, quantity in (("buy", "0.9"), ("sell", "0.7")):
            assert await asyncio.to_thread(trade, desk, side, quantity) is OrderStatus.FILLED
        while len(told) < 4 or SYMBOL not in moved:
            message = await stream.receive()
            if isinstance(message, OrderNews):
                told |= {fill.row_id: fill for fill in message.report.fills}
            if isinstance(message, BalanceNews):
                moved |= set(message.assets)
        gateway = desk.context.gateway
        rows = gateway.load_fills(SYMBOL, lane=Lane.POLL, after_trade_id="0")
        assert {fill.row_id: fill for fill in rows} == told
        assert "USDT" in moved

    listen(desk, scenario)


def test_an_expired_listen_key_ends_the_stream(desk: Desk) -> None:
    """The connection stays and says nothing any more: whoever listens begins anew."""

    async def scenario(stream: CcxtUserStream) -> None:
        await asyncio.to_thread(desk.paper.control.futures.expire_listen_keys)
        messages = await until(stream, StreamEnding)
        assert messages[-1] == StreamEnding(reason="listenKeyExpired")

    listen(desk, scenario)


def test_a_fill_arrives_by_the_stream_alone(desk: Desk) -> None:
    """A listener books the trade of a resting order; nobody asked for it."""
    order = desk.place(SYMBOL, "buy", order_type="limit", price="95", quantity="1")
    desk.deliver()
    with Ear(desk) as ear:
        ear.await_live()
        desk.paper.control.futures.fill(WORD, client_order_id=order.client_order_id)
        eventually(
            lambda: desk.order(order.client_order_id).status is OrderStatus.FILLED, timeout_s=30
        )
    desk.deliver()
    position = desk.position(SYMBOL)
    assert position is not None
    assert position.net_quantity == 1
