"""The same orders on spot and on contracts: a desk of each market on one exchange."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.changing.market import Market, open_market
from tests.paper import PaperExchange
from tests.redis_server import RedisServer


@pytest.fixture(params=["spot", "futures"])
def market(
    request: pytest.FixtureRequest, tmp_path: Path, redis_server: RedisServer, paper: PaperExchange
) -> Iterator[Market]:
    """An opened account of each market whose messages the test delivers."""
    with open_market(request.param, tmp_path, redis_server.url, paper) as opened:
        yield opened


@pytest.fixture
def spot(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Market]:
    """An opened spot account, for what is the same on both."""
    with open_market("spot", tmp_path, redis_server.url, paper) as opened:
        yield opened


@pytest.fixture
def futures(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Market]:
    """An opened futures account, for what only contracts have."""
    with open_market("futures", tmp_path, redis_server.url, paper) as opened:
        yield opened
