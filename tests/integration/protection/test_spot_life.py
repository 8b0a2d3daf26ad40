"""What may happen to a guarded position on spot, and that it is never bare unseen."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.events import EventKind
from engine.domain.order_status import OrderStatus
from engine.domain.protection import ProtectionState
from engine.domain.signal import Signal, SignalStatus, SignalType
from engine.errors import InvalidRequest
from engine.execution.doubt import resolution
from engine.execution.ending import cancellation
from engine.execution.placing import list_submission, sending
from engine.execution.protection import protecting
from engine.execution.stopping import emergency
from engine.order_request import OrderRequest
from engine.position_guard import PositionGuard
from engine.signal_processor import LiveSignalProcessor
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.protection.scenes import enter, kinds, open_at_exchange, plan_of, plans

pytestmark = pytest.mark.integration

GUARDED = {"STOP_LOSS": Decimal("0.1998"), "LIMIT_MAKER": Decimal("0.1998")}
OCO = "orderList.place.oco"


def test_a_crash_before_the_record_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plan names its legs first; whoever looks next records those very legs."""

    def crash(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as crashing:
        crashing.setattr(protecting, "record_legs", crash)
        with pytest.raises(KeyboardInterrupt):
            enter(desk)
    (plan,) = plans(desk)
    assert open_at_exchange(desk) == {}
    desk.messages.waiting.clear()
    protecting.protect_account(desk.context)
    desk.deliver()
    assert open_at_exchange(desk) == GUARDED
    assert plan_of(desk, plan.plan_id).round == 1


def test_a_list_in_doubt_is_found_by_its_orders(desk: Desk) -> None:
    """The answer is lost; each leg is looked for by its own id, and nothing is sent again."""
    desk.paper.control.drop_after(OCO)
    enter(desk)
    desk.sweep()
    assert open_at_exchange(desk) == GUARDED
    assert len(desk.exchange_orders()) == 3


def test_a_refused_list_is_placed_anew(desk: Desk) -> None:
    """A refusal ends both legs, and the next round is placed at once, by the price of now."""
    desk.paper.control.answer_status(
        400, '{"code": -2010, "msg": "Account has insufficient balance."}', OCO, effect=False
    )
    entry = enter(desk)
    assert open_at_exchange(desk) == GUARDED
    assert plan_of(desk, entry).round == 2


def test_a_bare_position_is_told_once(desk: Desk) -> None:
    """While nothing guards it for longer than allowed there is one alarm, and it ends."""
    desk.paper.control.answer_status(
        400, '{"code": -2010, "msg": "No."}', OCO, effect=False, count=None
    )
    entry = enter(desk)
    for _ in range(3):
        desk.clock.pass_time(6_000)
        protecting.protect_account(desk.context)
        desk.deliver()
    assert kinds(desk).count(EventKind.POSITION_UNPROTECTED) == 1
    desk.paper.control.clear_faults()
    desk.clock.pass_time(60_000)
    protecting.protect_account(desk.context)
    desk.deliver()
    protecting.protect_account(desk.context)
    assert open_at_exchange(desk) == GUARDED
    assert not plan_of(desk, entry).is_alarmed


def test_a_leg_that_others_end_is_placed_anew(desk: Desk) -> None:
    """Somebody cancels the stop by hand: the position is guarded again."""
    entry = enter(desk)
    leg = plan_of(desk, entry).legs[0]
    desk.paper.control.cancel("BTCUSDT", client_order_id=leg.client_order_id)
    desk.sweep()
    assert open_at_exchange(desk) == GUARDED


def test_what_is_left_to_a_person_is_not_placed_anew(desk: Desk) -> None:
    """`on_missing: alarm`: the leg that others ended stays away, and one alarm tells of it."""
    settings = json.loads(desk.config_path.read_text())
    desk.config_path.write_text(json.dumps(settings | {"protection": {"on_missing": "alarm"}}))
    desk.restart_engine()
    entry = enter(desk)
    assert open_at_exchange(desk) == GUARDED
    leg = plan_of(desk, entry).legs[0]
    desk.paper.control.cancel("BTCUSDT", client_order_id=leg.client_order_id)
    for _ in range(3):
        desk.sweep()
        desk.clock.pass_time(6_000)
        protecting.protect_account(desk.context)
        desk.deliver()
    assert open_at_exchange(desk) == {}
    assert (plan_of(desk, entry).round, len(desk.exchange_orders())) == (1, 3)
    assert kinds(desk).count(EventKind.POSITION_UNPROTECTED) == 1


def test_dust_of_a_part_is_guarded_when_more_follows(desk: Desk) -> None:
    """Too little to be ordered has no legs and no alarm; with what comes later it is guarded."""
    entry = enter(desk, order_type="limit", price="99", quantity="0.2")
    control = desk.paper.control
    control.fill("BTCUSDT", client_order_id=entry, quantity="0.00002")
    desk.sweep()
    desk.clock.pass_time(6_000)
    protecting.protect_account(desk.context)
    desk.deliver()
    assert plan_of(desk, entry).legs == ()
    assert EventKind.POSITION_UNPROTECTED not in kinds(desk)
    control.fill("BTCUSDT", client_order_id=entry, quantity="0.1")
    desk.sweep()
    assert set(open_at_exchange(desk)) == {"LIMIT", "STOP_LOSS", "LIMIT_MAKER"}
    sizes = {leg.quantity for leg in plan_of(desk, entry).legs}
    assert sizes == {Decimal("0.09991")}  # 0.10002 less the fee of 0.1 %, in steps


def test_dust_of_a_cancelled_entry_ends_the_plan_with_a_note(desk: Desk) -> None:
    """Nothing can be ordered against it, and nothing more will come."""
    entry = enter(desk, order_type="limit", price="99", quantity="0.2")
    desk.paper.control.fill("BTCUSDT", client_order_id=entry, quantity="0.00002")
    desk.sweep()
    desk.orders.cancel_order(entry, wait=False)
    desk.deliver()
    protecting.protect_account(desk.context)
    plan = plan_of(desk, entry)
    assert (plan.state, plan.round) == (ProtectionState.DONE, 0)
    assert "too little to be ordered" in plan.note
    assert open_at_exchange(desk) == {}


def test_a_stop_that_was_passed_closes_at_market(desk: Desk) -> None:
    """The price falls through the stop before the stop is placed."""
    order = desk.place(quantity="0.2", stop_loss="90", take_profit="110")
    while desk.messages.waiting[0][0] != "protect":
        desk.carry_out(desk.messages.waiting.popleft())
    desk.paper.control.set_price("BTCUSDT", "80")
    desk.deliver()
    desk.sweep()
    assert open_at_exchange(desk) == {}
    assert plan_of(desk, order.client_order_id).state is ProtectionState.DONE
    assert_equal_to_exchange(desk)


def close(desk: Desk) -> None:
    """Send a CLOSE and have everything done that it asks for."""
    wish = Signal(symbol="BTCUSDT", signal_type=SignalType.CLOSE, key="out")
    receipt = LiveSignalProcessor(engine=desk.engine).process_signal(wish)
    for _ in range(3):
        desk.deliver()
        desk.messages.process_signal("desk", receipt.signal_id)
    desk.deliver()
    protecting.protect_account(desk.context)
    record = desk.engine.store.find_signal(receipt.signal_id)
    assert record is not None
    assert record.status is SignalStatus.ORDERED


def test_what_fills_after_a_close_is_guarded_at_once(desk: Desk) -> None:
    """The pause was for the coins that were sold; the entry's next ones do not wait for its end."""
    entry = enter(desk, order_type="limit", price="99", quantity="1")
    for filled in ("0.4", "0.6"):
        desk.control.fill("BTCUSDT", client_order_id=entry, quantity=filled)
        desk.sweep()
        protecting.protect_account(desk.context)
        desk.deliver()
        if filled == "0.4":
            close(desk)
            assert open_at_exchange(desk) == {"LIMIT": Decimal("0.6")}
    assert set(open_at_exchange(desk)) == {"STOP_LOSS", "LIMIT_MAKER"}


def test_a_signal_to_close_ends_the_list_first(desk: Desk) -> None:
    """The coins are locked by the list; the close waits for its end, and acts once."""
    entry = enter(desk)
    close(desk)
    assert open_at_exchange(desk) == {}
    assert plan_of(desk, entry).state is ProtectionState.DONE
    assert_equal_to_exchange(desk)


def test_an_emergency_ends_the_legs_and_places_none(desk: Desk) -> None:
    """The position is flat afterwards, and its plan is over."""
    entry = enter(desk)
    emergency.begin_emergency(desk.context, "a test")
    run = emergency.work_emergency(desk.context, 30_000)
    assert run is not None
    assert run.is_clean
    protecting.protect_account(desk.context)
    desk.deliver()
    assert open_at_exchange(desk) == {}
    assert plan_of(desk, entry).state is ProtectionState.DONE


def test_a_plan_is_moved_and_ended_by_hand(desk: Desk) -> None:
    """Other prices are other orders; an ended plan leaves the position alone."""
    entry = enter(desk)
    guard = PositionGuard("desk", engine=desk.engine)
    guard.change(entry, stop_loss="95")
    desk.deliver()
    triggers = {order["trigger_price"] for order in desk.exchange_orders()[-2:]}
    assert {Decimal(one) for one in triggers} == {Decimal(0), Decimal(95)}
    assert open_at_exchange(desk) == GUARDED
    guard.end(entry)
    with pytest.raises(InvalidRequest, match="is ending; only an active plan can be changed"):
        guard.change(entry, stop_loss="94")
    desk.deliver()
    assert open_at_exchange(desk) == {}
    assert plan_of(desk, entry).state is ProtectionState.ENDED
    again = guard.protect("BTCUSDT", stop_loss="90")
    desk.deliver()
    with pytest.raises(InvalidRequest, match=r"stop_trigger_by is mark; on spot a stop always"):
        guard.change(again.plan_id, stop_trigger_by="mark")
    assert open_at_exchange(desk) == {"STOP_LOSS": Decimal("0.1998")}
    assert plan_of(desk, again.plan_id).state is ProtectionState.ACTIVE


@pytest.mark.parametrize(
    ("wish", "field"),
    [
        ({"stop_loss": "101"}, "stop_loss is 101; to buy at 100, it must be below that."),
        ({"take_profit": "99"}, "take_profit is 99; to buy at 100, it must be above that."),
        ({"stop_loss": "90.001"}, "stop_loss is 90.001; it must be a multiple of 0.01"),
        ({"side": "sell", "stop_loss": "110"}, "stop_loss is 110; an order that only closes"),
        ({"stop_loss": "-1"}, "stop_loss is '-1'"),
        ({"stop_loss": "90", "stop_trigger_by": "mark"}, "stop_trigger_by is mark; on spot"),
    ],
)
def test_a_bracket_that_cannot_be_is_refused(desk: Desk, wish: dict[str, str], field: str) -> None:
    """One sentence names the field, and nothing is placed."""
    with pytest.raises(InvalidRequest, match="^" + field.replace("(", r"\(")):
        desk.place(**{"quantity": "0.2"} | wish)
    assert desk.exchange_orders() == []
    assert plans(desk) == []


def test_one_of_two_cancels_the_other(desk: Desk) -> None:
    """Two sales of the same coins are one list; what the one trades ends the other."""
    enter_plain = desk.place(quantity="0.5")
    desk.deliver()
    assert desk.order(enter_plain.client_order_id).status is OrderStatus.FILLED
    wish = {"symbol": "BTCUSDT", "side": "sell", "quantity": "0.4", "account": "desk"}
    pair = (
        OrderRequest(**wish, order_type="limit", price="110"),
        OrderRequest(**wish, order_type="stop", trigger_price="90"),
    )
    first, second = desk.orders.place_one_cancels_other(pair, key="pair", wait=False)
    desk.deliver()
    assert set(open_at_exchange(desk)) == {"STOP_LOSS", "LIMIT_MAKER"}
    repeated = desk.orders.place_one_cancels_other(pair, key="pair", wait=False)
    assert [one.order_id for one in repeated] == [first.order_id, second.order_id]
    desk.paper.control.set_price("BTCUSDT", "112")
    desk.sweep()
    assert desk.order(first.order_id).status is OrderStatus.FILLED
    assert desk.order(second.order_id).status is OrderStatus.EXPIRED
    assert_equal_to_exchange(desk)


def test_a_list_that_a_cancel_ended_settles_its_order_in_doubt(desk: Desk) -> None:
    """A cancel of the one ends both; the other, under another id now, is known by their list."""
    wish = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.4", "account": "desk"}
    pair = (
        OrderRequest(**wish, order_type="limit", price="95"),
        OrderRequest(**wish, order_type="stop", trigger_price="105"),
    )
    desk.paper.control.drop_after(OCO)
    first, second = desk.orders.place_one_cancels_other(pair, wait=False)
    sending.send_order(desk.context, first.order_id)
    assert resolution.resolve_order(desk.context, first.order_id) is OrderStatus.ACCEPTED
    assert desk.order(second.order_id).is_in_doubt
    desk.messages.waiting.clear()  # Whoever would look for the second is late
    cancellation.request_cancel(desk.context, first.order_id)
    cancellation.cancel_order(desk.context, first.order_id)
    assert resolution.resolve_order(desk.context, second.order_id) is OrderStatus.CANCELED
    assert_equal_to_exchange(desk)


def test_what_is_left_of_a_list_still_counts(desk: Desk) -> None:
    """The stop may cost more and counts for both; when it ends, the other counts for itself."""
    wish = {"symbol": "BTCUSDT", "side": "buy", "quantity": "0.4", "account": "desk"}
    pair = (
        OrderRequest(**wish, order_type="limit", price="95"),
        OrderRequest(**wish, order_type="stop", trigger_price="105"),
    )
    first, second = desk.orders.place_one_cancels_other(pair, wait=False)
    desk.deliver()
    assert counting(desk) == [(second.order_id, Decimal("0.4"))]
    desk.paper.control.fill("BTCUSDT", client_order_id=first.order_id, quantity="0.1")
    desk.sweep()
    assert desk.order(second.order_id).status is OrderStatus.EXPIRED
    assert counting(desk) == [(first.order_id, Decimal("0.3"))]


def counting(desk: Desk) -> list[tuple[str, Decimal]]:
    """Return the orders that limits count with, and what each may still trade."""
    held = desk.context.store.load_risk_book().reservations
    return [(one.client_order_id, one.quantity) for one in held]


def test_a_crash_between_two_claims_sends_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One leg is shown never to have arrived, the other is denied, and a new list is placed."""
    claim, claimed = list_submission._claim, []

    def crash(*arguments: Any) -> bool:
        if claimed:
            raise KeyboardInterrupt
        claimed.append(arguments)
        return claim(*arguments)

    with monkeypatch.context() as crashing:
        crashing.setattr(list_submission, "_claim", crash)
        with pytest.raises(KeyboardInterrupt):
            enter(desk)
    assert len(desk.exchange_orders()) == 1
    desk.paper.control.set_clock(60_000)
    desk.clock.pass_time(60_000)
    desk.restart_engine()
    for _ in range(4):
        desk.sweep()
        protecting.protect_account(desk.context)
        desk.deliver()
    assert open_at_exchange(desk) == GUARDED
    assert len(desk.exchange_orders()) == 3  # The entry and the two of the new list
