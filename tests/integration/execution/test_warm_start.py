"""A fresh worker process is ready before its first order, and no exchange holds its start."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from engine.bootstrap import Engine
from engine.config import Settings
from engine.domain.order_status import OrderStatus
from engine.execution.placing import submission
from engine.store.scripts import load_all
from engine.store.store import RedisStore
from tests.desk import Desk, MessageList
from tests.ports import free_port
from tests.redis_server import RedisServer
from workers.warm_start import accounts_to_warm, warm_up

pytestmark = pytest.mark.integration

RESTING: dict[str, Any] = {"order_type": "limit", "quantity": 1, "price": 50}


@pytest.fixture
def fresh(desk: Desk) -> Iterator[Engine]:
    """Another process's engine, which has not done anything yet."""
    engine = desk.build_engine()
    yield engine
    engine.close()


def test_the_first_order_of_a_warm_process_is_one_request(desk: Desk, fresh: Engine) -> None:
    """Key, connection, clock and rules were seen to; a cold process asks for them first."""
    assert warm_up(fresh, patience_s=30) == ("desk",)
    assert fresh.account("desk").gateway.is_connected
    order = desk.place(**RESTING)
    desk.paper.control.clear_stats()
    name = order.client_order_id
    assert submission.submit_order(fresh.account("desk"), name) is OrderStatus.ACCEPTED
    assert desk.paper.control.stats()["requests"] == {"POST /api/v3/order": 1}


def test_scripts_are_known_before_they_are_needed(fresh: Engine, redis_server: RedisServer) -> None:
    """Every script is on the server after one call; a second one changes nothing."""
    with redis_server.client() as client:
        client.script_flush()
        load_all(fresh.store.client)
        load_all(fresh.store.client)
        before = client.info("commandstats")
        fresh.account("desk").store.load_risk_book()
        after = client.info("commandstats")
    texts = [stats.get("cmdstat_eval", {}).get("calls", 0) for stats in (before, after)]
    assert texts[0] == texts[1]


def test_an_exchange_that_hangs_does_not_hold_the_start(
    desk: Desk, fresh: Engine, tmp_path: Path
) -> None:
    """Who is ready is used, who is not is built by the first task that needs it."""
    desk.paper.control.add_fault(path="/api/v3/time", answer="hang", count=None)
    assert warm_up(fresh, patience_s=0.3) == ()
    desk.paper.control.clear_faults()
    order = desk.place(**RESTING)
    name = order.client_order_id
    assert submission.submit_order(fresh.account("desk"), name) is OrderStatus.ACCEPTED


def test_an_exchange_that_is_away_leaves_a_usable_account(
    desk: Desk, redis_server: RedisServer
) -> None:
    """Its refusal is quick: the account is there, cold, and another one is not disturbed."""
    with engine_of(with_lost_account(desk.engine.settings)) as engine:
        assert set(warm_up(engine, patience_s=30)) == {"desk"}
        assert engine.account("desk").gateway.is_connected


def with_lost_account(settings: Settings) -> Settings:
    """Add an account whose host nobody listens on."""
    lost = settings.account("desk").model_copy(
        update={"name": "lost", "base_url": f"http://127.0.0.1:{free_port()}"}
    )
    return settings.model_copy(update={"accounts": {"lost": lost, **settings.accounts}})


@contextmanager
def engine_of(settings: Settings) -> Iterator[Engine]:
    engine = Engine(settings, RedisStore(settings.state_address()), MessageList())
    yield engine
    engine.close()


def test_only_accounts_of_served_addresses_are_warmed(desk: Desk) -> None:
    """Another machine sends the orders of the others; those that may order come first."""
    settings = desk.engine.settings
    one = settings.account("desk")
    accounts = {
        "closed": one.model_copy(update={"name": "closed", "enabled": False}),
        "desk": one,
        "away": one.model_copy(update={"name": "away", "egress": "elsewhere"}),
    }
    mixed = settings.model_copy(update={"accounts": accounts, "served_egress": (one.egress,)})
    assert accounts_to_warm(mixed) == ["desk", "closed"]
