"""One account whose exchange takes seconds per answer, another that must not notice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.domain.order_status import OrderStatus
from tasks.queues import LANES
from tests.fleet import Fleet, LaneWorker
from tests.house import celery_house, key_of
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.slow]

SLOW, QUICK = "account1", "account2"


@pytest.fixture
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """One worker of four processes for every lane."""
    accounts = {SLOW: 3_000_001, QUICK: 3_000_002}
    with celery_house(tmp_path_factory.mktemp("bulkhead"), accounts) as house:
        house.start(LaneWorker(house.system, "all", LANES, processes=4))
        yield house


def test_a_slow_account_holds_only_itself(fleet: Fleet) -> None:
    """Twenty orders of each: the quick account's are done while the slow one's still wait.

    Nobody sweeps here: who was turned away is called by who leaves.
    """
    slow = fleet.await_open(fleet.trader(SLOW, 3_000_001))
    quick = fleet.await_open(fleet.trader(QUICK, 3_000_002))
    quick.place(quantity="0.1")  # Rules and balances of this process are loaded
    stuck = [slow.place(quantity="0.1") for _ in range(2)]
    for order in stuck:
        eventually(lambda order=order: slow.order(order.client_order_id).is_settled, timeout_s=30)
    fleet.system.paper.add_fault(key=key_of(SLOW), method="POST", count=None, delay_after_ms=4_500)
    waiting = [slow.place(quantity="0.1") for _ in range(20)]
    placed = [quick.place(quantity="0.1") for _ in range(20)]
    eventually(
        lambda: all(
            quick.order(order.client_order_id).status is OrderStatus.FILLED for order in placed
        ),
        timeout_s=60,
        message=fleet.tails(),
    )
    left = [
        order
        for order in waiting
        if slow.order(order.client_order_id).status
        in {OrderStatus.INITIALIZED, OrderStatus.SUBMITTED}
    ]
    assert len(left) > 10, "the slow account was not slow"
    fleet.system.paper.clear_faults()
    eventually(
        lambda: all(slow.order(order.client_order_id).is_closed for order in waiting),
        timeout_s=60,
        message=fleet.tails(),
    )
