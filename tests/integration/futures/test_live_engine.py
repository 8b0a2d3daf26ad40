"""The live engine on contracts: the same names, shorts included."""

from __future__ import annotations

from decimal import Decimal

from engine.domain.signal import Signal, SignalType
from engine.risk_manager import RiskManager
from tests.desk import Desk
from tests.integration.execution.test_live_engine import _send, live_engine
from tests.integration.futures.test_trading import SYMBOL, differences, shown
from tests.waiting import eventually


def test_a_short_is_opened_within_the_budget(desk: Desk) -> None:
    """Sized by the script's balance, told to its callbacks, equal to the exchange's position."""
    held: list[Decimal] = []
    with live_engine(desk, initial_balance=10_000) as live:
        live.add_position_callback(lambda name, position: held.append(position.net_quantity))
        live.start()
        wish = Signal(symbol="BTCUSDT", signal_type=SignalType.SHORT, budget=Decimal(10_000))
        risk_result = RiskManager(engine=desk.engine).assess(wish)
        record = live.process_signal(wish).record
        assert record.client_order_id is not None
        order = live.order_manager.get_order_status(record.client_order_id)
        assert order.quantity == risk_result.position_size
        _send(desk, desk.order(record.client_order_id))
        desk.deliver().sweep()
        eventually(lambda: held and held[-1] < 0)
        status = live.get_engine_status()
        assert status["watchlist"] == [SYMBOL]
        assert status["position_manager"]["open_positions_count"] == 1
        assert held[-1] == Decimal(shown(desk)["quantity"])
        assert live.risk_manager.assess(wish).code == "ALREADY_SHORT"
    assert differences(desk) == {}
