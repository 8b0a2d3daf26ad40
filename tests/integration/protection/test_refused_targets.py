"""A target that the exchange refuses again and again, beside a stop that stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.domain.events import EventKind
from engine.domain.protection import LegRole
from engine.execution.protection.protecting import protect_account
from tests.desk import Desk
from tests.integration.conftest import ASKS, BIDS
from tests.integration.protection.scenes import kinds, plan_of
from tests.paper import PaperExchange
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration
TOO_FAR = json.dumps({"code": -4016, "msg": "Limit price can't be higher than 105."})
#: Each round of an endless row takes three messages.
ENOUGH = 60


@pytest.fixture
def desk(tmp_path: Path, redis_server: RedisServer, paper: PaperExchange) -> Iterator[Desk]:
    paper.control.futures.set_price("BTCUSDT", "100")
    paper.control.futures.set_book("BTCUSDT", BIDS, ASKS)
    working = Desk(tmp_path, redis_server.url, paper, market_type="futures", owns_time=True)
    working.engine.store.client.read("FLUSHALL")
    yield working.open()
    working.close()


def enter(desk: Desk) -> str:
    """Enter where every order but the entry is refused on the way of ordinary ones."""
    desk.paper.control.futures.add_fault(
        path="/fapi/v1/order",
        method="POST",
        skip=1,
        count=None,
        effect=False,
        answer="status",
        status=400,
        body=TOO_FAR,
    )
    order = desk.place("BTC/USDT:USDT", quantity="2", stop_loss="90", take_profit="110")
    deliver(desk)
    return order.client_order_id


def deliver(desk: Desk) -> None:
    for _ in range(ENOUGH):
        if not desk.messages.waiting:
            return
        desk.carry_out(desk.messages.waiting.popleft())
    raise AssertionError("it never ends")


def targets(desk: Desk, entry: str) -> int:
    """Return how many targets there were, the refused ones included: the stop is the first leg."""
    return plan_of(desk, entry).round - 1


def test_a_refused_target_is_tried_again_ever_more_rarely(desk: Desk) -> None:
    """The stop stands, one alarm tells of the target, and it is there once the market allows it."""
    entry = enter(desk)
    (stop,) = plan_of(desk, entry).legs
    assert (stop.role, targets(desk, entry)) == (LegRole.STOP, 2)
    assert kinds(desk).count(EventKind.ALARM) == 1
    for _ in range(3):
        desk.clock.pass_time(1_000)
        protect_account(desk.context)
        deliver(desk)
    assert targets(desk, entry) == 4
    assert kinds(desk).count(EventKind.ALARM) == 1
    desk.paper.control.clear_faults()
    desk.clock.pass_time(60_000)
    protect_account(desk.context)
    deliver(desk)
    protect_account(desk.context)
    plan = plan_of(desk, entry)
    assert {leg.role for leg in plan.legs} == set(LegRole)
    assert plan.target_failures == 0


def test_a_target_that_is_left_to_a_person_is_not_placed_anew(desk: Desk) -> None:
    """`on_missing: alarm` holds for a target beside its stop, too."""
    settings = json.loads(desk.config_path.read_text())
    desk.config_path.write_text(json.dumps(settings | {"protection": {"on_missing": "alarm"}}))
    desk.restart_engine()
    entry = enter(desk)
    desk.clock.pass_time(60_000)
    protect_account(desk.context)
    deliver(desk)
    assert targets(desk, entry) == 1
    assert kinds(desk).count(EventKind.ALARM) == 1
