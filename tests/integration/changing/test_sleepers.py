"""A process that sleeps in the middle of an act, while others go on."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.changing import ChaseEnd
from engine.domain.order_status import OrderStatus
from engine.execution.changing import chasing, following
from tests.integration.changing.market import Market
from tests.integration.changing.test_chase import chased

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


def test_a_chase_is_not_ended_by_an_older_price(spot: Market) -> None:
    """A worker slept over its look at the order: another one has moved it to a newer price."""
    first = chased(spot)
    seen = spot.order(first)
    spot.set_touch("100.10", "100.20")
    following.follow_symbol(spot.desk.context, spot.symbol)
    chasing.chase(spot.desk.context, seen, Decimal("100.05"))
    spot.deliver().pass_time()
    last = spot.newest(first)
    assert last.terms.price == Decimal("100.10")
    assert last.chase is not None
    assert not last.chase.is_over


def test_a_chase_that_is_to_end_with_a_cancel_is_cancelled(
    spot: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process dies as soon as it is written that the chase is over: its end is wished, too."""
    first = chased(spot, most_away=Decimal("0.02"), then=ChaseEnd.CANCEL)
    spot.set_touch("100.10", "100.20")

    def die(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(chasing, "request_cancel", die)
        with pytest.raises(KeyboardInterrupt):
            following.follow_symbol(spot.desk.context, spot.symbol)
    spot.desk.messages.waiting.clear()
    for _ in range(3):
        spot.pass_time(10_000)
    assert spot.order(first).status is S.CANCELED
