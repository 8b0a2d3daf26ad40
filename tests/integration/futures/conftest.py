"""A desk whose account trades contracts, on the futures market of the same exchange."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.integration.conftest import ASKS, BIDS, SYMBOLS
from tests.paper import PaperExchange
from tests.redis_server import RedisServer


@pytest.fixture
def paper(exchange: PaperExchange) -> PaperExchange:
    """The exchange with no orders, no faults and the same book on futures for every test."""
    exchange.control.clear_faults()
    exchange.control.reset()
    exchange.control.set_clock(0)
    futures = exchange.control.futures
    futures.set_read_lag(0)
    futures.set_limits(forget=True)
    for symbol in SYMBOLS:
        futures.set_price(symbol, "100")
        futures.set_book(symbol, BIDS, ASKS)
    return exchange


@pytest.fixture
def desk(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    """An opened futures account whose messages the test delivers."""
    working = Desk(tmp_path, redis_server.url, paper, market_type="futures")
    working.engine.store.client.read("FLUSHALL")
    yield working.open()
    working.close()
