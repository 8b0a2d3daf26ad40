"""The exchange with the rules of its first day, and a desk that does not wait long."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk import Desk
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


@pytest.fixture
def hasty(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    """An opened account whose requests time out soon, and which asks for the rules anew soon."""
    short = {"http_timeout_ms": 400, "instruments_max_age_ms": 1_000}
    working = Desk(tmp_path, redis_server.url, paper, **short)
    working.engine.store.client.read("FLUSHALL")
    yield working.open()
    working.close()
