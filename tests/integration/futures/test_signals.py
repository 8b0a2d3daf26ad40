"""Signals on contracts: sides of hedge mode, and REVERSE on the wire, whatever stops it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.signal import Signal, SignalRecord, SignalStatus, SignalType
from engine.errors import InvalidRequest, KeyConflict
from engine.ports import OrderFilter
from engine.risk_manager import RiskManager
from engine.signal_processor import LiveSignalProcessor
from tests.desk import Desk
from tests.integration.conftest import ASKS, BIDS
from tests.integration.futures.test_settings import LONG, SHORT, hedge, place
from tests.integration.futures.test_trading import SYMBOL, WORD, differences, shown

D = Decimal
T = SignalType


def send(desk: Desk, kind: SignalType | str, key: str = "wish", **fields: Any) -> SignalRecord:
    """Send a signal and have everything done that it asks for."""
    fields = {"symbol": "BTCUSDT", "budget": 10_000} | fields
    wish = Signal(signal_type=kind, key=key, **fields)  # type: ignore[arg-type]
    LiveSignalProcessor(engine=desk.engine).process_signal(wish)
    return settle(desk, key)


def settle(desk: Desk, key: str = "wish") -> SignalRecord:
    """Carry everything out, as often as sweeps would, and return what became of the signal."""
    for _ in range(3):
        desk.deliver().sweep()
        if record_of(desk, key).status is SignalStatus.RECEIVED:
            desk.messages.process_signal("desk", f"desk:{key}")
    return record_of(desk, key)


def record_of(desk: Desk, key: str = "wish") -> SignalRecord:
    record = desk.engine.store.find_signal(f"desk:{key}")
    assert record is not None
    return record


def own_orders(desk: Desk) -> list[dict[str, Any]]:
    return [one for one in desk.paper.control.futures.orders() if one["uid"] == desk.uid]


def sides(desk: Desk) -> list[tuple[str, bool]]:
    """Return what each order at the exchange is, oldest first, and whether it may only close."""
    orders = desk.context.store.list_orders(OrderFilter.RECENT)
    terms = {one.client_order_id: one.terms for one in orders}
    return [(one["side"], terms[one["client_order_id"]].reduce_only) for one in own_orders(desk)]


def quantity(desk: Desk, name: str = SYMBOL) -> Decimal:
    position = desk.position(name)
    return position.net_quantity if position else D(0)


@pytest.mark.parametrize("first", [T.LONG, T.SHORT])
def test_reverse_closes_and_opens_the_other_side(desk: Desk, first: SignalType) -> None:
    """One order that can only close, then one that opens: two requests, never one of both."""
    send(desk, first, "first")
    held = quantity(desk)
    record = send(desk, T.REVERSE)
    assert record.status is SignalStatus.ORDERED
    assert record.closing_order_id not in {None, record.client_order_id}
    assert quantity(desk) * held < 0
    assert quantity(desk) == D(shown(desk)["quantity"])
    there, back = ("BUY", "SELL") if first is T.LONG else ("SELL", "BUY")
    assert sides(desk) == [(there, False), (back, True), (back, False)]
    assert differences(desk) == {}


def test_reverse_sizes_the_other_side_anew(desk: Desk) -> None:
    """The second half is an entry like any other: by budget, not by what was held."""
    place(desk, "buy", "0.9")
    assert send(desk, T.REVERSE, budget=5_000).status is SignalStatus.ORDERED
    share = D(5_000) / desk.context.risk.max_positions
    assert share * D("0.9") < -quantity(desk) * 100 <= share


def test_a_close_that_fills_in_part_opens_nothing(desk: Desk) -> None:
    """The book ends before the position does: what is left is told, and no other side is opened."""
    place(desk, "buy", "0.9")
    desk.paper.control.futures.set_book(WORD, [("99.99", "0.4")], ASKS)
    record = send(desk, T.REVERSE)
    assert (record.status, record.code) == (SignalStatus.DENIED, "NOT_CLOSED")
    assert "0.5 BTC left" in record.message
    assert quantity(desk) == D("0.5")
    assert sides(desk) == [("BUY", False), ("SELL", True)]
    desk.paper.control.futures.set_book(WORD, BIDS, ASKS)
    assert send(desk, T.REVERSE, "again").status is SignalStatus.ORDERED
    assert quantity(desk) < 0


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"stop_price": D(90)}, "STOP_ON_WRONG_SIDE"),
        ({"target_price": D(110)}, "TARGET_ON_WRONG_SIDE"),
    ],
)
def test_a_reverse_that_could_not_open_closes_nothing(
    desk: Desk, fields: dict[str, Any], code: str
) -> None:
    """Its stop is wrong for the other side: one sentence, and the long stays as it is."""
    place(desk, "buy", "0.9")
    record = send(desk, T.REVERSE, **fields)
    assert (record.status, record.code) == (SignalStatus.DENIED, code)
    assert sides(desk) == [("BUY", False)]


@pytest.mark.parametrize(("held", "wish"), [("sell", T.LONG), ("buy", T.SHORT)])
def test_an_entry_against_what_is_held_is_denied(desk: Desk, held: str, wish: SignalType) -> None:
    """It would only shrink the other side and be called done."""
    place(desk, held, "6")
    record = send(desk, wish)
    assert (record.status, record.code) == (
        SignalStatus.DENIED,
        "ALREADY_SHORT" if held == "sell" else "ALREADY_LONG",
    )
    assert "reverse" in record.message
    assert len(own_orders(desk)) == 1


def lose_answer(desk: Desk) -> None:
    """The close arrives, its answer does not."""
    desk.paper.control.futures.drop_after(None, method="POST", path="/fapi/v1/order")


def crash(desk: Desk) -> None:
    """Every process ends between the two halves, and the messages with them."""
    desk.messages.take()
    desk.restart_engine()


@pytest.mark.parametrize("trouble", [lose_answer, crash])
def test_reverse_holds_through_trouble(desk: Desk, trouble: Callable[[Desk], None]) -> None:
    """An answer lost or a crash at any step: one close, one opening, whoever goes on."""
    place(desk, "buy", "0.9")
    LiveSignalProcessor(engine=desk.engine).process_signal(
        Signal(symbol=SYMBOL, signal_type=T.REVERSE, key="wish", budget=D(10_000))
    )
    trouble(desk)
    for _ in range(8):  # One message, then all forget what only they knew
        desk.messages.process_signal("desk", "desk:wish")
        while desk.messages.waiting:
            desk.carry_out(desk.messages.waiting.popleft())
            if trouble is crash:
                break
        crash(desk)
        desk.sweep()
    assert settle(desk).status is SignalStatus.ORDERED
    assert sides(desk) == [("BUY", False), ("SELL", True), ("SELL", False)]
    assert quantity(desk) < 0
    assert differences(desk) == {}


# ---- hedge mode ------------------------------------------------------------------------------


def test_in_hedge_mode_each_side_is_held_apart(desk: Desk) -> None:
    """LONG and SHORT say their side themselves; CLOSE of one leaves the other."""
    hedge(desk)
    assert send(desk, T.LONG, "in").signal.position_side == "long"
    assert send(desk, T.SHORT, "other").signal.position_side == "short"
    assert quantity(desk, LONG) > 0 > quantity(desk, SHORT)
    assert send(desk, T.LONG, "more").code == "ALREADY_LONG"
    with pytest.raises(InvalidRequest, match="it must be long or short"):
        RiskManager(engine=desk.engine).assess(Signal(symbol="BTCUSDT", signal_type=T.CLOSE))
    vague = send(desk, T.CLOSE, "vague")
    assert (vague.status, vague.code) == (SignalStatus.DENIED, "INVALID_REQUEST")
    assert "it must be long or short" in vague.message
    assert send(desk, T.CLOSE, "out", position_side="long").status is SignalStatus.ORDERED
    assert quantity(desk, LONG) == 0
    assert quantity(desk, SHORT) < 0
    assert differences(desk) == {}


def test_in_hedge_mode_one_side_is_closed_without_its_name(desk: Desk) -> None:
    """Where one is held there is nothing to choose, and a repeat finds what was chosen then."""
    hedge(desk)
    place(desk, "sell", "0.7", position_side="short")
    record = send(desk, T.CLOSE)
    assert record.signal.position_side == "short"
    assert quantity(desk, SHORT) == 0
    assert send(desk, T.CLOSE) == record
    with pytest.raises(KeyConflict):
        send(desk, T.CLOSE, position_side="long")
    assert send(desk, T.CLOSE, "none").code == "ALREADY_FLAT"


def test_in_hedge_mode_reverse_moves_from_side_to_side(desk: Desk) -> None:
    """The short is bought back, the long opened; each in its own ledger."""
    hedge(desk)
    place(desk, "sell", "0.7", position_side="short")
    assert send(desk, T.REVERSE).status is SignalStatus.ORDERED
    assert quantity(desk, SHORT) == 0
    assert quantity(desk, LONG) > 0
    assert [one["position_side"] for one in own_orders(desk)] == ["SHORT", "SHORT", "LONG"]
    assert differences(desk) == {}


# ---- what is no signal -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_hedged", "kind", "fields", "sentence"),
    [
        (False, T.LONG, {"position_side": "long"}, "holds one position in BTC/USDT:USDT"),
        (True, T.LONG, {"position_side": "short"}, "opens the long position"),
        (True, T.SHORT, {"position_side": "long"}, "opens the short position"),
        (False, T.LONG, {"stop_price": 110}, "it must be below the current price"),
        (False, T.SHORT, {"stop_price": 90}, "it must be above the current price"),
    ],
)
def test_a_contradiction_is_one_sentence_and_nothing_is_placed(
    desk: Desk, is_hedged: bool, kind: SignalType, fields: dict[str, Any], sentence: str
) -> None:
    """The record says it."""
    if is_hedged:
        hedge(desk)
    record = send(desk, kind, **fields)
    assert record.status is SignalStatus.DENIED
    assert sentence in record.message
    assert len(record.message) < 200
    assert own_orders(desk) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"symbol": "DOGEUSDT"}, "DOGEUSDT"),
        ({"symbol": "ETHUSDT"}, "watchlist only"),
        ({"position_side": "up"}, "position_side is 'up'; it must be one of both, long, short"),
        ({"signal_type": "sideways"}, "signal_type is 'sideways'"),
        ({"stop_price": float("nan")}, "stop_price is nan"),
    ],
)
def test_what_is_no_signal_is_refused_at_the_door(
    desk: Desk, fields: dict[str, Any], sentence: str
) -> None:
    """One sentence with field, value and what is allowed; nothing is recorded."""
    good: dict[str, Any] = {"symbol": "BTCUSDT", "signal_type": T.LONG, "key": "wish"}
    with pytest.raises(InvalidRequest) as caught:
        LiveSignalProcessor(engine=desk.engine).process_signal(Signal(**good | fields))
    assert sentence in str(caught.value)
    assert desk.engine.store.find_signal("desk:wish") is None
    assert not desk.messages.waiting
