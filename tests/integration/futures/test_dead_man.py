"""The dead-man switch, on the wire: beat stops, and the orders go."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from engine.domain.events import EventKind
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.errors import ConfigurationError
from engine.execution.stopping import dead_man
from engine.execution.stopping.dead_man import DEAD_MAN
from engine.process_engine import close_engine
from tests.desk import Desk
from tests.integration.futures.test_conditional import control, stop
from tests.integration.futures.test_trading import SYMBOL, WORD
from tests.waiting import eventually
from workers.cli.main import augustan

LENGTH_MS = 60_000
S = OrderStatus


@pytest.fixture
def armed(desk: Desk) -> Desk:
    """A desk whose account has the switch on."""
    turn(desk, LENGTH_MS)
    return desk


def turn(desk: Desk, length_ms: int) -> None:
    settings = json.loads(desk.config_path.read_text())
    desk.config_path.write_text(json.dumps({**settings, "emergency": {"dead_man_ms": length_ms}}))
    desk.restart_engine()


def resting(desk: Desk) -> Order:
    order = desk.place(SYMBOL, "buy", order_type="limit", price="90", quantity="1")
    return desk.deliver().order(order.client_order_id)


def countdown(desk: Desk) -> bool:
    """Tell whether the exchange counts down for the contract."""
    known = dead_man.load_countdowns(desk.context.shared, desk.context.identity)
    return SYMBOL in known


def alarms(desk: Desk) -> list[str]:
    events = desk.context.store.read_events("0")
    return [event.message for event in events if event.kind is EventKind.ALARM]


def pass_time(desk: Desk, ahead_ms: int) -> None:
    desk.paper.control.set_clock(ahead_ms)
    desk.context.gateway.measure_clock()


def test_without_beat_the_orders_go(armed: Desk) -> None:
    """Ended by the exchange, told here with the reason and an alarm; a stop stays on paper."""
    order, waits = resting(armed), stop(armed, quantity="1", reduce_only=False)
    dead_man.keep_alive(armed.context)
    assert countdown(armed)
    pass_time(armed, LENGTH_MS + 1_000)
    eventually(lambda: _shown(armed, order) == "CANCELED", timeout_s=60)
    ended = armed.sweep().order(order.client_order_id)
    assert ended.status is S.CANCELED
    assert ended.reason is not None
    assert ended.reason.code == DEAD_MAN
    assert armed.order(waits.client_order_id).status is S.ACCEPTED
    dead_man.keep_alive(armed.context)
    assert any(f"switch of {SYMBOL} has run out" in said for said in alarms(armed))


def test_with_beat_they_stay(armed: Desk) -> None:
    """Begun anew after a third, however long it goes on; taken away with the last order."""
    order = resting(armed)
    for ahead_ms in range(0, 4 * LENGTH_MS, LENGTH_MS // 2):
        pass_time(armed, ahead_ms)
        dead_man.keep_alive(armed.context)
    assert _shown(armed, order) == "NEW"
    armed.orders.cancel_order(order.client_order_id)
    armed.deliver()
    assert armed.order(order.client_order_id).reason is None
    dead_man.keep_alive(armed.context)
    assert not countdown(armed)
    theirs = resting(armed)  # As a person's: nothing counts down for it any more
    pass_time(armed, 8 * LENGTH_MS)
    assert _shown(armed, theirs) == "NEW"
    assert alarms(armed) == []


def test_one_that_cannot_be_begun_anew_is_told_once(armed: Desk) -> None:
    """Not at the first failure: there is time for another try."""
    resting(armed)
    dead_man.keep_alive(armed.context)
    control(armed).drop_before(None, method="POST", path="/fapi/v1/countdownCancelAll", count=9)
    for ahead_ms in (LENGTH_MS // 3 + 500, LENGTH_MS * 2 // 3 + 500, LENGTH_MS * 3 // 4):
        pass_time(armed, ahead_ms)
        dead_man.keep_alive(armed.context)
    (said,) = alarms(armed)
    assert f"switch of {SYMBOL} could not be begun anew" in said


def test_one_whose_first_answer_was_lost_is_taken_away(armed: Desk) -> None:
    """It may have begun: with our last order gone it would end those of others."""
    order = resting(armed)
    path = {"method": "POST", "path": "/fapi/v1/countdownCancelAll"}
    control(armed).drop_after(None, **path)
    dead_man.keep_alive(armed.context)
    armed.orders.cancel_order(order.client_order_id)
    armed.deliver()
    dead_man.keep_alive(armed.context)
    assert not countdown(armed)
    theirs = resting(armed)  # As a person's
    pass_time(armed, 2 * LENGTH_MS)
    assert _shown(armed, theirs) == "NEW"


def test_off_is_off(desk: Desk) -> None:
    """Nothing is asked; turned off later, what counts down is taken away."""
    resting(desk)
    assert dead_man.keep_alive(desk.context) == "off"
    turn(desk, LENGTH_MS)
    dead_man.keep_alive(desk.context)
    assert countdown(desk)
    turn(desk, 0)
    dead_man.keep_alive(desk.context)
    assert not countdown(desk)


def test_the_verb_shows_the_countdowns_and_takes_them_away(
    armed: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`augustan dead-man`, then `off`: the exchange counts down no more, and the order stays."""
    monkeypatch.setenv("AUGUSTAN_CONFIG", str(armed.config_path))
    order = resting(armed)
    dead_man.keep_alive(armed.context)
    ((name, symbol),) = [(one["account"], one["symbol"]) for one in verb("show")]
    assert (name, symbol) == ("desk", SYMBOL)
    assert verb("off") == []
    assert not countdown(armed)
    pass_time(armed, 2 * LENGTH_MS)
    assert _shown(armed, order) == "NEW"


def verb(what: str) -> list[dict[str, str]]:
    """Run the command in this process, and return the countdowns that it shows."""
    close_engine()  # Of another configuration, if there is one
    try:
        answer = CliRunner().invoke(augustan, ["dead-man", what, "--json"], standalone_mode=False)
    finally:
        close_engine()
    assert answer.exception is None
    document: dict[str, list[dict[str, str]]] = json.loads(answer.stdout)
    return document["countdowns"]


def test_a_length_that_leaves_no_time_is_refused(desk: Desk) -> None:
    """One sentence that names setting and bound."""
    with pytest.raises(ConfigurationError, match=r"dead_man_ms.*0 \(off\) or at least 30000"):
        turn(desk, 5_000)


def _shown(desk: Desk, order: Order) -> str:
    """Return the exchange's own status of the order."""
    rows = control(desk).orders()
    (row,) = [one for one in rows if one["client_order_id"] == order.client_order_id]
    assert row["symbol"] == WORD
    return str(row["status"])
