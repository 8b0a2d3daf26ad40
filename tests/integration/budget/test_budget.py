"""The shared budget: windows, lanes, doubt, penalties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from engine.domain.lanes import Lane
from engine.errors import BudgetExhausted, ClockUnknown, StoreUnavailable
from engine.ports import Cost, Counted, Window, WindowScope
from engine.store.budget import RedisBudget
from engine.store.budget_plan import RESERVES, BudgetScope
from engine.store.store import RedisStore
from tests.integration.budget.manual_clock import ManualClock
from tests.integration.store.cutting_proxy import Cut, cutting_proxy
from tests.redis_server import RedisServer, redis_server

pytestmark = pytest.mark.integration

MINUTE = 60_000
#: The beginning of a minute and of a ten-second window.
START_MS = 1_800_000_000_000
WEIGHT = Window(
    name="weight_1m",
    scope=WindowScope.ADDRESS,
    counted=Counted.WEIGHT,
    limit=100,
    interval_ms=MINUTE,
)
ORDERS = Window(
    name="orders_10s",
    scope=WindowScope.ACCOUNT,
    counted=Counted.ORDERS,
    limit=10,
    interval_ms=10_000,
)

Build = Callable[..., RedisBudget]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START_MS + 5_000)


@pytest.fixture
def build(store: RedisStore, clock: ManualClock) -> Build:
    """Build the budget of an account; all of one test share Redis and the clock."""

    def build(account: str = "main", egress: str = "default", **options: Any) -> RedisBudget:
        scope = BudgetScope(venue="binance", egress=egress, account=account)
        return RedisBudget(
            store.client, (WEIGHT, ORDERS), scope, clock, now_ms=clock.now_ms, **options
        )

    return build


@pytest.fixture
def budget(build: Build) -> RedisBudget:
    """A budget whose windows are known to be empty."""
    budget = build()
    budget.observe({"weight_1m": 0, "orders_10s": 0})
    return budget


def take(budget: RedisBudget, weight: int, lane: Lane = Lane.EMERGENCY, **options: Any) -> str:
    nonce = uuid4().hex
    budget.acquire(Cost(weight=weight, **options), lane, nonce=nonce)
    return nonce


def used(budget: RedisBudget, name: str = "weight_1m") -> int:
    return next(line.used for line in budget.meter() if line.window.name == name)


def test_window_holds_its_limit_and_no_more(budget: RedisBudget, clock: ManualClock) -> None:
    """The refusal says when the window turns; then all of it is there again."""
    take(budget, 60)
    take(budget, 40)

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 1)

    assert refused.value.retry_after_ms == 55_000
    clock.wait(55_000)
    take(budget, 100)


def test_acquire_waits_for_the_turn_if_it_comes_in_time(
    budget: RedisBudget, clock: ManualClock
) -> None:
    """A short wait is waited through the clock, a longer one refused at once."""
    take(budget, 100)
    clock.wait(54_000)

    with pytest.raises(BudgetExhausted):
        budget.acquire(Cost(weight=1), Lane.EMERGENCY, nonce="a", wait_ms=999)
    budget.acquire(Cost(weight=1), Lane.EMERGENCY, nonce="a", wait_ms=1_000)

    assert clock.at_ms == START_MS + MINUTE


@pytest.mark.parametrize("lane", list(Lane))
def test_lane_leaves_its_reserve_to_those_above(
    budget: RedisBudget, clock: ManualClock, lane: Lane
) -> None:
    """As a window begins each lane stops at its own mark; the emergency lane may take all."""
    clock.at_ms = START_MS + MINUTE
    mark = 100 - round(100 * RESERVES[lane])
    take(budget, mark, lane)

    with pytest.raises(BudgetExhausted):
        take(budget, 1, lane)
    for higher in (one for one in Lane if RESERVES[one] < RESERVES[lane]):
        take(budget, 1, higher)


def test_reserve_melts_while_its_window_runs_out(budget: RedisBudget, clock: ManualClock) -> None:
    """A lane is told when more is free for it; of its reserve two fifths stay to the end."""
    clock.at_ms = START_MS + MINUTE
    take(budget, 80, Lane.SUBMIT)

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 6, Lane.SUBMIT)
    assert refused.value.retry_after_ms == MINUTE // 2
    clock.wait(MINUTE // 2)
    take(budget, 6, Lane.SUBMIT)
    clock.at_ms = START_MS + 2 * MINUTE - 501
    take(budget, 5, Lane.SUBMIT)
    with pytest.raises(BudgetExhausted):
        take(budget, 2, Lane.SUBMIT)
    take(budget, 4, Lane.CANCEL)


def test_nothing_is_taken_where_one_window_is_full(budget: RedisBudget) -> None:
    """An order that the account's window refuses uses no weight."""
    take(budget, 1, orders=10)

    with pytest.raises(BudgetExhausted):
        take(budget, 5, orders=1)

    assert used(budget) == 1


def test_full_window_does_not_hold_what_does_not_use_it(budget: RedisBudget) -> None:
    """Too many orders do not stop questions."""
    take(budget, 0, orders=10)

    take(budget, 5)


def test_nonce_takes_once_and_gives_back_once(budget: RedisBudget) -> None:
    """Repeats of either change nothing; an unknown nonce has nothing to give."""
    for _ in range(2):
        budget.acquire(Cost(weight=7, orders=1), Lane.SUBMIT, nonce="n")
    assert (used(budget), used(budget, "orders_10s")) == (7, 1)

    for _ in range(2):
        budget.refund("n")
    budget.refund("unknown")

    assert (used(budget), used(budget, "orders_10s")) == (0, 0)


def test_refund_of_a_window_that_has_turned_is_nothing(
    budget: RedisBudget, clock: ManualClock
) -> None:
    """The new window never held it."""
    nonce = take(budget, 30)
    clock.wait(MINUTE)
    take(budget, 20)

    budget.refund(nonce)

    assert used(budget) == 20


def test_grant_near_the_end_counts_in_both_windows(budget: RedisBudget, clock: ManualClock) -> None:
    """The request may arrive in the next; so the next has room for it."""
    clock.at_ms = START_MS + MINUTE - 400
    nonce = take(budget, 70)
    clock.at_ms = START_MS + MINUTE

    assert used(budget) == 70
    with pytest.raises(BudgetExhausted):
        take(budget, 31)
    take(budget, 10)
    budget.refund(nonce)
    assert used(budget) == 10


def test_refund_near_the_end_empties_both_windows(budget: RedisBudget, clock: ManualClock) -> None:
    """What never left arrives in neither."""
    clock.at_ms = START_MS + MINUTE - 400
    budget.refund(take(budget, 70))
    assert used(budget) == 0
    clock.at_ms = START_MS + MINUTE

    assert used(budget) == 0


def test_grant_before_the_guard_counts_in_its_own_window_only(
    budget: RedisBudget, clock: ManualClock
) -> None:
    """One millisecond earlier the next window is empty."""
    clock.at_ms = START_MS + MINUTE - 501
    take(budget, 70)
    clock.at_ms = START_MS + MINUTE

    assert used(budget) == 0


def test_guard_does_not_overfill_the_next_window(budget: RedisBudget, clock: ManualClock) -> None:
    """Both windows must have the room."""
    clock.at_ms = START_MS + MINUTE - 400
    take(budget, 100)

    with pytest.raises(BudgetExhausted):
        take(budget, 1)
    clock.at_ms = START_MS + MINUTE
    with pytest.raises(BudgetExhausted):
        take(budget, 1)


def test_header_only_raises_the_meter(budget: RedisBudget) -> None:
    """It may know of others' traffic; ours that it has not seen yet stays counted."""
    take(budget, 30)
    budget.observe({"weight_1m": 20})
    assert used(budget) == 30
    budget.observe({"weight_1m": 90})
    budget.observe({"weight_1m": 40})

    assert used(budget) == 90
    with pytest.raises(BudgetExhausted):
        take(budget, 11)


def test_refund_never_falls_below_what_the_header_said(budget: RedisBudget) -> None:
    """The exchange counted so much; our unsent request was not among it."""
    nonce = take(budget, 30)
    budget.observe({"weight_1m": 25})

    budget.refund(nonce)

    assert used(budget) == 25


def test_header_of_the_window_before_does_not_fill_the_new_one(
    budget: RedisBudget, clock: ManualClock
) -> None:
    """An answer that comes back just after the turn speaks of what was."""
    clock.at_ms = START_MS + MINUTE + 100
    budget.observe({"weight_1m": 99})
    assert used(budget) == 0
    clock.at_ms = START_MS + MINUTE + 600
    budget.observe({"weight_1m": 50})
    assert used(budget) == 50


def test_unknown_window_lets_one_request_through_to_learn(build: Build) -> None:
    """Full for all, save the first and the emergency's share; its header opens the window."""
    budget = build()
    assert used(budget) == 100
    assert not any(line.is_known for line in budget.meter())
    take(budget, 40, Lane.POLL)

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 1, Lane.CANCEL)
    assert refused.value.retry_after_ms == 100

    budget.observe({"weight_1m": 45})
    assert used(budget) == 45
    take(budget, 1, Lane.CANCEL)


def test_unknown_window_keeps_the_emergency_share(build: Build) -> None:
    """An emergency does not wait for a header."""
    budget = build()
    take(budget, 2, Lane.MARKET_DATA)

    take(budget, 8, Lane.EMERGENCY)
    with pytest.raises(BudgetExhausted):
        take(budget, 1, Lane.EMERGENCY)


def test_unknown_window_is_known_when_it_turns(build: Build, clock: ManualClock) -> None:
    """The next one began under our eyes."""
    budget = build()
    take(budget, 2)
    clock.at_ms = START_MS + MINUTE

    assert used(budget) == 0
    take(budget, 60, Lane.POLL)


def test_restart_makes_a_running_window_unknown(tmp_path: Any, clock: ManualClock) -> None:
    """Grants may have been lost with the last writes, though the data came back."""
    with redis_server(tmp_path, "--appendonly", "yes") as server:
        store = RedisStore.from_url(server.url)
        scope = BudgetScope(venue="binance", egress="default", account="main")
        budget = RedisBudget(store.client, (WEIGHT,), scope, clock, now_ms=clock.now_ms)
        budget.observe({"weight_1m": 0})
        take(budget, 30)
        server.restart()

        assert used(budget) == 100
        take(budget, 40)
        with pytest.raises(BudgetExhausted):
            take(budget, 40)
        budget.observe({"weight_1m": 31})
        assert used(budget) == 70
        store.close()


def test_penalty_quiets_everybody_at_once(
    budget: RedisBudget, build: Build, clock: ManualClock
) -> None:
    """Every account behind the address, every lane; a shorter one does not end it sooner."""
    budget.penalize(3_000)
    budget.penalize(1_000)
    neighbour = build("other")

    assert neighbour.penalty_ms() == 3_000
    with pytest.raises(BudgetExhausted) as refused:
        take(neighbour, 0)
    assert refused.value.retry_after_ms == 3_000
    clock.wait(3_000)
    assert neighbour.penalty_ms() == 0
    take(budget, 1)


def test_penalty_of_an_account_stops_its_orders_only(
    budget: RedisBudget, build: Build, clock: ManualClock
) -> None:
    """Too many orders: its questions and cancels, and other accounts' orders, go on."""
    budget.penalize(3_000, WindowScope.ACCOUNT)
    neighbour = build("other")
    neighbour.observe({"orders_10s": 0})

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 1, orders=1)
    assert refused.value.retry_after_ms == 3_000
    assert (budget.penalty_ms(), budget.penalty_ms(WindowScope.ACCOUNT)) == (0, 3_000)
    take(budget, 1, Lane.CANCEL)
    take(neighbour, 1, orders=1)
    clock.wait(3_000)
    take(budget, 1, orders=1)


def test_window_of_requests_counts_each_once(store: RedisStore, clock: ManualClock) -> None:
    """No header speaks of it: unknown, it gives half, and it is known when it turns."""
    window = replace(WEIGHT, name="requests", counted=Counted.REQUESTS, is_told=False)
    scope = BudgetScope(venue="binance", egress="default", account="main")
    budget = RedisBudget(store.client, (window,), scope, clock, now_ms=clock.now_ms)
    for _ in range(50):
        take(budget, 99)

    with pytest.raises(BudgetExhausted):
        take(budget, 0)
    clock.at_ms = START_MS + MINUTE
    take(budget, 99)
    assert used(budget, "requests") == 1


def test_address_is_shared_and_account_is_not(budget: RedisBudget, build: Build) -> None:
    """Weight is the address's, order counts are the account's, behind whatever address."""
    take(budget, 60, orders=10)

    other = build("other")
    other.observe({"orders_10s": 0})
    with pytest.raises(BudgetExhausted):
        take(other, 41)
    take(other, 40, orders=10)
    elsewhere = build("main", "second-address")
    elsewhere.observe({"weight_1m": 0})
    take(elsewhere, 100)
    with pytest.raises(BudgetExhausted):
        take(elsewhere, 0, orders=1)


def test_meter_tells_the_lanes(budget: RedisBudget) -> None:
    """Who used it, and when it turns."""
    take(budget, 5, Lane.POLL)
    take(budget, 7, Lane.CANCEL)
    take(budget, 2, Lane.POLL)

    line, _ = budget.meter()

    assert (line.window, line.used, line.resets_in_ms) == (WEIGHT, 14, 55_000)
    assert (line.is_known, line.used_by_account) == (True, {"main": 14})
    assert {lane: use for lane, use in line.used_by_lane.items() if use} == {
        Lane.POLL: 7,
        Lane.CANCEL: 7,
    }


def test_windows_follow_the_exchange_clock(build: Build, clock: ManualClock) -> None:
    """The exchange's minute turns by its own time; while that is unknown, ours stands for it."""
    exchange_ms = [START_MS + MINUTE - 2_000]

    def exchange_now_ms() -> int:
        if not exchange_ms:
            raise ClockUnknown
        return exchange_ms[0]

    budget = build(exchange_now_ms=exchange_now_ms)
    budget.observe({"weight_1m": 0, "orders_10s": 0})
    take(budget, 100)

    with pytest.raises(BudgetExhausted) as refused:
        take(budget, 1)
    assert refused.value.retry_after_ms == 2_000
    exchange_ms[0] += 2_000
    take(budget, 100)
    exchange_ms.clear()  # By our clock the window before still runs: the newer one counts
    with pytest.raises(BudgetExhausted):
        take(budget, 1)


def test_server_that_is_gone_is_not_an_allowance(tmp_path: Any, clock: ManualClock) -> None:
    """Without the store nobody knows what the others use."""
    with redis_server(tmp_path) as gone:
        pass
    store = RedisStore.from_url(gone.url)
    scope = BudgetScope(venue="binance", egress="default", account="main")
    budget = RedisBudget(store.client, (WEIGHT,), scope, clock)

    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        take(budget, 1)


def test_lost_reply_of_a_grant_is_asked_for_again(
    server: RedisServer, store: RedisStore, budget: RedisBudget, clock: ManualClock
) -> None:
    """The nonce makes the repeat one grant."""
    with cutting_proxy(server.port) as proxy:
        cut = RedisStore.from_url(f"redis://127.0.0.1:{proxy.port}/0")
        scope = BudgetScope(venue="binance", egress="default", account="main")
        far = RedisBudget(cut.client, (WEIGHT, ORDERS), scope, clock, now_ms=clock.now_ms)
        take(budget, 1)  # So that the server knows the script
        proxy.arm(Cut.AFTER)
        take(far, 5)
        cut.close()

    assert used(budget) == 6
    assert proxy.writes >= 2
