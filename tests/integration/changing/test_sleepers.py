"""A process that sleeps in the middle of an act, while others go on."""

from __future__ import annotations

import pytest

from engine.domain.order_status import OrderStatus
from tests.integration.changing.market import Market

pytestmark = pytest.mark.integration
S = OrderStatus

SLEEP_MS = 60_000


def test_a_cancel_of_everything_ends_nothing_newer(
    spot: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It slept between its look and its signature: what rests since is not what it saw."""
    desk = spot.desk
    orders = [spot.rest() for _ in range(3)]
    desk.orders.cancel_all_orders("BTCUSDT", wait=False)
    message = desk.messages.waiting.popleft()
    gateway, monotonic_ms = desk.context.gateway, desk.clock.monotonic_ms
    newer = []

    def sleep() -> int:
        monkeypatch.undo()
        monkeypatch.setattr(desk.clock, "monotonic_ms", lambda: monotonic_ms() + SLEEP_MS)
        desk.clock.pass_time(SLEEP_MS)
        newer.append(spot.place("limit", "1", price="99.40"))
        spot.deliver()
        return gateway.exchange_now_ms()

    monkeypatch.setattr(gateway, "exchange_now_ms", sleep)
    desk.carry_out(message)
    spot.deliver()
    assert spot.order(newer[0]).status is S.ACCEPTED
    assert [spot.order(one).status for one in orders] == [S.CANCELED] * 3
