"""Another order in the place of one: never more than was wished, and never two for one."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.domain.changing import ReplacementStep
from engine.domain.events import EventKind
from engine.domain.order_status import OrderStatus
from engine.domain.succession import awaits_successor
from engine.errors import ChangeDenied, InvalidRequest
from engine.execution.changing import replacing
from engine.execution.stopping import trading
from tests.integration.changing.market import Market

pytestmark = pytest.mark.integration
S = OrderStatus


def test_a_new_price(market: Market) -> None:
    """The order ends, another rests at the new price, and both know of each other."""
    first = market.rest()
    market.modify(first, price="99.60")
    market.deliver()
    old, new = market.chain(first)
    assert (old.status, new.status) == (S.CANCELED, S.ACCEPTED)
    assert (old.replaced_by, new.replaces) == (new.client_order_id, old.client_order_id)
    assert (new.terms.price, new.quantity) == (Decimal("99.60"), Decimal(1))
    assert [Decimal(order["price"]) for order in market.open_orders()] == [Decimal("99.60")]
    market.assert_equal()


def test_what_was_filled_counts(market: Market) -> None:
    """The successor is for the rest, whether the fill was known when the change was wished."""
    first = market.rest()
    market.fill(first, "0.4")
    market.modify(first, price="99.60")
    market.deliver()
    new = market.newest(first)
    assert new.quantity == Decimal("0.6")
    market.modify(new, quantity="0.9")
    market.deliver()
    assert market.newest(new).quantity == Decimal("0.9")
    market.assert_equal()


def test_a_fill_that_races_the_cancel(market: Market) -> None:
    """It makes the successor smaller: in the end no more is filled than was wished."""
    first = market.rest()
    market.modify(first, price="99.60")
    market.fill(first, "0.4")
    market.deliver()
    new = market.newest(first)
    assert new.quantity == Decimal("0.6")
    market.fill(new, "0.6")
    market.desk.sweep()
    assert sum(order.filled_quantity for order in market.chain(first)) == 1
    market.assert_equal()


def test_an_order_that_fills_first_has_no_successor(market: Market) -> None:
    """The wish is dropped, with the reason."""
    first = market.rest()
    market.modify(first, price="99.60")
    market.fill(first, "1")
    market.deliver().pass_time()
    old = market.order(first)
    assert (old.status, old.replaced_by) == (S.FILLED, "")
    assert old.replacement is not None
    assert old.replacement.step is ReplacementStep.DROPPED
    assert "filled" in old.replacement.note
    market.assert_equal()


def test_an_answer_that_is_lost(market: Market) -> None:
    """A cancel in doubt is looked at; the successor follows only when the end is certain."""
    first = market.rest()
    market.modify(first, price="99.60")
    command = "order.cancel"
    market.control.drop_after(command, count=1)
    market.deliver()
    for _ in range(5):
        market.pass_time(3_000)
    assert [order.status for order in market.chain(first)] == [S.CANCELED, S.ACCEPTED]
    assert len(market.open_orders()) == 1
    market.assert_equal()


def test_lost_messages_only_delay(market: Market) -> None:
    """With every message lost the due set goes on from where it stands."""
    first = market.rest()
    market.modify(first, price="99.60")
    for _ in range(12):
        market.desk.messages.take()
        market.pass_time(2_000)
    assert [order.status for order in market.chain(first)] == [S.CANCELED, S.ACCEPTED]
    market.assert_equal()


def test_the_same_change_again(market: Market) -> None:
    """A repeat changes nothing, before and after; another change belongs to the successor."""
    first = market.rest()
    market.modify(first, price="99.60")
    market.modify(first, price="99.60")
    market.deliver()
    market.modify(first, price="99.60")
    with pytest.raises(InvalidRequest, match="is replaced by"):
        market.modify(first, price="99.70")
    assert len(market.deliver().chain(first)) == 2


def test_an_unsent_order_is_changed_before_it_leaves(spot: Market) -> None:
    """It is denied as any cancelled one, and only the other one is ever sent."""
    first = spot.place("limit", "1", price=Decimal("99.50"))
    spot.desk.messages.take()
    spot.modify(first, price="99.60")
    spot.deliver()
    old, new = spot.chain(first)
    assert (old.status, new.status) == (S.DENIED, S.ACCEPTED)
    assert len(spot.exchange_orders()) == 1


def test_a_cancel_withdraws_the_change(spot: Market) -> None:
    """Nothing takes the place of an order whose end was wished meanwhile."""
    first = spot.rest()
    spot.modify(first, price="99.60")
    spot.desk.orders.cancel_order(first.client_order_id, wait=False)
    spot.deliver().pass_time()
    assert spot.order(first).replaced_by == ""
    assert spot.open_orders() == []


def test_a_cancel_follows_to_the_successor(market: Market) -> None:
    """The id that the caller knows is enough, however often the order was replaced."""
    first = market.rest()
    for price in ("99.60", "99.70"):
        market.modify(market.newest(first), price=price)
        market.deliver()
    ended = market.desk.orders.cancel_order(first.client_order_id, wait=False)
    market.deliver()
    assert ended.order_id == market.newest(first).client_order_id
    assert market.open_orders() == []


def test_everything_is_cancelled_with_what_comes(spot: Market) -> None:
    """A cancel of everything includes an order whose successor is not recorded yet."""
    first = spot.rest()
    spot.modify(first, price="99.60")
    spot.desk.carry_out(("cancel", ("desk", first.client_order_id)))
    spot.desk.messages.take()
    assert awaits_successor(spot.order(first))
    spot.desk.orders.cancel_all_orders(wait=False)
    spot.deliver().pass_time(3_000)
    assert spot.open_orders() == []


def test_a_larger_order_goes_through_risk(spot: Market) -> None:
    """What risk would deny is denied before anything ends; the order stays."""
    spot.rest(quantity="5000")
    first = spot.rest()
    with pytest.raises(ChangeDenied) as denied:
        spot.modify(first, quantity="8000")
    assert denied.value.code == "INSUFFICIENT_BALANCE"
    assert spot.order(first).cancel_requested_at_ms is None
    assert len(spot.open_orders()) == 2


def test_a_successor_that_is_denied_is_an_alarm(spot: Market) -> None:
    """The account was halted after the old order had ended: nothing rests, which is told once."""
    first = spot.rest()
    spot.modify(first, price="99.60")
    spot.desk.carry_out(("cancel", ("desk", first.client_order_id)))
    trading.halt(spot.desk.context, "a test")
    spot.deliver().pass_time()
    old, new = spot.chain(first)
    assert (old.status, new.status) == (S.CANCELED, S.DENIED)
    alarms = [
        event
        for event in spot.desk.context.store.read_events("0")
        if event.kind is EventKind.ALARM and event.client_order_id == new.client_order_id
    ]
    assert [first.client_order_id in event.message for event in alarms] == [True]


def test_what_an_order_holds_is_free_for_its_successor(spot: Market) -> None:
    """An order that locks nearly everything can be moved."""
    first = spot.rest(quantity="8000")
    spot.modify(first, price="99.60")
    spot.deliver()
    assert spot.newest(first).status is S.ACCEPTED
    spot.modify(spot.newest(first), price="99.70")
    assert spot.deliver().newest(first).terms.price == Decimal("99.70")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, "price, trigger_price and quantity are missing"),
        ({"price": "0"}, "price is '0'"),
        ({"price": "99.555"}, "price is 99.555; it must be a multiple"),
        ({"trigger_price": "99"}, "trigger_price is 99; a limit order takes none"),
        ({"quantity": "0.00000001"}, "quantity is 0.00000001"),
        ({"price": "99.50"}, "is so already"),
    ],
)
def test_a_change_that_is_none(spot: Market, change: dict[str, str], said: str) -> None:
    """One sentence names field, value and what is allowed; the order stays as it is."""
    first = spot.rest()
    with pytest.raises(InvalidRequest) as wrong:
        spot.modify(first, **change)
    assert said in str(wrong.value)
    assert spot.order(first).cancel_requested_at_ms is None


def test_an_order_that_has_ended_cannot_be_changed(spot: Market) -> None:
    """The sentence names its state."""
    first = spot.desk.place(quantity=1)
    spot.deliver()
    with pytest.raises(InvalidRequest, match="is filled"):
        spot.modify(first, quantity="2")


def test_a_wish_to_cancel_outlives_who_records_the_successor(
    spot: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The end was wished while another process recorded the order in its place, and died."""
    first = spot.rest()
    spot.modify(first, price="99.60")
    with monkeypatch.context() as crashing:
        crashing.setattr(replacing, "_note_recorded", _die)
        with pytest.raises(KeyboardInterrupt):
            spot.deliver()
    spot.desk.orders.cancel_order(first.client_order_id, wait=False)
    with monkeypatch.context() as crashing:
        crashing.setattr(replacing, "request_cancel", _die)
        with pytest.raises(KeyboardInterrupt):
            replacing.record_successor(spot.desk.context, spot.order(first))
    spot.desk.messages.take()
    for _ in range(3):
        spot.pass_time(3_000)
    assert spot.newest(first).client_order_id != first.client_order_id
    assert spot.open_orders() == []
    spot.assert_equal()


def _die(*arguments: object) -> None:
    raise KeyboardInterrupt
