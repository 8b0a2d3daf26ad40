"""The live engine against a real store and a real exchange: candles in, recorded orders out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from engine.bootstrap import Engine
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.signal import Signal, SignalType
from engine.errors import ExchangeUnavailable, InvalidRequest
from engine.execution.placing import submission
from engine.execution.signalling import signals
from engine.execution.stopping.trading import halt
from engine.live_engine import LiveTradingEngine
from engine.ports import OrderFilter
from engine.strategies.strategy import View
from tests.desk import Desk, MessageList
from tests.looking import look_at_symbol
from tests.traders import InAndOut
from tests.waiting import eventually

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Always:
    """A strategy that wants the same at every candle."""

    wanted: SignalType
    candles_needed: int = 1

    def decide(self, view: View) -> SignalType | None:
        return self.wanted


class Broken:
    """A strategy with a mistake in it."""

    candles_needed = 1

    def decide(self, view: View) -> SignalType | None:
        raise ZeroDivisionError("a mistake")


class Workers(MessageList):
    """Messages of signals reach a worker, which knows nothing but the store; others are lost."""

    desk: Desk  # Set by `live_engine`: a dispatcher is built by its name alone

    def process_signal(self, account: str, signal_id: str) -> None:
        context = _worker(self.desk).account(account)
        signals.process_signal(context, signal_id)
        context.gateway.close()


@contextmanager
def live_engine(desk: Desk, **options: Any) -> Iterator[LiveTradingEngine]:
    """Build one on the desk's store; orders are recorded and not sent by themselves."""
    Workers.desk = desk
    lender = _worker(desk)
    options = {"watchlist": ["BTCUSDT"], "interval": "1s", "engine": lender} | options
    live = LiveTradingEngine(**options)
    try:
        yield live
    finally:
        live.close()


def _worker(desk: Desk) -> Engine:
    settings = desk.engine.settings
    # On a new store a caller's key waits until nothing of before can arrive: let it wait less
    shorter = {"recv_window_ms": 2_000, "engine_tail_ms": 0, "place_wait_ms": 10_000}
    timings = settings.execution.model_copy(update=shorter)
    changes = {"dispatcher": f"{__name__}:Workers", "execution": timings}
    return Engine(settings.model_copy(update=changes), desk.engine.store, MessageList())


def _send(desk: Desk, order: Order) -> None:
    """Do what the workers would do: send the order, and look at what became of it."""
    context = _worker(desk).account("desk")
    submission.submit_order(context, order.client_order_id)
    sent = context.store.load_order(order.client_order_id).value
    look_at_symbol(context, order.terms.symbol, [sent])
    context.gateway.close()


def test_status_tells_what_runs_and_stop_ends_it(desk: Desk):
    """Started, it follows the resolved watchlist; stopped, it says so and can start again."""
    with live_engine(desk) as live:
        assert live.get_engine_status()["running"] is False
        live.start()
        live.start()
        eventually(lambda: live.get_engine_status()["last_closes"])

        status = live.get_engine_status()

        assert status["running"] is True
        assert status["mode"] == "paper"
        assert status["watchlist"] == ["BTC/USDT"]
        assert status["order_manager"]["active_orders_count"] == 0
        assert status["equity"] == Decimal(1_000_000)
        live.stop()
        assert live.get_engine_status()["running"] is False
        live.start()
        assert live.get_engine_status()["running"] is True


def test_a_paper_account_worth_something_else_is_told_and_left_alone(desk: Desk):
    """The exchange's ledger outlives a script: the difference is said, the budget is kept."""
    with live_engine(desk, initial_balance=1000.0) as live:
        live.start()

        status = live.get_engine_status()

        assert (status["initial_balance"], status["budget"]) == (1000, 1000)
        assert "1000000" in status["balance_note"]
    with live_engine(desk, initial_balance=1_000_000) as live:
        live.start()
        assert live.get_engine_status()["balance_note"] == ""


def test_a_wish_becomes_one_order_within_the_budget(desk: Desk):
    """LONG at every candle: the first is ordered, sized by the budget; the others are denied."""
    wanting = Always(SignalType.LONG)
    with live_engine(desk, initial_balance=1000.0, strategy=wanting) as live:
        live.start()
        eventually(lambda: live.get_engine_status()["signals"]["denied"] >= 2)

        status = live.get_engine_status()

    assert status["signals"]["ordered"] == 1
    assert status["order_manager"]["active_orders_count"] == 1
    store = desk.context.store
    (order,) = store.list_orders(OrderFilter.ACTIVE)
    _send(desk, order)
    filled = store.load_order(order.client_order_id).value
    assert filled.status is OrderStatus.FILLED
    spent = sum(fill.cost for fill in filled.fills)
    share = Decimal(1000) / desk.context.risk.max_positions
    assert share / 2 < spent <= share


def test_a_given_signal_is_sized_within_the_budget_and_acts_once(desk: Desk):
    """The same key twice is one order; a symbol off the watchlist is refused by name."""
    with live_engine(desk, initial_balance=500) as live:
        signal = Signal(symbol="BTCUSDT", signal_type=SignalType.LONG, key="morning")
        first, second = live.process_signal(signal), live.process_signal(signal)

        assert first.record.client_order_id is not None
        assert second.record.client_order_id == first.record.client_order_id
        assert live.get_engine_status()["order_manager"]["active_orders_count"] == 1
        with pytest.raises(InvalidRequest, match="ETH/USDT"):
            live.process_signal(Signal(symbol="ETHUSDT", signal_type=SignalType.LONG))


def test_a_symbol_that_the_configuration_leaves_out_is_refused(desk: Desk):
    """A script may narrow the configured watchlist and never widen it."""
    with live_engine(desk, watchlist=["BTCUSDT", "ETHUSDT"]) as live:
        with pytest.raises(InvalidRequest, match="ETH/USDT"):
            live.start()
        assert live.get_engine_status()["running"] is False


def test_a_strategy_sees_its_own_position(desk: Desk):
    """In a script as on the workers: it goes out again of what its own signal bought."""
    with live_engine(desk, strategy=InAndOut()) as live:
        live.start()
        store = desk.context.store
        eventually(lambda: store.list_orders(OrderFilter.ACTIVE))
        (bought,) = store.list_orders(OrderFilter.ACTIVE)
        _send(desk, bought)
        eventually(
            lambda: [one.terms.side for one in store.list_orders(OrderFilter.ACTIVE)] == ["sell"],
        )
    assert bought.strategy == "InAndOut"


def test_a_strategy_that_fails_is_told_and_the_engine_goes_on(desk: Desk):
    """A mistake in a user's own code ends neither the thread nor the status."""
    with live_engine(desk, strategy=Broken()) as live:
        live.start()
        eventually(lambda: live.get_engine_status()["last_error"])

        assert "a mistake" in live.get_engine_status()["last_error"]
        assert live.get_engine_status()["running"] is True


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"watchlist": []}, "watchlist"),
        ({"watchlist": "BTCUSDT"}, "watchlist"),
        ({"initial_balance": 0}, "initial_balance"),
        ({"initial_balance": float("nan")}, "initial_balance"),
        ({"interval": "7x"}, "interval"),
        ({"interval": ""}, "interval"),
    ],
)
def test_bad_arguments_name_their_field(desk: Desk, options: dict[str, Any], field: str):
    """One sentence, before anything is connected."""
    with pytest.raises(InvalidRequest, match=field), live_engine(desk, **options):
        pass


# ---- many strategies, many accounts ----------------------------------------------------------


def test_a_strategy_that_fails_leaves_the_others_alone(desk: Desk):
    """Each has a thread and a name of its own; the status says which one fails and why."""
    strategies = {"good": Always(SignalType.LONG), "bad": Broken()}
    with live_engine(desk, strategies=strategies) as live:
        live.start()
        store = desk.context.store
        eventually(lambda: store.list_orders(OrderFilter.ACTIVE))
        (order,) = store.list_orders(OrderFilter.ACTIVE)
        eventually(lambda: _strategies(live)["bad"]["last_error"])
        assert "a mistake" in _strategies(live)["bad"]["last_error"]
        assert _strategies(live)["good"] == {"running": True, "last_error": ""}
        assert live.get_engine_status()["signal_processor"]["state"] == "degraded"
    assert order.strategy == "good"


def _strategies(live: LiveTradingEngine) -> dict[str, dict[str, Any]]:
    return live.get_engine_status()["accounts"]["desk"]["strategies"]


def test_an_account_that_cannot_be_reached_leaves_the_others_alone(desk: Desk):
    """One trades spot and one nothing at all; where none can be reached, that is raised."""
    document = json.loads(desk.config_path.read_text())
    away = {**document["accounts"]["desk"], "base_url": "http://127.0.0.1:9", "egress": "away"}
    document["accounts"]["away"] = away
    desk.config_path.write_text(json.dumps(document))
    desk.restart_engine()
    strategies = {"good": Always(SignalType.LONG)}
    with live_engine(desk, accounts=["away", "desk"], strategies=strategies) as live:
        live.start()
        store = desk.context.store
        eventually(lambda: store.list_orders(OrderFilter.ACTIVE))
        status = live.get_engine_status()
        assert status["accounts"]["away"]["problem"]
        assert status["accounts"]["desk"]["problem"] == ""
        assert status["order_manager"]["active_orders_count"] == 1
        with pytest.raises(InvalidRequest, match="several accounts: away, desk"):
            live.process_signal(Signal(symbol="BTCUSDT", signal_type=SignalType.LONG))
        receipt = live.process_signal(
            Signal(symbol="BTCUSDT", signal_type=SignalType.LONG, account="desk")
        )
        assert receipt.record.code == "ENTRY_PENDING"
    with live_engine(desk, accounts=["away"]) as lost, pytest.raises(ExchangeUnavailable):
        lost.start()


def test_the_status_names_every_component(desk: Desk):
    """Its own parts and the processes beside it, each with a state and what is wrong."""
    with live_engine(desk) as live:
        live.start()
        status = live.get_engine_status()
        parts = ("order_manager", "position_manager", "portfolio_manager", "risk_manager")
        assert {status[part]["state"] for part in (*parts, "signal_processor")} == {"ok"}
        assert status["workers"]["nodes"] == {"desk": ["all"]}
        assert status["beat"]["problem"] == "no heartbeat came through beat and a worker yet"
        assert status["stream_listener"]["state"] == "degraded"
        assert status["trading"]["trading_state"] == "active"
        halt(desk.context, "a test")
        assert "a test" in live.get_engine_status()["risk_manager"]["problem"]


def test_callbacks_hear_of_what_other_processes_did(desk: Desk):
    """Orders, fills, positions and denials; each event once, though one callback fails."""
    heard: list[tuple[str, str]] = []
    with live_engine(desk) as live:
        live.add_order_callback(lambda name, result: heard.append(("order", result.status)))
        live.add_fill_callback(lambda name, result: 1 / 0)
        live.add_fill_callback(lambda name, result: heard.append(("fill", name)))
        live.add_position_callback(lambda name, position: heard.append(("position", name)))
        live.add_denial_callback(lambda denial: heard.append(("denial", denial.code)))
        live.start()
        bought = desk.place(quantity=Decimal("0.8"))
        desk.deliver().sweep()
        desk.place(side="sell", quantity=Decimal(100))
        eventually(lambda: ("denial", "INSUFFICIENT_BALANCE") in heard)
        eventually(lambda: ("position", "BTC/USDT") in heard)
        eventually(lambda: ("order", "filled") in heard)
    assert [one for one in heard if one[0] == "fill"] == [("fill", bought.client_order_id)] * 2


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"accounts": "desk"}, "accounts is 'desk'; it must be a list"),
        ({"accounts": ["desk"], "account": "desk"}, "account left out"),
        ({"strategies": [InAndOut(), InAndOut()]}, "has InAndOut twice"),
        ({"strategies": {"": InAndOut()}}, "has the name ''"),
    ],
)
def test_accounts_and_strategies_that_are_not_clear(
    desk: Desk, options: dict[str, Any], sentence: str
):
    """One sentence, before anything is connected."""
    with pytest.raises(InvalidRequest, match=sentence), live_engine(desk, **options):
        pass
