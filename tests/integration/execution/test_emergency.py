"""The emergency stop: halt, cancel, flatten, verify, through crashes, doubts and strangers."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from ulid import ULID

from engine.domain.emergency import EmergencyRun, EmergencyStep
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.trading_state import TradingState
from engine.errors import InvalidRequest
from engine.execution.placing import submission
from engine.execution.stopping import emergency, trading
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange
from tests.integration.execution.interrupting import interrupted_engine

pytestmark = pytest.mark.integration
S = OrderStatus

SLICE_MS = 30_000
OPEN = {"NEW", "PARTIALLY_FILLED"}


def stop(desk: Desk, **options: Any) -> EmergencyRun:
    """Begin a run and work on it, in this process and alone, for as long as it takes."""
    emergency.begin_emergency(desk.context, "a test", **options)
    run = emergency.work_emergency(desk.context, SLICE_MS)
    assert run is not None
    return run


def rest(desk: Desk, price: str = "90", **fields: Any) -> Order:
    """Place an order that rests."""
    wish = {"order_type": "limit", "quantity": 0.5, "price": Decimal(price)}
    order = desk.place(**wish, **fields)
    desk.deliver()
    return desk.order(order.client_order_id)


def buy(desk: Desk, symbol: str = "BTC/USDT", quantity: float = 1) -> Order:
    order = desk.place(symbol, quantity=quantity)
    desk.deliver()
    return desk.order(order.client_order_id)


def place_foreign(desk: Desk, side: str = "BUY", price: str = "80.00") -> str:
    """Let another client of the account place an order; return its id."""
    words = {"symbol": "BTCUSDT", "side": side, "type": "LIMIT", "timeInForce": "GTC"}
    words |= {"quantity": "1", "price": price, "newClientOrderId": f"strange{ULID()}"}
    desk.paper.control.place(words, key=desk.key)
    return words["newClientOrderId"]


def exchange_open(desk: Desk) -> list[dict[str, Any]]:
    return [order for order in desk.exchange_orders() if order["status"] in OPEN]


def assert_flat(desk: Desk, run: EmergencyRun) -> None:
    """Nothing is open at the exchange, and nothing that was traded is still held."""
    assert run.is_clean, run.problems
    assert exchange_open(desk) == []
    assert set(desk.exchange_totals()) == {"USDT"}
    state = desk.context.store.load_state()
    assert (state.trading_state, state.emergency_run) == (TradingState.HALTED, "")


def test_everything_is_ended_and_sold(desk: Desk) -> None:
    """Orders of two symbols are cancelled, two positions are sold, the books agree."""
    buy(desk), buy(desk, "ETH/USDT", 2)
    resting = [rest(desk), rest(desk, symbol="ETH/USDT"), rest(desk, "110", side="sell")]

    run = stop(desk)

    assert_flat(desk, run)
    assert set(run.orders) == {order.client_order_id for order in resting}
    assert {desk.order(name).status for name in run.orders} == {S.CANCELED}
    assert {desk.order(name).status for name in run.sales} == {S.FILLED}
    assert len(run.sales) == 2
    desk.deliver()
    assert_equal_to_exchange(desk)


def test_nothing_but_its_own_orders_is_sent(desk: Desk) -> None:
    """What was recorded and not sent is denied, and stays away when its message comes late."""
    buy(desk)
    waiting = desk.place(quantity=1)
    messages = desk.messages.take()

    run = stop(desk)
    desk.messages.waiting.extend(messages)
    desk.deliver()

    assert_flat(desk, run)
    denied = desk.order(waiting.client_order_id)
    assert (denied.status, denied.reason and denied.reason.code) == (S.DENIED, "HALTED")


def test_a_doubt_that_lands_late_is_found_and_ended(desk: Desk) -> None:
    """The run is not over while an order may still appear; one that fills then is sold."""
    control = desk.paper.control
    control.add_fault(command="order.place", key=desk.key, answer="drop", count=1)
    control.add_fault(
        path="/api/v3/order",
        method="GET",
        key=desk.key,
        effect=False,
        answer="status",
        status=503,
        count=None,
    )
    lost = desk.place(quantity=1)
    submission.submit_order(desk.context, lost.client_order_id)
    assert desk.order(lost.client_order_id).is_in_doubt

    emergency.begin_emergency(desk.context, "a test")
    pending = emergency.work_emergency(desk.context, 1_500)
    assert pending is not None
    assert not pending.is_over
    assert any(lost.client_order_id in problem for problem in pending.problems)
    control.clear_faults()
    run = emergency.work_emergency(desk.context, SLICE_MS)

    assert run is not None
    assert_flat(desk, run)
    assert desk.order(lost.client_order_id).status is S.FILLED
    assert len(run.sales) == 1


def test_orders_of_others_are_ended_too(desk: Desk) -> None:
    """A stranger's order on the account would trade on: it is ended and named."""
    place_foreign(desk), buy(desk)

    run = stop(desk)

    assert_flat(desk, run)
    assert len(run.foreign) == 1


def test_a_second_call_joins_and_a_later_one_begins_anew(desk: Desk) -> None:
    """Called twice it is one run; one that keeps positions is widened, never narrowed."""
    buy(desk)
    first = emergency.begin_emergency(desk.context, "one", keep_positions=True)
    second = emergency.begin_emergency(desk.context, "two")
    third = emergency.begin_emergency(desk.context, "three", keep_positions=True)
    run = emergency.work_emergency(desk.context, SLICE_MS)
    again = stop(desk)

    assert first.run_id == second.run_id == third.run_id
    assert not third.keep_positions
    assert run is not None
    assert_flat(desk, run)
    assert again.run_id != first.run_id
    assert_flat(desk, again)


def test_positions_can_be_kept(desk: Desk) -> None:
    """Orders are ended, nothing is sold."""
    buy(desk), rest(desk)

    run = stop(desk, keep_positions=True)

    assert run.is_clean
    assert exchange_open(desk) == []
    assert run.sales == ()
    assert desk.exchange_totals()["BTC"] > 0


def test_coins_from_before_are_not_sold(tmp_path: Any, redis_server: Any, paper: Any) -> None:
    """What was there before is named and kept, dust beside it as well."""
    held = Desk(tmp_path, redis_server.url, paper)
    try:
        held.engine.store.client.read("FLUSHALL")
        paper.control.deposit("BTC", 2, uid=held.uid)
        held.open()
        buy(held, quantity=0.5)
        run = stop(held)

        assert run.is_clean, run.problems
        assert held.exchange_totals()["BTC"] >= 2
        assert held.exchange_totals()["BTC"] < Decimal("2.01")
        assert any("held before" in sentence for sentence in run.left)
    finally:
        held.close()


@pytest.mark.slow
def test_a_crash_anywhere_is_gone_on_from(desk: Desk) -> None:
    """Whatever command to the store is the last one: another process ends the run, once."""
    give_ample_allowance(desk)
    at, died = 2, True
    while died:
        if desk.context.store.load_state().trading_state is TradingState.HALTED:
            trading.resume(desk.context)
        assert buy(desk).status is S.FILLED
        assert rest(desk).status is S.ACCEPTED
        before = len(desk.exchange_orders())
        died = _die_at(desk, at)
        desk.clock.pass_time(1_000)
        run = stop(desk)
        assert_flat(desk, run)
        desk.deliver()
        sold = [one for one in desk.exchange_orders()[before:] if one["side"] == "SELL"]
        assert len([one for one in sold if one["status"] == "FILLED"]) == 1, f"command {at}"
        at += 3


def give_ample_allowance(desk: Desk) -> None:
    """Let a minute hold more runs than any account ever has, and ten seconds their orders."""
    settings = json.loads(desk.config_path.read_text())
    settings["paper"] |= {"weight_per_minute": 1_000_000, "orders_per_10s": 1_000_000}
    desk.config_path.write_text(json.dumps(settings))
    desk.restart_engine()


class Died(BaseException):
    """The process is gone."""


def _die_at(desk: Desk, at: int) -> bool:
    """Let another process begin and work, and end just before its command number `at`."""

    def die() -> None:
        raise Died

    with interrupted_engine(desk) as (engine, client):
        context = engine.account("desk")
        client.sent, client.at, client.act = 0, at, die
        try:
            emergency.begin_emergency(context, "a test")
            emergency.work_emergency(context, SLICE_MS)
        except Died:
            _free_lease(desk)
            return True
    return False


def _free_lease(desk: Desk) -> None:
    """Let the dead process's lease end."""
    store = desk.engine.store
    for key in store.client.read("KEYS", "*lease:emergency*"):
        store.client.write("DEL", key)


def test_a_resume_waits_for_the_end_of_the_run(desk: Desk) -> None:
    """While a run goes on, or was left in its middle, nobody trades."""
    buy(desk)
    emergency.begin_emergency(desk.context, "a test")

    with pytest.raises(InvalidRequest, match="emergency"):
        trading.resume(desk.context)
    run = emergency.work_emergency(desk.context, SLICE_MS)
    assert run is not None
    assert_flat(desk, run)
    trading.resume(desk.context)
    assert buy(desk).status is S.FILLED


def test_who_slept_does_not_halt_for_a_run_that_is_over(desk: Desk) -> None:
    """Others end the run and a person resumes: whoever wakes up after that leaves it so."""
    give_ample_allowance(desk)
    last = _work_asleep_at(desk, 0)
    for at in range(last - LAST_COMMANDS, last + 1):
        if _work_asleep_at(desk, at) < at:
            break  # It came to its end before
        state = desk.context.store.load_state().trading_state
        assert state is TradingState.ACTIVE, f"command {at} of {last}"


@pytest.mark.slow
def test_who_slept_does_not_sell_what_was_bought_since(desk: Desk) -> None:
    """Wherever it slept, a run that is over ends nothing of an account that trades again."""
    give_ample_allowance(desk)
    buy(desk)
    last = _work_asleep_at(desk, 0, lambda: buy(desk))
    for at in range(2, last, 2):
        base = ("BTC", "ETH")[at // 2 % 2]  # Not what the run itself sold
        _work_asleep_at(desk, at, lambda base=base: buy(desk, f"{base}/USDT"))
        assert desk.exchange_totals().get(base, 0) > Decimal("0.9"), f"command {at} of {last}"
        assert desk.context.store.load_state().trading_state is TradingState.ACTIVE


#: Of one turn, enough to begin before its verification.
LAST_COMMANDS = 10


def _work_asleep_at(desk: Desk, at: int, then: Callable[[], object] = lambda: None) -> int:
    """Work on a run as another process that sleeps before its command number `at`, while the run
    is ended, the account resumed, and more is done; return how many commands it sent.
    """

    def others() -> None:
        _end_and_resume(desk)
        then()

    emergency.begin_emergency(desk.context, "a test")
    with interrupted_engine(desk) as (engine, client):
        context = engine.account("desk")
        client.sent, client.at, client.act = 0, at, others
        emergency.work_emergency(context, SLICE_MS)
        sent = client.sent
    if sent < at or at == 0:
        others()  # It never slept
    return sent


def _end_and_resume(desk: Desk) -> None:
    _free_lease(desk)
    emergency.work_emergency(desk.context, SLICE_MS)
    trading.resume(desk.context)


def test_who_slept_before_the_halt_hears_that_its_run_is_over(desk: Desk) -> None:
    """The run was carried out by others, and the account resumed: both stay as they are."""
    told = []
    for at in range(1, 8):
        with interrupted_engine(desk) as (engine, client):
            context = engine.account("desk")
            client.sent, client.at, client.act = 0, at, lambda: _end_and_resume(desk)
            told.append(emergency.begin_emergency(context, "a test").is_over)
        is_open = emergency.is_emergency_open(desk.engine.store, "desk")
        state = desk.context.store.load_state().trading_state
        assert state is (TradingState.HALTED if is_open else TradingState.ACTIVE), f"command {at}"
        _end_and_resume(desk)
    assert any(told), "it never slept between the record of the run and the halt"


def test_a_person_may_abandon_a_run(desk: Desk) -> None:
    """It ends where it is, the account stays halted, and nothing of it is sent any more."""
    buy(desk)
    emergency.begin_emergency(desk.context, "a test")

    ended = emergency.abandon_emergency(desk.context)

    assert ended.step is EmergencyStep.ABANDONED
    assert emergency.work_emergency(desk.context, 1_000) == ended
    assert desk.exchange_totals()["BTC"] > 0
    assert desk.context.store.list_orders(OrderFilter.OPEN) == ()
    with pytest.raises(InvalidRequest, match="no emergency run"):
        emergency.abandon_emergency(desk.context)
