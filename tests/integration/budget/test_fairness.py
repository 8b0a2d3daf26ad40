"""Accounts behind one address: none is crowded out, and nothing is left unused."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted
from engine.ports import Cost, Counted, Window, WindowScope
from engine.store.budget import RedisBudget
from engine.store.budget_plan import RESERVES, BudgetScope
from engine.store.store import RedisStore
from tests.integration.budget.fair_share import FairWindow
from tests.integration.budget.manual_clock import ManualClock
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

START_MS = 1_800_000_000_000
WINDOW = Window(
    name="weight_1m",
    scope=WindowScope.ADDRESS,
    counted=Counted.WEIGHT,
    limit=100,
    interval_ms=60_000,
)
NAMES = ("a", "b", "c")
#: Account, cost, and how much time passes before it asks.
ASKS = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.integers(1, 40),
        st.sampled_from([0, 0, 1, 500, 9_999, 30_000, 70_000]),
    ),
    max_size=25,
)


class Desks:
    """Some accounts behind one address, and the clock that all follow."""

    def __init__(self, server: RedisServer) -> None:
        self.store = RedisStore.from_url(server.url)
        self.server = server
        self.clock = ManualClock(START_MS)
        self.budgets = {name: self._budget(name) for name in NAMES}

    def begin(self) -> None:
        """Forget everything and begin a window that is known to be empty."""
        with closing(self.server.client()) as client:
            client.flushall()
        self.clock.at_ms = START_MS
        self.budgets["a"].observe({"weight_1m": 0})

    def ask(self, name: str, cost: int, lane: Lane = Lane.SUBMIT) -> int:
        """Take the cost and return 0, or return how long to wait."""
        try:
            self.budgets[name].acquire(Cost(weight=cost), lane, nonce=uuid4().hex)
        except BudgetExhausted as refused:
            return refused.retry_after_ms
        return 0

    def _budget(self, name: str) -> RedisBudget:
        scope = BudgetScope(venue="binance", egress="default", account=name)
        return RedisBudget(
            self.store.client,
            (WINDOW,),
            scope,
            self.clock,
            now_ms=self.clock.now_ms,
            reserves={**RESERVES, Lane.SUBMIT: 0.0},
            guard_ms=-1,
        )


@pytest.fixture(scope="module")
def opened(shared_server: RedisServer) -> Iterator[Desks]:
    desks = Desks(shared_server)
    yield desks
    desks.store.close()


@pytest.fixture
def desks(opened: Desks) -> Desks:
    opened.begin()
    return opened


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(asks=ASKS)
def test_script_shares_as_the_model_does(desks: Desks, asks: list[tuple[str, int, int]]) -> None:
    """Every answer, to the millisecond, over any mix of accounts, costs and times."""
    desks.begin()
    model = FairWindow(
        limit=WINDOW.limit, interval_ms=WINDOW.interval_ms, reserve=30, last_reserve=12
    )
    for name, cost, passed_ms in asks:
        desks.clock.wait(passed_ms)
        assert desks.ask(name, cost, Lane.RESOLVE) == model.ask(name, cost, desks.clock.at_ms)


@given(asks=ASKS, cost=st.integers(1, 40), greedy=st.sampled_from(["a", "b"]))
def test_share_of_an_active_account_is_kept_for_it(
    asks: list[tuple[str, int, int]], cost: int, greedy: str
) -> None:
    """Whatever the others take: what is left of its share, as it melts, is granted."""
    model = FairWindow(limit=WINDOW.limit, interval_ms=WINDOW.interval_ms)
    now_ms = START_MS
    for name in NAMES:
        assert model.ask(name, 1, now_ms) == 0
    for name, wanted, passed_ms in asks:
        now_ms += passed_ms // 10
        model.ask(name, wanted, now_ms)
        model.asked_at_ms = dict.fromkeys(NAMES, now_ms)  # All go on asking
        while model.ask(greedy, 1, now_ms) == 0:
            pass
        kept = model.share_left("c", now_ms, model.left_ms(now_ms)) // model.interval_ms
        if cost <= kept:
            assert model.ask("c", cost, now_ms) == 0


@given(asks=ASKS, cost=st.integers(1, 40))
def test_stated_wait_is_enough(asks: list[tuple[str, int, int]], cost: int) -> None:
    """Who waits as long as it was told is served, unless somebody else came first."""
    model = FairWindow(limit=WINDOW.limit, interval_ms=WINDOW.interval_ms)
    now_ms = START_MS
    for name, wanted, passed_ms in asks:
        now_ms += passed_ms
        model.ask(name, wanted, now_ms)

    wait_ms = model.ask("a", cost, now_ms)

    assert wait_ms <= model.interval_ms
    assert not wait_ms or model.ask("a", cost, now_ms + wait_ms) == 0


def test_account_alone_may_use_all(desks: Desks) -> None:
    """Nobody is waited for who has not asked for a whole window."""
    desks.ask("b", 1)
    desks.clock.wait(WINDOW.interval_ms + 1)

    assert desks.ask("a", 100) == 0


def test_refused_account_is_active(desks: Desks) -> None:
    """Who asked and got nothing is just who must be left something."""
    assert desks.ask("a", 100) == 0
    assert desks.ask("b", 10) > 0
    desks.clock.at_ms = START_MS + WINDOW.interval_ms

    assert desks.ask("a", 80) > 0
    assert desks.ask("a", 75) == 0
    assert desks.ask("b", 25) == 0


def test_share_that_nobody_takes_melts(desks: Desks) -> None:
    """At the end of a window all of it is used."""
    desks.ask("b", 1)
    assert desks.ask("a", 74) == 0
    taken = 75

    while desks.clock.at_ms < START_MS + WINDOW.interval_ms:
        wait_ms = desks.ask("a", 1)
        taken += not wait_ms
        desks.clock.wait(wait_ms)

    assert taken >= 99


@pytest.mark.parametrize("lane", [Lane.EMERGENCY, Lane.CANCEL])
def test_urgent_lanes_wait_for_nobody(desks: Desks, lane: Lane) -> None:
    """What closes risk takes what its lane may, whoever else is active."""
    desks.ask("b", 1)
    assert desks.ask("a", 80) > 0

    assert desks.ask("a", 80, lane) == 0


def test_refund_returns_the_share(desks: Desks) -> None:
    """What was given back was not used by the account either."""
    desks.ask("b", 1)
    desks.budgets["b"].acquire(Cost(weight=24), Lane.SUBMIT, nonce="n")
    desks.budgets["b"].refund("n")

    assert desks.ask("a", 76) > 0
    line, *_ = desks.budgets["a"].meter()
    assert line.used_by_account == {"b": 1}
