"""RiskManager and LiveSignalProcessor, over a real store, gateway and exchange."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.signal import SignalStatus
from engine.errors import InvalidRequest, KeyConflict
from engine.execution.signalling.signals import hand_over_waiting
from engine.order_request import OrderRequest
from engine.risk_manager import RiskManager
from engine.signal_processor import LiveSignalProcessor, Signal, SignalType
from engine.store import keys as store_keys
from tests.desk import Desk
from tests.integration.execution.comparing import assert_equal_to_exchange

pytestmark = pytest.mark.integration

D = Decimal


def long_signal(**changes: object) -> Signal:
    return Signal(**{"symbol": "BTCUSDT", "signal_type": SignalType.LONG} | changes)  # type: ignore[arg-type]


# ---- risk ------------------------------------------------------------------------------------


def test_risk_is_asked_without_recording_anything(desk: Desk) -> None:
    """The verdict, the size and the numbers; no order, no reservation."""
    manager = RiskManager(engine=desk.engine)
    result = manager.assess(long_signal(stop_price=D(90)))
    assert result.approved
    assert result.signal.symbol == "BTC/USDT"
    assert result.position_size > 0
    assert result.leverage == 1
    denied = manager.assess(long_signal(signal_type=SignalType.SHORT))
    assert (denied.approved, denied.code) == (False, "SHORT_NOT_POSSIBLE")
    assert denied.position_size == 0
    order = manager.assess(OrderRequest(symbol="BTCUSDT", side="sell", quantity=1))
    assert (order.code, order.numbers["available"]) == ("INSUFFICIENT_BALANCE", "0")
    assert desk.context.store.load_risk_book().reservations == ()


def test_risk_refuses_what_is_no_order(desk: Desk) -> None:
    """Bad input raises here as it does when placing."""
    with pytest.raises(InvalidRequest, match=r"quantity is 0\.000000000001"):
        RiskManager(engine=desk.engine).assess(
            OrderRequest(symbol="BTCUSDT", side="buy", quantity="0.000000000001")
        )


# ---- signals ---------------------------------------------------------------------------------


def test_a_signal_becomes_one_order_and_a_position(desk: Desk) -> None:
    """Sent twice under one key: one record, one order, one position."""
    processor = LiveSignalProcessor(engine=desk.engine)
    first = processor.process_signal(long_signal(key="k1", stop_price=90.0))
    second = processor.process_signal(long_signal(key="k1", stop_price=90.0))
    assert first.signal_id == second.signal_id
    desk.deliver()
    record = processor.find_signal(first.signal_id)
    assert record is not None
    assert record.status is SignalStatus.ORDERED
    entry, stop = desk.exchange_orders()
    assert (entry["side"], entry["status"]) == ("BUY", "FILLED")
    assert (stop["type"], stop["status"]) == ("STOP_LOSS", "NEW")
    position = desk.position()
    assert position is not None
    assert position.net_quantity == desk.exchange_totals()["BTC"]


def test_close_sells_the_whole_position_but_dust(desk: Desk) -> None:
    """LONG, then CLOSE: what is left is less than one step, and the next CLOSE is denied."""
    processor = LiveSignalProcessor(engine=desk.engine)
    processor.process_signal(long_signal())
    desk.deliver()
    processor.process_signal(long_signal(signal_type=SignalType.CLOSE))
    desk.deliver()
    position = desk.position()
    assert position is not None
    assert D(0) <= position.net_quantity < D("0.00001")
    again = processor.process_signal(long_signal(signal_type=SignalType.CLOSE))
    desk.deliver()
    record = processor.find_signal(again.signal_id)
    assert record is not None
    assert (record.status, record.code) == (SignalStatus.DENIED, "ALREADY_FLAT")


def test_what_is_worth_too_little_to_be_sold_is_flat(desk: Desk) -> None:
    """Many steps, but below the smallest order: CLOSE has nothing to do, LONG may begin anew."""
    processor = LiveSignalProcessor(engine=desk.engine)
    desk.place(quantity=D("0.1"))
    desk.deliver()
    desk.place(side="sell", quantity=D("0.06"))  # Leaves 4 USDT worth; 5 are the smallest order
    desk.deliver()
    ended = processor.process_signal(long_signal(signal_type=SignalType.CLOSE))
    begun = processor.process_signal(long_signal(stop_price=D(90)))
    desk.deliver()
    close, entry = (processor.find_signal(one.signal_id) for one in (ended, begun))
    assert close is not None
    assert (close.status, close.code) == (SignalStatus.DENIED, "ALREADY_FLAT")
    assert entry is not None
    assert entry.status is SignalStatus.ORDERED
    assert_equal_to_exchange(desk)


def test_a_key_stands_for_one_signal(desk: Desk) -> None:
    """The same key for another wish is a conflict, not a second order."""
    processor = LiveSignalProcessor(engine=desk.engine)
    processor.process_signal(long_signal(key="k1"))
    with pytest.raises(KeyConflict, match="k1"):
        processor.process_signal(long_signal(key="k1", signal_type=SignalType.CLOSE))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"symbol": "ETHUSDT"}, "signals are accepted for the watchlist only: BTC/USDT"),
        ({"symbol": "NOPE"}, "symbol is 'NOPE'"),
        ({"signal_type": "up"}, "signal_type is 'up'; it must be one of long, short, close"),
        ({"stop_price": "nan"}, "stop_price is 'nan'"),
        ({"stop_price": -1}, "stop_price is -1"),
        ({"key": "x" * 10_000}, "id is"),
        ({"valid_until_ms": -5}, "valid_until_ms is -5"),
        ({"created_at_ms": "now"}, "created_at_ms is 'now'"),
    ],
)
def test_a_bad_signal_is_one_sentence_and_no_record(
    desk: Desk, changes: dict[str, object], sentence: str
) -> None:
    """The field, its value and what is allowed; nothing was recorded or sent on."""
    with pytest.raises(InvalidRequest) as raised:
        LiveSignalProcessor(engine=desk.engine).process_signal(long_signal(**changes))
    assert sentence in str(raised.value)
    assert len(str(raised.value)) < 300
    assert not desk.messages.waiting


def test_a_signal_that_waited_too_long_is_denied(desk: Desk) -> None:
    """Workers that were down do not trade yesterday's wish."""
    processor = LiveSignalProcessor(engine=desk.engine)
    old_ms = desk.context.clock.now_ms() - 10**7
    receipt = processor.process_signal(long_signal(created_at_ms=old_ms))
    desk.deliver()
    record = processor.find_signal(receipt.signal_id)
    assert record is not None
    assert (record.status, record.code) == (SignalStatus.DENIED, "STALE_SIGNAL")
    assert desk.exchange_orders() == []


def test_a_signal_whose_message_was_lost_is_found(desk: Desk) -> None:
    """A sweep asks again for signals that nobody acted on; afterwards none waits."""
    signal = Signal(symbol="BTCUSDT", signal_type=SignalType.LONG, key="lost")
    receipt = LiveSignalProcessor(engine=desk.engine).process_signal(signal)
    desk.messages.waiting.clear()
    engine = desk.engine
    assert hand_over_waiting(engine.store, engine.dispatcher, engine.clock) == 0, "too early"
    desk.clock.pass_time(5_000)
    assert hand_over_waiting(engine.store, engine.dispatcher, engine.clock) == 1
    desk.deliver()
    record = engine.store.find_signal(receipt.signal_id)
    assert record is not None
    assert record.status == "ordered"
    assert engine.store.list_waiting_signals(engine.clock.now_ms(), 10) == ()
    assert len(desk.exchange_orders()) == 1


def test_a_signal_that_was_cut_off_is_not_given_up(desk: Desk) -> None:
    """All workers died after the order's record: it stands, so the signal was not too late."""
    receipt = LiveSignalProcessor(engine=desk.engine).process_signal(long_signal(key="cut off"))
    desk.deliver().sweep()
    engine = desk.engine
    engine.store.save_signal(receipt.signal_id, receipt.record, only_new=False)
    desk.clock.pass_time(120_000)
    hand_over_waiting(engine.store, engine.dispatcher, engine.clock)
    desk.deliver()
    record = engine.store.find_signal(receipt.signal_id)
    assert record is not None
    assert record.status is SignalStatus.ORDERED
    assert [record.client_order_id] == [name for name, _ in desk.exchange_fills()]


def test_a_signal_that_nobody_can_act_on_ends(desk: Desk) -> None:
    """Past its validity it is denied, and a ghost without a record is forgotten."""
    receipt = LiveSignalProcessor(engine=desk.engine).process_signal(long_signal(key="orphan"))
    ghost = LiveSignalProcessor(engine=desk.engine).process_signal(long_signal(key="ghost"))
    engine = desk.engine
    engine.store.client.read("DEL", store_keys.signal(ghost.signal_id))
    desk.messages.waiting.clear()
    desk.clock.pass_time(120_000)
    hand_over_waiting(engine.store, engine.dispatcher, engine.clock)
    record = engine.store.find_signal(receipt.signal_id)
    assert record is not None
    assert (record.status, record.code) == (SignalStatus.DENIED, "STALE_SIGNAL")
    assert engine.store.list_waiting_signals(engine.clock.now_ms(), 10) == ()
    assert not desk.messages.waiting
