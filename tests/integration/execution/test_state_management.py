"""PositionManager: states and entry prices are expectations, compared with the ledger."""

from __future__ import annotations

from decimal import ROUND_DOWN, Decimal

import pytest

from engine.domain.events import EventKind
from engine.errors import InvalidRequest
from engine.position_manager import PositionManager, PositionState
from tests.desk import Desk

pytestmark = pytest.mark.integration

D = Decimal


def alarms(desk: Desk) -> list[str]:
    events = desk.context.store.read_events("0")
    return [event.message for event in events if event.kind is EventKind.ALARM]


def test_a_right_expectation_is_silent(desk: Desk) -> None:
    """What the caller believes and what the ledger says agree."""
    desk.place(quantity=D("0.5"))
    desk.deliver()
    manager = PositionManager(engine=desk.engine)
    before = manager.get_position("BTC/USDT")
    manager.set_position_state("BTC/USDT", PositionState.LONG)
    assert manager.update_position_entry_price("BTCUSDT", 100.0) == before
    assert manager.check_expectation("BTC/USDT") is None
    assert alarms(desk) == []


def test_a_wrong_expectation_is_alarmed_once_and_changes_nothing(desk: Desk) -> None:
    """The ledger stays what it is; a person reads both sides, in one alarm."""
    desk.place(quantity=D("0.5"))
    desk.deliver()
    manager = PositionManager(engine=desk.engine)
    rows = desk.context.store.load_rows("BTC/USDT")
    position = manager.set_position_state("BTC/USDT", "short")
    assert position.direction is PositionState.LONG
    assert manager.check_expectation("BTC/USDT") == (
        "position of BTC/USDT is LONG, expected SHORT."
    )
    assert alarms(desk) == ["position of BTC/USDT is LONG, expected SHORT."]
    assert desk.context.store.load_rows("BTC/USDT") == rows
    manager.update_position_entry_price("BTC/USDT", 90)
    assert len(alarms(desk)) == 2
    assert "expected 90" in alarms(desk)[1]


def test_an_expectation_waits_for_the_orders(desk: Desk) -> None:
    """Set before the fill arrives, it is compared when the fill is folded, by any process."""
    manager = PositionManager(engine=desk.engine)
    desk.place(quantity=D("0.5"))
    manager.set_position_state("BTC/USDT", PositionState.LONG)
    assert manager.check_expectation("BTC/USDT") is None
    assert alarms(desk) == []
    desk.deliver()
    assert manager.check_expectation("BTC/USDT") is None
    held = manager.get_position("BTC/USDT").net_quantity
    desk.place(side="sell", quantity=held.quantize(D("0.00001"), rounding=ROUND_DOWN))
    desk.deliver()
    assert alarms(desk) == ["position of BTC/USDT is FLAT, expected LONG."]


def test_dust_is_as_good_as_flat(desk: Desk) -> None:
    """A fee in coins leaves less than can be sold; a bot that calls that FLAT is right."""
    manager = PositionManager(engine=desk.engine)
    # 0.1 % of 0.10101 is the fee: 0.10090899 are held, and the step is 0.00001
    desk.place(quantity=D("0.10101"))
    desk.deliver()
    desk.place(side="sell", quantity=D("0.10090"))
    desk.deliver()
    assert D(0) < manager.get_position("BTC/USDT").net_quantity < D("0.00001")
    manager.set_position_state("BTC/USDT", "FLAT")
    assert manager.check_expectation("BTC/USDT") is None


def test_dust_by_its_worth_is_as_good_as_flat(desk: Desk) -> None:
    """Told that there is nothing to close, a bot calls it FLAT: no alarm for 4 USDT worth."""
    manager = PositionManager(engine=desk.engine)
    desk.place(quantity=D("0.1"))
    desk.deliver()
    desk.place(side="sell", quantity=D("0.06"))
    desk.deliver()
    manager.set_position_state("BTC/USDT", "FLAT")
    assert manager.check_expectation("BTC/USDT") is None
    desk.paper.control.set_price("BTCUSDT", 1_000)
    assert manager.check_expectation("BTC/USDT") is not None


@pytest.mark.parametrize("state", ["up", "", 3])
def test_a_state_that_is_none_is_refused(desk: Desk, state: object) -> None:
    """One sentence names what is allowed."""
    with pytest.raises(InvalidRequest, match="it must be one of FLAT, LONG, SHORT"):
        PositionManager(engine=desk.engine).set_position_state("BTC/USDT", state)  # type: ignore[arg-type]
