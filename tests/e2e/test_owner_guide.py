"""The owner's guide: its two usage examples and its four integration tests, by name.

Real workers, a real beat, a real exchange; only the import paths are this project's.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.live_engine import LiveTradingEngine
from engine.order_manager import OrderManager, OrderRequest, OrderResult, OrderType
from engine.portfolio_manager import PortfolioManager
from engine.position_manager import PositionState
from engine.risk_manager import RiskManager
from engine.signal_processor import LiveSignalProcessor, Signal, SignalType
from tests.e2e.comparing import assert_equal_to_exchange, exchange_orders
from tests.running import RunningSystem
from tests.waiting import eventually

pytestmark = pytest.mark.e2e
#: No other test of the session trades with it.
ACCOUNT = "third"


@pytest.fixture
def config(system: RunningSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The configuration of somebody with one account, who begins and ends flat."""
    system.paper.set_price("BTCUSDT", 50_000)
    document = json.loads(system.config.read_text())
    document["accounts"] = {ACCOUNT: document["accounts"][ACCOUNT]}
    document["execution"]["place_wait_ms"] = 30_000  # A busy machine is no defect
    path = tmp_path / "augustan.json"
    path.write_text(json.dumps(document))
    monkeypatch.setenv("AUGUSTAN_DATA", str(system.folder / "data"))
    yield str(path)
    system.paper.set_price("BTCUSDT", 50_000)
    system.augustan("order", "cancel", "--all", "--account", ACCOUNT)
    system.augustan("close", "BTC/USDT", "--account", ACCOUNT)


def buy(quantity: float = 0.001, **fields: Any) -> OrderRequest:
    words: dict[str, Any] = {"order_type": OrderType.MARKET, "test": True} | fields
    return OrderRequest(symbol="BTCUSDT", side="buy", quantity=quantity, **words)


def test_usage_of_the_order_manager(config: str) -> None:
    """The first example: a market order, its outcome in the result."""
    order_manager = OrderManager(config_path=config, testnet=True)
    try:
        result = order_manager.place_order(
            OrderRequest(
                symbol="BTCUSDT",
                side="buy",
                order_type=OrderType.MARKET,
                quantity=0.001,
                leverage=1,
                test=True,
            )
        )
    finally:
        order_manager.close()
    assert result.success, result.reason
    assert (result.status, result.filled_quantity) == ("filled", Decimal("0.001"))


def test_usage_of_the_live_engine(config: str) -> None:
    """The second example: a watchlist, a balance, and the count of active orders."""
    live_engine = LiveTradingEngine(
        watchlist=["BTCUSDT", "ETHUSDT"],
        initial_balance=1000.0,
        paper_trading=True,
        config_path=config,
    )
    try:
        live_engine.start()
        status = live_engine.get_engine_status()
        assert status["running"] is True
        assert status["order_manager"]["active_orders_count"] == 0
        parts = ("order_manager", "position_manager", "portfolio_manager", "risk_manager")
        problems = {part: status[part]["problem"] for part in (*parts, "workers", "beat")}
        assert set(problems.values()) == {""}, problems
        live_engine.stop()
        assert live_engine.get_engine_status()["running"] is False
    finally:
        live_engine.close()


def test_order_manager_basics(system: RunningSystem, config: str) -> None:
    """Place, ask, list, cancel: what comes back is what the exchange has."""
    order_manager = OrderManager(config_path=config, testnet=True)
    try:
        resting = order_manager.place_order(buy(0.002, order_type=OrderType.LIMIT, price=40_000.0))
        assert (resting.success, resting.status) == (True, "accepted")
        assert order_manager.get_order_status(resting.order_id).status == "accepted"
        active = order_manager.get_active_orders()
        assert [one.order_id for one in active] == [resting.order_id]
        group = order_manager.place_orders([buy(), buy(0.002)])
        assert [one.status for one in group] == ["filled", "filled"]
        assert order_manager.cancel_order(resting.order_id).status == "canceled"
        eventually(lambda: order_manager.get_active_orders() == (), timeout_s=30)
    finally:
        order_manager.close()
    (there,) = [
        one
        for one in exchange_orders(system, ACCOUNT)
        if str(one["order_id"]) == resting.exchange_order_id
    ]
    assert there["status"] == "CANCELED"


def test_portfolio_manager_integration(config: str) -> None:
    """The portfolio manager as fill callback: told of the fill, it holds the position."""
    order_manager = OrderManager(config_path=config, testnet=True)
    portfolio_manager = PortfolioManager(config_path=config)
    told: list[str] = []
    order_manager.add_fill_callback(portfolio_manager.on_order_filled)
    order_manager.add_fill_callback(lambda order_id, order_result: told.append(order_id))
    order_manager.start_order_monitoring()
    try:
        result = order_manager.place_order(buy(0.003))
        eventually(lambda: result.order_id in told, timeout_s=30)
        held = portfolio_manager.position_manager.get_position("BTCUSDT")
        assert held.net_quantity >= Decimal("0.0029")
        state = portfolio_manager.position_manager.get_position_state("BTCUSDT")
        assert state is PositionState.LONG
    finally:
        order_manager.close()


def test_state_management(config: str) -> None:
    """States and entry prices are what the caller believes; the ledger stays as it is."""
    order_manager = OrderManager(config_path=config, testnet=True)
    position_manager = PortfolioManager(config_path=config).position_manager
    try:
        before = position_manager.get_position("BTCUSDT")
        result = order_manager.place_order(buy(0.003))
        eventually(lambda: position_manager.get_position("BTCUSDT") != before, timeout_s=30)
        held = position_manager.set_position_state("BTCUSDT", PositionState.LONG)
        assert held.direction is PositionState.LONG
        assert result.average_price is not None
        position_manager.update_position_entry_price("BTCUSDT", float(result.average_price))
        assert position_manager.get_position("BTCUSDT").net_quantity == held.net_quantity
        position_manager.set_position_state("BTCUSDT", PositionState.SHORT)
        eventually(lambda: position_manager.check_expectation("BTCUSDT"), timeout_s=30)
        assert position_manager.get_position_state("BTCUSDT") is PositionState.LONG
        position_manager.set_position_state("BTCUSDT", PositionState.LONG)
    finally:
        order_manager.close()


def test_signal_to_execution(system: RunningSystem, config: str) -> None:
    """Signal, risk, order, fill, position, portfolio, callbacks: the whole way, and back."""
    live_engine = LiveTradingEngine(
        watchlist=["BTCUSDT"], initial_balance=1000.0, paper_trading=True, config_path=config
    )
    fills: list[OrderResult] = []
    positions: list[Decimal] = []
    denials: list[str] = []
    live_engine.add_fill_callback(lambda order_id, result: fills.append(result))
    live_engine.add_position_callback(lambda name, held: positions.append(held.net_quantity))
    live_engine.add_denial_callback(lambda denial: denials.append(denial.code))
    signal = Signal(
        symbol="BTCUSDT", signal_type=SignalType.LONG, stop_price=Decimal(49_000), budget=1000
    )
    try:
        live_engine.start()
        risk_result = RiskManager(config_path=config).assess(signal)
        assert (risk_result.approved, risk_result.leverage) == (True, 1)

        receipt = live_engine.process_signal(signal)

        assert receipt.record.status == "ordered", receipt.record.message
        assert receipt.record.client_order_id is not None
        order = live_engine.order_manager.await_outcome(receipt.record.client_order_id)
        assert order.status == "filled"
        assert order.quantity == risk_result.position_size
        eventually(lambda: positions and positions[-1] > 0, timeout_s=30)
        assert {one.order_id for one in fills} == {order.order_id}
        assert live_engine.process_signal(signal).record.code == "ALREADY_LONG"
        eventually(lambda: "ALREADY_LONG" in denials, timeout_s=30)
        eventually(lambda: "BTC/USDT" in live_engine.get_engine_status()["positions"], timeout_s=30)
        shown = live_engine.get_engine_status()["positions"]["BTC/USDT"]
        assert shown.net_quantity == positions[-1]

        closed = Signal(symbol="BTCUSDT", signal_type=SignalType.CLOSE)
        assert LiveSignalProcessor(config_path=config).process_signal(closed, wait=True)
        eventually(lambda: positions[-1] < Decimal("0.00001"), timeout_s=30)
        status = live_engine.get_engine_status()
        assert status["order_manager"]["active_orders_count"] == 0
        assert status["signal_processor"]["ordered"] == 1
    finally:
        live_engine.close()
    assert_equal_to_exchange(system, ACCOUNT)
