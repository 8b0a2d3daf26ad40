"""An exchange that begins its ledger anew, as test networks do each month."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.domain.fill import Fill, RowKind
from engine.domain.order_status import OrderStatus
from engine.domain.stream import OrderNews
from engine.domain.trading_state import TradingState
from engine.execution.doubt import resolution
from engine.execution.reconciling import reconcile
from engine.execution.reconciling.findings import ReconcileResult
from engine.execution.reconciling.reset_proof import CONFIRM_MS
from engine.execution.stream.streaming import Effect, apply_message
from tests.builders import build_report
from tests.desk import Desk
from tests.integration.execution.comparing import (
    assert_balances_equal,
    assert_equal_to_exchange,
    assert_trades_equal,
)
from tests.integration.failure_modes.asking import LIMIT, alarms, error_body, submit_into

pytestmark = pytest.mark.integration
S = OrderStatus


def go_on(desk: Desk) -> ReconcileResult:
    """Reconcile until a suspicion is certain or over."""
    first = reconcile.reconcile(desk.context)
    assert first is not None
    if not first.is_reset_suspected:
        return first
    assert not first.is_finished
    desk.clock.pass_time(CONFIRM_MS)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    desk.deliver()
    return result


def ledger_epoch(desk: Desk) -> int:
    return desk.context.store.load_state().ledger_epoch


def assert_new_ledger_equal(desk: Desk) -> None:
    """The sums, positions and trades of the new ledger are the exchange's."""
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert (result.is_equal, result.is_finished) == (True, True)
    desk.deliver()
    assert_trades_equal(desk)
    assert_balances_equal(desk)


def test_an_exchange_that_forgets_everything(desk: Desk) -> None:
    """What was open ends with its reason, a new ledger opens from the balances, work goes on."""
    bought = desk.place(quantity=1)
    resting = desk.place(**LIMIT)
    desk.deliver()
    before = desk.context.store.load_rows("BTC/USDT")
    desk.paper.control.reset()
    result = go_on(desk)
    assert (result.rebuilt is not None, result.is_equal, ledger_epoch(desk)) == (True, True, 1)
    ended = desk.order(resting.client_order_id)
    assert ended.reason is not None
    assert (ended.status, ended.reason.code, ended.is_settled) == (S.CANCELED, "LEDGER_RESET", True)
    assert desk.order(bought.client_order_id).status is S.FILLED, "what was done stays done"
    assert desk.context.store.load_former_rows(0, "BTC/USDT") == before
    assert desk.context.store.load_former_cursors(0)["BTC/USDT"] == len(before)
    assert [m for m in alarms(desk) if "reset its ledger" in m] == alarms(desk)
    assert desk.context.store.load_state().trading_state is TradingState.ACTIVE
    assert desk.context.store.load_risk_book().reservations == ()
    assert_new_ledger_equal(desk)


def test_ids_begin_again_at_one(desk: Desk) -> None:
    """The first order and the first trade of the new ledger are not the old ones."""
    old = [desk.place(quantity=1), desk.place(**LIMIT)]
    desk.deliver()
    desk.paper.control.reset()
    go_on(desk)
    new = [desk.place(quantity=Decimal("0.8")), desk.place(**LIMIT)]
    desk.deliver()
    ids = [desk.order(order.client_order_id).exchange_order_id for order in (*old, *new)]
    assert ids[:2] == ids[2:], "the same numbers"
    done = desk.order(new[0].client_order_id)
    assert (done.status, done.filled_quantity) == (S.FILLED, Decimal("0.8"))
    rows = desk.context.store.load_rows("BTC/USDT")
    booked = {row.row_id for row in rows if isinstance(row, Fill)}
    assert booked & {fill.row_id for fill in desk.order(old[0].client_order_id).fills}
    desk.paper.control.fill("BTCUSDT", client_order_id=new[1].client_order_id)
    desk.sweep()
    assert desk.order(new[1].client_order_id).status is S.FILLED
    assert desk.order(old[1].client_order_id).fills == ()
    assert_new_ledger_equal(desk)


def test_a_key_stays_spent_after_a_reset(desk: Desk) -> None:
    """The same id again returns the order that the exchange forgot; nothing is sent."""
    order = desk.place(**LIMIT, key="mine")
    desk.deliver()
    desk.paper.control.reset()
    go_on(desk)
    again = desk.place(**LIMIT, key="mine")
    desk.deliver().sweep()
    assert again.client_order_id == order.client_order_id
    assert desk.exchange_orders() == []


def test_orders_that_went_out_before_the_reset_was_noticed(desk: Desk) -> None:
    """They are of the new ledger: they live on, and their trades are booked in it."""
    desk.place(quantity=1)
    desk.place(**LIMIT)
    desk.deliver()
    desk.paper.control.reset()
    filled, resting = desk.place(quantity=Decimal("0.8")), desk.place(**LIMIT)
    desk.deliver()
    result = go_on(desk)
    assert ledger_epoch(desk) == 1
    assert result.is_equal
    assert desk.order(resting.client_order_id).status is S.ACCEPTED
    done = desk.order(filled.client_order_id)
    assert (done.status, done.filled_quantity, done.is_settled) == (S.FILLED, Decimal("0.8"), True)
    assert {fill.ledger_epoch for fill in done.fills} == {1}
    assert_new_ledger_equal(desk)


def test_a_doubt_from_before_the_reset(desk: Desk) -> None:
    """Nobody can tell any more whether it was placed: it ends, and says so."""
    desk.place(quantity=1)
    desk.deliver()
    doubted = submit_into(desk, {"answer": "drop"}, **LIMIT)
    desk.messages.waiting.clear()
    desk.paper.control.reset()
    desk.paper.control.set_clock(120_000)
    go_on(desk)
    ended = desk.order(doubted.client_order_id)
    assert ended.reason is not None
    assert (ended.status, ended.reason.code) == (S.CANCELED, "LEDGER_RESET")
    assert resolution.resolve_order(desk.context, doubted.client_order_id) is S.CANCELED
    assert_new_ledger_equal(desk)


def test_nothing_is_claimed_while_a_reset_is_suspected(desk: Desk) -> None:
    """An order waits until the new ledger stands, and is then sent once."""
    desk.place(quantity=1)
    desk.deliver()
    desk.paper.control.reset()
    waiting = desk.place(quantity=Decimal("0.5"))
    sent = desk.messages.take()
    first = reconcile.reconcile(desk.context)
    assert first is not None
    assert first.is_reset_suspected
    desk.messages.waiting.extend(sent)
    for _ in range(3):
        desk.carry_out(desk.messages.waiting.popleft()) if desk.messages.waiting else None
    assert desk.exchange_orders() == []
    assert desk.order(waiting.client_order_id).status is S.INITIALIZED
    desk.messages.waiting.clear()
    desk.clock.pass_time(CONFIRM_MS)
    reconcile.reconcile(desk.context)
    desk.deliver().sweep()
    assert desk.order(waiting.client_order_id).status is S.DENIED, "it was too old by then"
    assert_new_ledger_equal(desk)


def test_a_copy_that_lags_is_no_reset(desk: Desk) -> None:
    """What is not visible for a while holds claims, and then all is as it was."""
    order = desk.place(quantity=1)
    resting = desk.place(**LIMIT)
    desk.deliver()
    desk.paper.control.set_read_lag(3_600_000)
    hidden = {"answer": "status", "status": 200, "body": "[]", "count": None}
    desk.paper.control.add_fault(method="GET", path="/api/v3/myTrades", key=desk.key, **hidden)
    first = reconcile.reconcile(desk.context)
    assert first is not None
    assert first.is_reset_suspected
    assert desk.context.store.load_state().is_held
    desk.paper.control.set_read_lag(0)
    desk.paper.control.clear_faults()
    desk.clock.pass_time(CONFIRM_MS)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert (result.is_equal, result.rebuilt, ledger_epoch(desk)) == (True, None, 0)
    assert desk.order(resting.client_order_id).status is S.ACCEPTED
    assert desk.order(order.client_order_id).status is S.FILLED
    assert not desk.context.store.load_state().is_held
    assert_equal_to_exchange(desk)


def test_an_exchange_that_refuses_to_speak_is_no_reset(desk: Desk) -> None:
    """Only "there is no such order" counts, never an error of another kind."""
    desk.place(**LIMIT)
    desk.deliver()
    body = error_body(-2026, "Order was archived.")
    desk.paper.control.answer_status(400, body, command="order.status", count=None)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert not result.is_reset_suspected


def test_messages_of_the_old_ledger_change_nothing(desk: Desk) -> None:
    """A stream that still tells of trades of before books none of them."""
    old = desk.place(quantity=1)
    desk.deliver()
    fill = desk.order(old.client_order_id).fills[0]
    desk.paper.control.reset()
    go_on(desk)
    before = desk.context.store.load_cursors()
    stray = replace(fill, exchange_order_id="900", trade_id="900", client_order_id=None)
    assert apply_message(desk.context, old_news(stray)) is Effect.NOTHING
    assert desk.context.store.append_rows([stray]) == 0, "read from the ledger of before"
    assert desk.context.store.load_cursors() == before
    assert_new_ledger_equal(desk)


def old_news(fill: Fill) -> OrderNews:
    """Return what the stream said of a stranger's trade before the reset."""
    report = build_report(
        exchange_order_id=fill.exchange_order_id,
        client_order_id="strange",
        status=S.FILLED,
        filled_quantity=fill.quantity,
        quantity=fill.quantity,
        created_at_ms=fill.executed_at_ms,
        updated_at_ms=fill.executed_at_ms,
        fills=(fill,),
    )
    return OrderNews(report=report, sent_at_ms=fill.executed_at_ms)


def test_an_account_with_real_money_is_left_alone(desk: Desk) -> None:
    """There it is an alarm for a person: nothing ends, nothing is put aside."""
    desk.place(quantity=1)
    resting = desk.place(**LIMIT)
    desk.deliver()
    desk.paper.control.reset()
    context = replace(desk.context, forgets=False, is_paper=False)
    for _ in range(2):
        reconcile.reconcile(context)
        desk.clock.pass_time(CONFIRM_MS)
    assert ledger_epoch(desk) == 0
    assert desk.order(resting.client_order_id).status is S.ACCEPTED
    told = [message for message in alarms(desk) if "does not know our oldest trades" in message]
    assert len(told) == 1


def test_a_reset_again(desk: Desk) -> None:
    """Month after month: each ledger is kept, and the newest equals the exchange."""
    for epoch in range(2):
        desk.place(quantity=1)
        desk.deliver()
        desk.paper.control.reset()
        assert go_on(desk).is_equal
        assert ledger_epoch(desk) == epoch + 1
    kinds = [
        [row.kind if not isinstance(row, Fill) else "fill" for row in rows]
        for rows in (desk.context.store.load_former_rows(e, "BTC/USDT") for e in (0, 1))
    ]
    assert kinds == [["fill", "fill"]] * 2
    (opening,) = desk.context.store.load_rows("USDT")
    assert not isinstance(opening, Fill)
    assert (opening.kind, opening.quantity) == (RowKind.OPENING, 1_000_000)
    assert_new_ledger_equal(desk)
