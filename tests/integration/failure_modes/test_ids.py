"""Ids that are used twice, replaced, forgotten, enormous, or somebody else's."""

from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import SecretStr

from engine.bootstrap import Engine
from engine.domain.order_status import OrderStatus
from engine.errors import IdentityConflict
from engine.execution.doubt import resolution, settling
from engine.execution.ending.cancellation import request_cancel
from engine.execution.reconciling import reconcile
from engine.store.store import RedisStore
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange, assert_trades_equal
from tests.integration.failure_modes.asking import (
    LIMIT,
    PAST_WINDOW_MS,
    alarms,
    error_body,
    submit_into,
)

pytestmark = pytest.mark.integration
S = OrderStatus


def place_by_hand(desk: Desk, client_order_id: str) -> None:
    words = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    desk.paper.control.place(words | {"newClientOrderId": client_order_id}, key=desk.key)


def change_key(desk: Desk, api_key: str) -> None:
    """Start anew with another key under the account's old name."""
    settings = desk.engine.settings
    changed = {
        name: account.model_copy(update={"api_key": SecretStr(api_key)})
        for name, account in settings.accounts.items()
    }
    store = RedisStore(settings.state_address())
    desk.engine.close()
    desk.engine = Engine(
        settings.model_copy(update={"accounts": changed}), store, desk.messages, clock=desk.clock
    )


def test_an_id_that_the_exchange_took_a_second_time(desk: Desk) -> None:
    """A filled order's id is free again: another order under it is told, and never ours."""
    order = desk.place(quantity=1)
    done = desk.deliver().order(order.client_order_id)
    place_by_hand(desk, order.client_order_id)
    desk.sweep()
    reconcile.reconcile(desk.context)
    desk.deliver()
    assert any("two orders with this id" in message for message in alarms(desk))
    after = desk.order(order.client_order_id)
    assert (after.exchange_order_id, after.fills) == (done.exchange_order_id, done.fills)
    assert_trades_equal(desk)
    position = desk.position()
    assert position is not None
    assert position.net_quantity == desk.exchange_totals()["BTC"]


def test_ids_beyond_what_a_float_can_count(desk: Desk) -> None:
    """Neighbours above 2 to the 53rd are two orders, two trades, through store and scripts."""
    desk.paper.control.set_next_id("BTCUSDT", "order", 2**53)
    desk.paper.control.set_next_id("BTCUSDT", "trade", 2**62)
    resting = desk.place(**LIMIT)
    market = desk.place(quantity=Decimal("0.8"))
    desk.deliver()
    ids = [desk.order(order.client_order_id).exchange_order_id for order in (resting, market)]
    assert ids == ["9007199254740992", "9007199254740993"]
    trades = [fill.trade_id for fill in desk.order(market.client_order_id).fills]
    assert trades == ["4611686018427387904", "4611686018427387905"]
    request_cancel(desk.context, resting.client_order_id)
    assert desk.deliver().order(resting.client_order_id).status is S.CANCELED
    assert desk.order(market.client_order_id).status is S.FILLED
    assert_equal_to_exchange(desk)


def test_an_order_whose_history_aged_out_is_not_called_unsent(desk: Desk) -> None:
    """The exchange speaks of an archive: that is no absence, so the doubt is a person's."""
    order = submit_into(desk, {"answer": "drop"}, **LIMIT)
    body = error_body(-2026, "Order was canceled or expired with no executed qty over 90 days ago.")
    desk.paper.control.answer_status(400, body, command="order.status", count=None)
    desk.paper.control.set_clock(PAST_WINDOW_MS)
    for _ in range(3):
        resolution.resolve_order(desk.context, order.client_order_id)
    assert desk.order(order.client_order_id).is_in_doubt
    (told,) = alarms(desk)
    assert "-2026" in told
    assert "order settle" in told
    desk.paper.control.clear_faults()
    assert desk.sweep().order(order.client_order_id).status is S.ACCEPTED
    assert_equal_to_exchange(desk)


def test_a_doubt_that_is_older_than_the_exchange_remembers(desk: Desk) -> None:
    """Found nowhere after 91 days: it may have been there and ended; only a person ends it."""
    order = submit_into(desk, {"answer": "drop", "effect": False}, **LIMIT)
    desk.messages.waiting.clear()
    desk.paper.control.set_clock(91 * 86_400_000)
    resolution.resolve_order(desk.context, order.client_order_id)
    assert desk.order(order.client_order_id).is_in_doubt
    (told,) = alarms(desk)
    assert "order settle" in told
    ended = settling.settle_not_placed(desk.context, order.client_order_id, "a person")
    assert ended.status is S.REJECTED
    assert_equal_to_exchange(desk)


def test_a_doubt_is_not_ended_in_another_account(desk: Desk) -> None:
    """Under a key of somebody else's nothing is found; that says nothing about ours."""
    order = submit_into(desk, {"answer": "drop"}, **LIMIT)
    desk.messages.waiting.clear()
    desk.paper.control.open_account(f"other{desk.uid}", "secret", desk.uid + 1_000_000)
    desk.paper.control.set_clock(PAST_WINDOW_MS)
    change_key(desk, f"other{desk.uid}")
    with pytest.raises(IdentityConflict, match=str(desk.uid + 1_000_000)):
        resolution.resolve_order(desk.context, order.client_order_id)
    assert desk.order(order.client_order_id).is_in_doubt
    change_key(desk, desk.key)
    assert desk.sweep().order(order.client_order_id).status is S.ACCEPTED
    assert_equal_to_exchange(desk)
