"""The exchange with the rules of its first day, and a desk that does not wait long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.integration.conftest import set_markets
from tests.paper import PaperExchange
from tests.redis_server import RedisServer

RULES = {
    "status": "TRADING",
    "tick_size": "0.01",
    "step_size": "0.00001",
    "min_notional": "5",
    "max_orders": 200,
}
LIMITS = {"weight_per_minute": 1_000_000, "orders_per_10s": 100_000, "ban_after_ignored": 10}


@pytest.fixture
def paper(paper: PaperExchange) -> Iterator[PaperExchange]:
    """The exchange of every test; what a test changes of its rules is changed back."""
    yield paper
    paper.control.clear_faults()
    paper.control.set_symbol("BTCUSDT", **RULES)
    paper.control.set_limits(**LIMITS, forget=True)


def open_desk(
    folder: Path,
    server: RedisServer,
    paper: PaperExchange,
    *,
    owns_time: bool = False,
    market_type: str = "spot",
    **timings: int,
) -> Iterator[Desk]:
    if market_type == "futures":
        set_markets(paper.control.futures)
    working = Desk(
        folder, server.url, paper, owns_time=owns_time, market_type=market_type, **timings
    )
    working.engine.store.client.read("FLUSHALL")
    yield working.open()
    working.close()


@pytest.fixture
def hasty(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    """An opened account whose requests time out soon."""
    yield from open_desk(tmp_path, redis_server, paper, http_timeout_ms=1_000)


@pytest.fixture
def curious(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    """An opened account that asks for the exchange's rules every second."""
    yield from open_desk(tmp_path, redis_server, paper, instruments_max_age_ms=1_000)


@pytest.fixture
def punctual(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange, market_type: str
) -> Iterator[Desk]:
    """An opened account whose work becomes due when the test lets time pass."""
    paper.control.clear_stats()
    yield from open_desk(tmp_path, redis_server, paper, owns_time=True, market_type=market_type)
