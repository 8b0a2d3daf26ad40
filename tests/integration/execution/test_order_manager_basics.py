"""OrderManager: place, cancel, follow, be told about fills."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest
from pydantic import SecretStr

from engine.bootstrap import Engine
from engine.callbacks import Denial
from engine.domain.signal import Signal, SignalType
from engine.errors import InvalidRequest
from engine.order_manager import OrderManager, OrderRequest, OrderResult, OrderType
from engine.signal_processor import LiveSignalProcessor
from engine.store.store import RedisStore
from tests.desk import Desk
from tests.waiting import eventually

pytestmark = pytest.mark.integration


@contextmanager
def worker(desk: Desk) -> Iterator[None]:
    """Deliver messages from a thread with an engine of its own, as a worker process does."""
    over = threading.Event()
    hands = Desk.__new__(Desk)
    hands.__dict__ = desk.__dict__ | {"engine": desk.build_engine()}

    def work() -> None:
        while not over.wait(0.005):
            hands.deliver()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()
    hands.close()


def test_a_market_order_returns_filled(desk: Desk) -> None:
    """The guide's first example: floats in, the outcome out."""
    with worker(desk):
        result = desk.orders.place_order(
            OrderRequest(
                symbol="BTCUSDT",
                side="buy",
                order_type=OrderType.MARKET,
                quantity=0.1,
                leverage=1,
                test=True,
            )
        )
    assert result.success
    assert result.status == "filled"
    assert not result.in_doubt
    assert result.filled_quantity == Decimal("0.1")
    assert result.average_price == Decimal(100)
    assert result.exchange_order_id == str(desk.exchange_orders()[0]["order_id"])


def test_a_limit_order_returns_accepted_and_can_be_cancelled(desk: Desk) -> None:
    """It is active until it is cancelled, and the status follows."""
    manager = desk.orders
    with worker(desk):
        placed = manager.place_order(
            OrderRequest(
                symbol="BTC/USDT", side="BUY", order_type="limit", quantity="1", price=99.5
            )
        )
        assert placed.status == "accepted"
        assert [order.order_id for order in manager.get_active_orders()] == [placed.order_id]
        ended = manager.cancel_order(placed.order_id)
    assert ended.status == "canceled"
    assert manager.get_order_status(placed.order_id).status == "canceled"
    assert manager.get_active_orders() == ()


def test_fill_callbacks_run_for_every_fill(desk: Desk) -> None:
    """Each part is told once the part is booked; a callback that fails stops nobody."""
    told: list[tuple[str, Decimal]] = []

    def fails(order_id: str, result: OrderResult) -> None:
        raise RuntimeError("a caller's mistake")

    manager = OrderManager(engine=desk.engine)
    manager.add_fill_callback(fails)
    manager.add_fill_callback(lambda name, result: told.append((name, result.filled_quantity)))
    manager.start_order_monitoring()
    order = desk.place(quantity=Decimal("0.8"))
    desk.deliver()
    eventually(lambda: len(told) == 2)
    manager.stop_order_monitoring()
    assert told[-1] == (order.client_order_id, Decimal("0.8"))


def test_a_named_monitoring_goes_on_where_it_stopped(desk: Desk) -> None:
    """What happened while nobody listened is told to who comes back under the same name."""
    told: list[str] = []

    def listen(name: str) -> OrderManager:
        manager = OrderManager(engine=desk.engine)
        manager.add_fill_callback(lambda order_id, result: told.append(order_id))
        manager.start_order_monitoring(name)
        return manager

    listen("idle").stop_order_monitoring()
    first = listen("bot")
    before = desk.place(quantity=Decimal("0.1"))
    desk.deliver()
    eventually(lambda: told == [before.client_order_id])
    first.stop_order_monitoring()
    meanwhile = desk.place(quantity=Decimal("0.2"))
    desk.deliver()
    nameless, second = listen(""), listen("bot")
    eventually(lambda: told[1:] == [meanwhile.client_order_id])
    idle = listen("idle")  # It heard nothing before it stopped
    eventually(lambda: told[2:] == [before.client_order_id, meanwhile.client_order_id])
    for manager in (nameless, second, idle):
        manager.stop_order_monitoring()


def test_a_signal_that_comes_to_no_order_is_told_as_a_denial(desk: Desk) -> None:
    """There is no order to show; code, sentence and the signal's id are there."""
    told: list[Denial] = []
    manager = OrderManager(engine=desk.engine)
    manager.add_denial_callback(told.append)
    manager.start_order_monitoring()
    wish = Signal(
        symbol="BTCUSDT", signal_type=SignalType.LONG, key="both ways", position_side="long"
    )
    LiveSignalProcessor(engine=desk.engine).process_signal(wish)
    desk.deliver()
    eventually(lambda: told)
    manager.stop_order_monitoring()
    (denial,) = told
    assert (denial.order_id, denial.order, denial.signal_key) == ("", None, "both ways")
    assert denial.code == "INVALID_REQUEST"
    assert "it must be both" in denial.message


def test_an_order_that_nobody_knows(desk: Desk) -> None:
    """One sentence names the id."""
    with pytest.raises(InvalidRequest, match="nonsense"):
        desk.orders.get_order_status("nonsense")


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"symbol": "BTCUSD"}, "the nearest: BTC/USDT"),
        ({"side": "hold"}, "side is 'hold'; it must be one of buy, sell"),
        ({"order_type": "iceberg"}, "order_type is 'iceberg'"),
        ({"quantity": float("nan")}, "quantity is nan"),
        ({"quantity": "1e400"}, "quantity is '1e400'"),
        ({"quantity": -0.0}, "quantity is -0.0; it must be above 0"),
        ({"quantity": "9" * 1_000_000}, "finite number"),
        ({"quantity": 0.000001}, "quantity is 0.000001"),
        ({"quantity": 0.00001}, "at least 5 USDT"),
        ({"order_type": "limit", "price": 99.503}, "99.5 and 99.51"),
        ({"account": "nobody"}, "nobody"),
        ({"key": "x" * 201}, "at most 200"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_recorded(
    desk: Desk, fields: dict[str, object], sentence: str
) -> None:
    """It names the field, the value and what is allowed."""
    good: dict[str, object] = {"symbol": "BTCUSDT", "side": "buy", "quantity": 1}
    with pytest.raises(Exception) as caught:  # noqa: PT011  # The sentence is what is compared
        desk.orders.place_order(OrderRequest(**good | fields), wait=False)  # type: ignore[arg-type]
    assert sentence in str(caught.value)
    assert len(str(caught.value)) < 300
    assert desk.deliver().exchange_orders() == []
    assert desk.context.store.list_orders("recent") == ()  # type: ignore[arg-type]


def test_an_account_whose_key_is_refused_hides_nobody(desk: Desk) -> None:
    """One wrong key must not keep the orders of the other accounts from being seen."""
    settings = desk.engine.settings
    stranger = settings.accounts["desk"].model_copy(
        update={"name": "stranger", "api_key": SecretStr("unknown")}
    )
    both = settings.model_copy(
        update={"accounts": {"stranger": stranger, "desk": settings.accounts["desk"]}}
    )
    order = desk.place(order_type="limit", quantity=1, price=Decimal("99.5"))
    engine = Engine(both, RedisStore(both.state_address()), desk.messages, clock=desk.clock)
    manager = OrderManager(engine=engine)
    assert manager.get_order_status(order.client_order_id).status == "initialized"
    assert len(manager.get_active_orders()) == 1
    manager.close()
