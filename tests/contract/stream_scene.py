"""A real user stream, on real ccxt.pro, beside a real gateway: told what to happen, then asked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from engine.config.execution import ExecutionSettings
from engine.config.stream import StreamSettings
from engine.domain.report import OrderReport
from engine.domain.stream import BalanceNews, OrderNews, StreamMessage
from engine.errors import StreamLost
from engine.exchange.factory import build_user_stream
from engine.exchange.streams.user_stream import CcxtUserStream
from engine.system import SystemClock
from tests.integration.exchange.house import House, build_house
from tests.paper import PaperControl, PaperExchange

T = TypeVar("T")
WAIT_S = 30.0
LIMIT = {
    "symbol": "BTCUSDT",
    "side": "BUY",
    "type": "LIMIT",
    "timeInForce": "GTC",
    "quantity": "0.002",
    "price": "59000",
}


@dataclass
class Scene:
    """One account, its gateway for asking, and its stream for listening."""

    stream: CcxtUserStream
    house: House  # The stream's own gateway and budget
    control: PaperControl

    async def next(self) -> StreamMessage:
        return await self.stream.receive()

    async def next_report(self) -> OrderReport:
        """Return the next report; balances are passed over."""
        while True:
            message = await self.stream.receive()
            if isinstance(message, OrderNews):
                return message.report
            assert isinstance(message, BalanceNews), message

    async def loss(self) -> str:
        """Receive until the stream says that it is lost, and return why."""
        while True:
            try:
                await self.stream.receive()
            except StreamLost as error:
                return str(error)

    async def place(self, client_order_id: str, **changes: str) -> None:
        """Place an order as another client of the account would."""
        await self.tell(self.control.place, LIMIT | {"newClientOrderId": client_order_id} | changes)

    async def tell(self, command: Callable[..., T], *args: object, **words: object) -> T:
        return await asyncio.to_thread(command, *args, **words)


def build_stream(
    paper: PaperExchange, secret: str = "paper", http_timeout_ms: int = 10_000, **words: int
) -> tuple[CcxtUserStream, House]:
    """Return a stream that is not open, and its gateway; `words` are settings of streams."""
    execution = {"http_timeout_ms": http_timeout_ms}
    house = build_house(paper.base_url, secret=secret, **execution)
    stream = build_user_stream(
        house.settings,
        ExecutionSettings.model_validate(execution),
        StreamSettings.model_validate(words),
        endpoint=paper.base_url,
        gateway=house.gateway,
        clock=SystemClock(),
    )
    return stream, house


def with_stream(
    paper: PaperExchange, scenario: Callable[[Scene], Awaitable[None]], **words: int
) -> None:
    """Run a scenario on an open stream and close it; `words` are settings of streams."""

    async def run() -> None:
        stream, house = build_stream(paper, **words)
        await stream.open()
        try:
            scene = Scene(stream=stream, house=house, control=paper.control)
            await asyncio.wait_for(scenario(scene), WAIT_S)
        finally:
            await stream.close()

    asyncio.run(run(), debug=True)
