"""Eight processes that take all they can get never exceed a window together."""

from __future__ import annotations

import multiprocessing
from collections import Counter
from multiprocessing.connection import Connection
from time import sleep, time
from uuid import uuid4

import pytest

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted
from engine.ports import Cost, Counted, Window, WindowScope
from engine.store.budget import RedisBudget
from engine.store.budget_plan import BudgetScope
from engine.store.store import RedisStore
from engine.system import SystemClock
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

PROCESSES = 8
SECONDS = 2.5
GUARD_MS = 100
#: Longer than any wait for a window to turn: who is told to wait so long knows of it.
PENALTY_MS = 60_000
WINDOW = Window(
    name="weight",
    scope=WindowScope.ADDRESS,
    counted=Counted.WEIGHT,
    limit=40,
    interval_ms=500,
)
SCOPE = BudgetScope(venue="binance", egress="default", account="main")


def build(url: str) -> RedisBudget:
    client = RedisStore.from_url(url).client
    return RedisBudget(client, (WINDOW,), SCOPE, SystemClock(), guard_ms=GUARD_MS)


def take_all(url: str, until_s: float, wire: Connection) -> None:
    """Take three at a time until the end; answer when each grant came, in ms."""
    budget = build(url)
    grants: list[int] = []
    while time() < until_s:
        try:
            budget.acquire(Cost(weight=3), Lane.EMERGENCY, nonce=uuid4().hex, wait_ms=600)
        except BudgetExhausted:
            continue
        grants.append(int(time() * 1000))
    wire.send(grants)


def test_processes_together_stay_inside_every_window(server: RedisServer) -> None:
    """Counted by the time of each grant, as an exchange that it reaches at once would count."""
    build(server.url).observe({"weight": 0})
    spawn = multiprocessing.get_context("fork")
    until_s = time() + SECONDS
    wires = []
    for _ in range(PROCESSES):
        wire, far_end = spawn.Pipe()
        spawn.Process(target=take_all, args=(server.url, until_s, far_end), daemon=True).start()
        wires.append(wire)

    grants = [grant for wire in wires for grant in wire.recv()]

    # A reply read after the turn belongs to a grant of the guard, which counts in both windows
    by_window = Counter(grant // WINDOW.interval_ms for grant in grants)
    whole = sorted(by_window)[1:-1]
    assert all(by_window[index] * 3 <= WINDOW.limit for index in whole)
    assert sum(by_window[index] for index in whole) * 3 >= 0.5 * WINDOW.limit * len(whole)


def test_processes_obey_a_penalty_at_once(server: RedisServer) -> None:
    """Who asks after the answer 429 was told gets nothing, wherever it runs."""
    budget = build(server.url)
    budget.observe({"weight": 0})
    fork = multiprocessing.get_context("fork")
    wires = []
    for _ in range(PROCESSES):
        wire, far_end = fork.Pipe()
        fork.Process(target=ask_until_told, args=(server.url, far_end), daemon=True).start()
        wires.append(wire)
    assert all(wire.recv() == "granted" for wire in wires)

    budget.penalize(PENALTY_MS)
    told_s = time()

    assert max(wire.recv() for wire in wires) <= told_s


def ask_until_told(url: str, wire: Connection) -> None:
    """Ask one at a time until the penalty is told; tell of the first grant, and the last's begin.

    Who is never told asks without end: the test's time is over then.
    """
    budget = build(url)
    last_s = 0.0
    while True:
        began_s = time()
        try:
            budget.acquire(Cost(weight=1), Lane.EMERGENCY, nonce=uuid4().hex)
        except BudgetExhausted as refused:
            if last_s and refused.retry_after_ms > WINDOW.interval_ms + GUARD_MS:
                break
            sleep(0.01)
            continue
        if not last_s:
            wire.send("granted")
        last_s = began_s
    wire.send(last_s)
