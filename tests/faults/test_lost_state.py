"""The state is emptied under a trading account whose caller repeats everything it ever asked."""

from __future__ import annotations

import signal
from dataclasses import dataclass
from decimal import Decimal

import pytest

from engine.domain.order_status import OrderStatus
from engine.execution.ending.cancellation import request_cancel
from tests.faults.conftest import Scene
from tests.settled import PATIENCE_S, assert_ends_equal
from tests.trader import Trader
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.faults]
S = OrderStatus
#: Enough ETH for a sale that counts twice for a moment: in the balance, and until it is folded.
HELD_BEFORE = {"BTC": "0.75", "ETH": "5"}


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What the caller asks for, and what it comes to."""

    symbol: str
    quantity: str
    end: OrderStatus
    side: str = "buy"
    price: str = ""

    def place(self, trader: Trader, key: str) -> str:
        """Ask in Python; return the order's id."""
        terms = {"order_type": "limit", "price": Decimal(self.price)} if self.price else {}
        quantity = Decimal(self.quantity)
        placed = trader.place(self.symbol, self.side, key=key, quantity=quantity, **terms)
        return placed.client_order_id

    def command(self, account: str, key: str) -> tuple[str, ...]:
        """Return the same as a command."""
        terms = ("--type", "limit", "--price", self.price) if self.price else ()
        words = ("order", "place", self.symbol, self.side, self.quantity, *terms)
        return (*words, "--id", key, "--account", account, "--json")


PLACED = {
    "bought": Wish(symbol="BTC/USDT", quantity="0.8", end=S.FILLED),
    "sold of before": Wish(symbol="ETH/USDT", side="sell", quantity="1", end=S.FILLED),
    "called off": Wish(symbol="BTC/USDT", quantity="1", price="99.10", end=S.CANCELED),
    "in part": Wish(symbol="BTC/USDT", quantity="1", price="99.40", end=S.PARTIALLY_FILLED),
    "resting": Wish(symbol="BTC/USDT", quantity="1", price="99.50", end=S.ACCEPTED),
    "offered": Wish(symbol="ETH/USDT", side="sell", quantity="1.5", price="101", end=S.ACCEPTED),
}
#: Recorded, and their messages wait in the broker, when the state is lost.
UNSENT = {
    "unsent": Wish(symbol="BTC/USDT", quantity="1", price="99.30", end=S.ACCEPTED),
    "unsent too": Wish(symbol="ETH/USDT", quantity="2", price="99.20", end=S.ACCEPTED),
}


def await_ends(trader: Trader, names: dict[str, str], wishes: dict[str, Wish]) -> None:
    for key, wish in wishes.items():
        eventually(
            lambda key=key, wish=wish: trader.order(names[key]).status is wish.end,
            timeout_s=PATIENCE_S,
            message=f"{key}: {trader.order(names[key])}",
        )


def trade(scene: Scene, trader: Trader) -> dict[str, str]:
    """Hold coins, buy, sell, rest, fill in part and cancel; return the id under each key."""
    for asset, amount in HELD_BEFORE.items():
        trader.paper.control.deposit(asset, amount, uid=trader.uid)
    names = {key: wish.place(trader, key) for key, wish in PLACED.items()}
    try:
        eventually(lambda: len(trader.exchange_orders()) == len(PLACED), timeout_s=PATIENCE_S)
    except AssertionError:
        stood = {key: trader.order(name) for key, name in names.items()}
        raise AssertionError(f"not all arrived: {stood}\n{scene.fleet.tails()}") from None
    request_cancel(trader.context, names["called off"])
    trader.paper.control.fill("BTCUSDT", client_order_id=names["in part"], quantity="0.25")
    await_ends(trader, names, PLACED)
    return names


def open_at_exchange(trader: Trader) -> dict[str, tuple[Decimal, Decimal]]:
    """Return quantity and filled quantity of what works there, by client order id."""
    return {
        order["client_order_id"]: (Decimal(order["quantity"]), Decimal(order["filled_quantity"]))
        for order in trader.exchange_orders()
        if order["status"] in {"NEW", "PARTIALLY_FILLED"}
    }


def open_here(scene: Scene, trader: Trader) -> dict[str, tuple[Decimal, Decimal]]:
    listed = scene.fleet.system.json("order", "list", "--open", "--account", trader.account)
    return {
        order["client_order_id"]: (Decimal(order["quantity"]), Decimal(order["filled_quantity"]))
        for order in listed
    }


def is_open(trader: Trader) -> bool:
    state = trader.context.store.load_state()
    return state.is_opened and not state.is_held


def repeat(scene: Scene, trader: Trader) -> dict[str, str]:
    """Run the command for every id, all at once; return the id that each answered with."""
    wishes = PLACED | UNSENT
    calls = [wish.command(trader.account, key) for key, wish in wishes.items()]
    answers = [answer.expect(0).document for answer in scene.fleet.system.at_once(calls)]
    return {key: one["client_order_id"] for key, one in zip(wishes, answers, strict=True)}


def test_the_state_is_lost_and_the_caller_repeats(scene: Scene) -> None:
    """Messages of before, and every id again: the first orders answer, and none is sent twice."""
    trader = scene.open_trader()
    trader.paper.control.clear_stats()
    names = trade(scene, trader)
    scene.victim.send(signal.SIGSTOP)
    try:
        names |= {key: wish.place(trader, key) for key, wish in UNSENT.items()}
        with scene.fleet.system.state.client() as client:
            client.flushall()
    finally:
        scene.victim.send(signal.SIGCONT)  # The messages of before are delivered now
    eventually(lambda: is_open(trader), timeout_s=PATIENCE_S, message=scene.fleet.tails())

    before = open_at_exchange(trader)
    assert before.keys() == {names[key] for key in ("in part", "resting", "offered")}
    assert open_here(scene, trader) == before
    assert repeat(scene, trader) == names
    await_ends(trader, names, PLACED | UNSENT)
    assert {key: wish.place(trader, key) for key, wish in (PLACED | UNSENT).items()} == names
    after = open_at_exchange(trader)
    assert after == before | {names[key]: (Decimal(UNSENT[key].quantity), 0) for key in UNSENT}
    assert open_here(scene, trader) == after
    assert_ends_equal(scene.fleet, trader, sweep=False)
    sent = trader.paper.control.stats()["sent_client_ids"]
    assert sent == dict.fromkeys(names.values(), 1)
