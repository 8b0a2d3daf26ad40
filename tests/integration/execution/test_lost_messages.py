"""Messages are hints: lost, doubled and disordered ones change nothing in the end."""

from __future__ import annotations

import pytest

from engine.ports import OrderFilter
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.execution.story import Story
from tests.integration.markets import later_on_both_markets

pytestmark = pytest.mark.integration


@later_on_both_markets
@pytest.mark.parametrize("seed", range(8))
def test_any_fate_of_messages_ends_equal(desk: Desk, seed: int) -> None:
    """After the sweeps: one exchange order for each key that was placed, books equal."""
    story = Story(desk, seed)
    for _ in range(25):
        story.step()
    desk.paper.control.clear_faults()
    desk.deliver()
    desk.paper.control.set_clock(120_000)  # Every window is over: doubts can end
    for _ in range(3):
        desk.sweep()
    assert_equal_to_exchange(desk)
    assert desk.context.store.list_orders(OrderFilter.IN_DOUBT) == ()
    shown = [name for name, _ in desk.exchange_fills()]
    assert len(shown) == len(set(shown)), "one intent, one order"
    recorded = desk.context.store.list_orders(OrderFilter.RECENT)
    assert len(recorded) == len(story.keys)
