"""A settled group becomes positions and a portfolio: by a chord, or by the sweep behind it."""

from __future__ import annotations

from decimal import Decimal

import pytest
import redis

from engine.order_request import OrderRequest
from tests.fleet import Fleet
from tests.settled import assert_ends_equal
from tests.tape import Message, RedisTape
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = pytest.mark.e2e
BTC, ETH = "BTC/USDT", "ETH/USDT"
POSITION, PORTFOLIO = "positions.update_position", "portfolio.update_portfolio"


def place_group(trader: Trader, *symbols: str) -> None:
    requests = [
        OrderRequest(symbol=symbol, side="buy", quantity=1, account=trader.account)
        for symbol in symbols
    ]
    trader.orders.place_orders(requests, wait=False)


def test_the_chord_runs_positions_then_portfolio_once(
    fleet: Fleet, trader: Trader, tape: RedisTape
) -> None:
    """Two orders on two symbols: two folds, and after both one portfolio."""
    place_group(trader, BTC, ETH)
    eventually(lambda: _is_booked(trader, BTC, ETH))
    tape.catch_up()
    (portfolio,) = tape.messages(PORTFOLIO, trader.account)
    positions = [
        message for message in tape.messages(POSITION, trader.account) if message.is_chord_header
    ]
    assert sorted(message.args for message in positions) == [
        (trader.account, BTC),
        (trader.account, ETH),
    ]
    ended = eventually(lambda: _ends(tape, portfolio.task_id, positions))
    assert ended[-1] == portfolio.task_id
    assert sorted(ended[:-1]) == sorted(message.task_id for message in positions)
    assert_ends_equal(fleet, trader)


def test_a_lost_body_is_repaired_by_the_sweep(
    fleet: Fleet, trader: Trader, tape: RedisTape
) -> None:
    """The chord's counter is lost, so its body never runs; the outbox publishes it again."""
    store = trader.context.store
    others = next(worker for worker in fleet.workers if "completion" in worker.lanes)
    # The counter of the account's opening goes a moment after its body has run
    eventually(lambda: not _chord_sizes(fleet))
    fleet.app.control.cancel_consumer("completion", destination=[others.node], reply=True)
    place_group(trader, BTC, ETH)
    lost = eventually(lambda: _chord_sizes(fleet))
    with _results(fleet) as client:
        client.delete(*lost)
    fleet.app.control.add_consumer("completion", destination=[others.node], reply=True)

    eventually(lambda: len(trader.context.store.list_positions()) == 2)
    assert [message.args for message in tape.messages(PORTFOLIO, trader.account)] == []
    assert len(store.list_outbox()) == 1

    def swept() -> bool:
        fleet.send("monitoring.publish_outbox")
        return not store.list_outbox()

    eventually(swept, timeout_s=30)
    assert_ends_equal(fleet, trader)


def test_a_partial_fill_moves_the_position_without_a_chord(
    fleet: Fleet, trader: Trader, tape: RedisTape
) -> None:
    """An order that rests with a part filled is in the position at once."""
    order = trader.place(order_type="limit", quantity=1, price=Decimal("99.50"))
    eventually(lambda: trader.order(order.client_order_id).exchange_order_id)
    named = {"client_order_id": order.client_order_id, "quantity": "0.25"}
    trader.paper.control.fill("BTCUSDT", **named)
    fleet.send("monitoring.reconcile_account", trader.account)
    fleet.send("orders.poll_order", trader.account, order.client_order_id)
    position = eventually(trader.position)
    assert position.net_quantity == trader.exchange_totals()["BTC"]
    assert trader.context.store.list_outbox() == ()
    tape.catch_up()
    assert [
        message for message in tape.messages(POSITION, trader.account) if message.is_chord_header
    ] == []


def test_the_completion_tasks_may_run_again_and_again(fleet: Fleet, trader: Trader) -> None:
    """A redelivered fold or portfolio finds that there is nothing left to do."""
    place_group(trader, BTC)
    eventually(lambda: _is_booked(trader, BTC))
    before = trader.position()
    for _ in range(3):
        fleet.send(POSITION, trader.account, BTC)
        fleet.send(PORTFOLIO, trader.account, "unknown")
    assert_ends_equal(fleet, trader)
    assert trader.position() == before


def test_nobody_listens_for_results(fleet: Fleet, trader: Trader) -> None:
    """A publisher that subscribed would keep a channel for each order that ever settled."""
    for _ in range(3):
        place_group(trader, BTC)
    place_group(trader, ETH, BTC)
    eventually(lambda: _is_booked(trader, BTC, ETH))
    with _results(fleet) as client:
        eventually(lambda: client.pubsub_channels("celery-task-meta-*") == [])


def _is_booked(trader: Trader, *symbols: str) -> bool:
    store = trader.context.store
    portfolio = store.find_portfolio()
    covered = portfolio is not None and set(symbols) <= set(portfolio.value.cursors)
    return covered and not store.list_outbox()


def _ends(tape: RedisTape, last: str, others: list[Message]) -> list[str]:
    """Return the ids of the chord's tasks in the order in which they succeeded, when all did."""
    tape.catch_up()
    wanted = {last, *(message.task_id for message in others)}
    events = sorted(tape.events("task-succeeded"), key=lambda event: event["timestamp"])
    ended = [event["uuid"] for event in events if event["uuid"] in wanted]
    return ended if set(ended) == wanted else []


def _chord_sizes(fleet: Fleet) -> list[str]:
    """Return the keys that tell how many parts each open chord has."""
    with _results(fleet) as client:
        return list(client.scan_iter("celery-taskset-meta-*.s"))


def _results(fleet: Fleet) -> redis.Redis:
    return redis.Redis.from_url(fleet.app.conf.result_backend, decode_responses=True)
