"""One Redis and one exchange for all that works on a desk; an account for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk
from tests.paper import PaperControl, PaperExchange
from tests.redis_server import RedisServer

SYMBOLS = ("BTCUSDT", "ETHUSDT")
#: 100 USDT and 0.5 BTC at each of four prices, a cent apart: orders walk the book.
ASKS = [("100.00", "0.5"), ("100.01", "0.5"), ("100.02", "0.5"), ("100.03", "5000")]
BIDS = [("99.99", "0.5"), ("99.98", "0.5"), ("99.97", "0.5"), ("99.96", "5000")]


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(
        tmp_path_factory.mktemp("redis"), ["--appendonly", "yes", "--appendfsync", "always"]
    )
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def exchange() -> Iterator[PaperExchange]:
    with PaperExchange(symbols="BTC/USDT,ETH/USDT") as paper:
        paper.make_up_past(SYMBOLS)
        yield paper


@pytest.fixture
def paper(exchange: PaperExchange) -> PaperExchange:
    """The exchange with no orders, no faults and the same book for every test."""
    exchange.control.clear_faults()
    exchange.control.reset()  # What an earlier test left in the book would trade with this one
    exchange.control.set_clock(0)
    for control in (exchange.control, exchange.control.futures):
        control.set_read_lag(0)
        control.set_limits(forget=True)  # Tests together ask for more than a minute allows
    set_markets(exchange.control)
    return exchange


def set_markets(control: PaperControl) -> None:
    """Give every symbol its price and its book."""
    for symbol in SYMBOLS:
        control.set_price(symbol, "100")
        control.set_book(symbol, BIDS, ASKS)


@pytest.fixture
def market_type(request: pytest.FixtureRequest) -> str:
    """What the desk's account trades; coins, unless the test says more (markets.py)."""
    return str(getattr(request, "param", "spot"))


@pytest.fixture
def desk(
    tmp_path: Path, redis_server: RedisServer, paper: PaperExchange, market_type: str
) -> Iterator[Desk]:
    """An opened account whose messages the test delivers."""
    if market_type == "futures":
        set_markets(paper.control.futures)
    working = Desk(tmp_path, redis_server.url, paper, market_type=market_type)
    working.engine.store.client.read("FLUSHALL")
    yield working.open()
    working.close()
