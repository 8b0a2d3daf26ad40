"""Eight processes of three accounts on one allowance: all of it is used, and never too much."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from time import sleep

import pytest

from engine.bootstrap import Engine, build_engine
from engine.config import load_settings
from engine.domain.lanes import Lane
from engine.exchange.paper_limits import with_own_limits
from engine.ports import Cost
from tests.greedy import greedy_processes, offset_before_turn, weight_at_turns
from tests.paper import PaperExchange
from tests.redis_server import RedisServer
from tests.running import FIRST_UID

pytestmark = pytest.mark.integration

PROCESSES = 8
ACCOUNTS = ("first", "second", "third")
LIMIT = 400
URGENT = Cost(weight=1)


@pytest.fixture
def paper() -> Iterator[PaperExchange]:
    keys = [f"{name}:{name}:{FIRST_UID + i}" for i, name in enumerate(ACCOUNTS)]
    with PaperExchange(accounts=keys, weight_per_minute=LIMIT) as running:
        yield running


@pytest.fixture
def config(tmp_path: Path, server: RedisServer, paper: PaperExchange) -> Path:
    accounts = {name: {"base_url": "paper", "api_key": name, "secret": name} for name in ACCOUNTS}
    path = tmp_path / "augustan.json"
    document = {
        "accounts": accounts,
        "paper": {"url": paper.base_url, "weight_per_minute": LIMIT},
        "store": {"url": server.url},
        "data_dir": str(tmp_path / "data"),
    }
    path.write_text(json.dumps(document))
    return path


@pytest.fixture
def engine(config: Path) -> Iterator[Engine]:
    engine = build_engine(load_settings(str(config), environ={}))
    yield engine
    engine.close()


def ask_urgently(engine: Engine, times: int) -> int:
    """Cancels and emergencies get their part without any wait, else the test fails.

    Return what they took and did not use.
    """
    account = engine.settings.account(ACCOUNTS[0])
    gateway = engine.account(account.name).gateway
    budget = engine.store.budget(
        with_own_limits(gateway.abilities, account, engine.settings.paper),
        egress=account.egress,
        account=account.name,
        clock=engine.clock,
        exchange_now_ms=gateway.exchange_now_ms,
    )
    for number in range(times):
        for lane in (Lane.CANCEL, Lane.EMERGENCY):
            budget.acquire(URGENT, lane, nonce=f"{lane}{number}", wait_ms=0)
        sleep(0.2)
    return 2 * times


def turn_soon(engine: Engine, paper: PaperExchange, before_ms: int) -> int:
    """Have the exchange's minute turn so long from now, and known here; return its offset."""
    offset_ms = offset_before_turn(before_ms)
    paper.control.set_clock(offset_ms)
    engine.account(ACCOUNTS[0]).gateway.load_server_time_ms(Lane.EMERGENCY)
    return offset_ms


def test_allowance_is_used_up_and_never_exceeded(
    engine: Engine, config: Path, paper: PaperExchange
) -> None:
    """Nine tenths of a window that ends soon, no 429, and urgent requests pass all the while."""
    with greedy_processes(config, ACCOUNTS, PROCESSES, seconds=9.0) as begin:
        offset_ms = turn_soon(engine, paper, 7_000)
        begin()
        unused = ask_urgently(engine, times=10)
        (weight,) = weight_at_turns(paper.control, offset_ms, 1)

    stats = paper.control.stats()
    assert (stats["too_many_requests"], stats["bans"]) == (0, 0)
    assert weight + unused >= 0.9 * LIMIT


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_every_whole_window_is_used(engine: Engine, config: Path, paper: PaperExchange) -> None:
    """Over two whole minutes of the exchange's own clock, each for itself."""
    with greedy_processes(config, ACCOUNTS, PROCESSES, seconds=127.0) as begin:
        offset_ms = turn_soon(engine, paper, 5_000)
        begin()
        counted = weight_at_turns(paper.control, offset_ms, 1)
        unused = ask_urgently(engine, times=5)
        counted += weight_at_turns(paper.control, offset_ms, 2)

    windows = [after - before for before, after in pairwise(counted)]
    stats = paper.control.stats()
    assert (stats["too_many_requests"], stats["bans"]) == (0, 0)
    assert all(weight + unused >= 0.9 * LIMIT for weight in windows), windows
