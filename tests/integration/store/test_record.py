"""Recording a group: all of it, once, or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.domain.end_reason import Reason
from engine.domain.look import LookMemory
from engine.domain.order_status import OrderStatus
from engine.errors import UnknownOrder
from engine.ports import LOOK_ENTRY, Due, OrderFilter, Recorded, RecordOutcome, Versioned
from engine.store.account import RedisAccountStore
from tests.builders import NOW_MS, build_order
from tests.integration.store.scenes import build_group, record, report_live, reserve

pytestmark = pytest.mark.integration


def test_recorded_order_is_found_in_every_way(account: RedisAccountStore) -> None:
    """Record, reservation, due time, key and event are there together."""
    order = build_order()

    recorded = account.record(build_group(order), risk_version=0)

    assert recorded == Recorded(
        outcome=RecordOutcome.RECORDED, client_order_ids=(order.client_order_id,)
    )
    assert account.load_order(order.client_order_id) == Versioned(value=order, version=1)
    assert account.list_orders(OrderFilter.ACTIVE) == (order,)
    assert account.list_orders(OrderFilter.IN_DOUBT) == ()
    assert account.load_risk_book().reservations == (reserve(order),)
    assert account.load_risk_book().version == 1
    assert account.find_request(order.request_key, "a-digest") == replace(
        recorded, outcome=RecordOutcome.EXISTS
    )
    assert [due.client_order_id for due in account.claim_due(1_000, 10)] == [order.client_order_id]
    assert [event.kind for event in account.load_timeline(order.client_order_id)] == [
        "order_recorded"
    ]


def test_same_key_brings_the_same_orders_back(account: RedisAccountStore) -> None:
    """A repeated request is answered with the orders of the first, even with other sizes."""
    order = record(account)
    resized = build_order(client_order_id="augother", created_at_ms=NOW_MS + 5)

    again = account.record(build_group(resized), risk_version=99)

    assert again == Recorded(
        outcome=RecordOutcome.EXISTS, client_order_ids=(order.client_order_id,)
    )
    assert account.find_order("augother") is None


def test_same_key_for_another_request_is_refused(account: RedisAccountStore) -> None:
    """The digest tells a repeat from a mistake."""
    order = record(account)

    conflict = account.record(build_group(build_order(), digest="other"), risk_version=1)

    assert conflict.outcome is RecordOutcome.KEY_CONFLICT
    found = account.find_request(order.request_key, "other")
    assert found is not None
    assert found.outcome is RecordOutcome.KEY_CONFLICT


def test_id_under_another_key_is_refused(account: RedisAccountStore) -> None:
    """Two keys never share an exchange order."""
    order = record(account)
    other = build_order(request_key="k2", client_order_id=order.client_order_id)

    answer = account.record(build_group(other), risk_version=1)

    assert answer.outcome is RecordOutcome.ID_TAKEN
    assert account.find_request("k2", "a-digest") is None


def test_risen_exposure_stops_a_record_before_it_writes(account: RedisAccountStore) -> None:
    """Whoever checked an older risk book checks again."""
    record(account)
    late = build_order(request_key="late")

    answer = account.record(build_group(late), risk_version=0)

    assert answer.outcome is RecordOutcome.RISK_CHANGED
    assert account.find_order(late.client_order_id) is None
    assert account.load_risk_book().version == 1


def test_record_without_reservation_raises_no_risk(account: RedisAccountStore) -> None:
    """A reduce-only order adds nothing that others must check against."""
    record(account, build_order(), reservations=())

    assert account.load_risk_book().version == 0


def test_denied_group_completes_at_once(account: RedisAccountStore) -> None:
    """Nothing is watched or reserved, and the outbox entry is there."""
    denied = replace(
        build_order(), status=OrderStatus.DENIED, reason=Reason(code="HALTED", message="halted")
    )

    record(account, denied)

    assert account.claim_due(1_000, 10) == ()
    assert account.load_risk_book().reservations == ()
    assert account.list_orders(OrderFilter.ACTIVE) == ()
    assert account.list_orders(OrderFilter.RECENT) == (denied,)
    (entry,) = account.list_outbox()
    assert (entry.entry_id, entry.cursors) == (denied.group_id, {})
    kinds = [event.kind for event in account.load_timeline(denied.client_order_id)]
    assert kinds == ["order_recorded", "order_settled"]


def test_group_with_one_denied_member_waits_for_the_other(account: RedisAccountStore) -> None:
    """The entry opens when the last member is settled, not the first."""
    denied = replace(build_order(request_key="k/1"), status=OrderStatus.DENIED)
    living = build_order(request_key="k/2", group_id=denied.group_id)

    record(account, denied, living, request_key="k")

    assert account.list_outbox() == ()
    account.commit(1, living.to(OrderStatus.DENIED))
    assert [entry.entry_id for entry in account.list_outbox()] == [denied.group_id]


def test_unknown_order_is_a_sentence(account: RedisAccountStore) -> None:
    """Loading an order that nobody recorded names it."""
    with pytest.raises(UnknownOrder, match="augnone"):
        account.load_order("augnone")


def test_orders_are_listed_by_creation(account: RedisAccountStore) -> None:
    """Oldest first, and RECENT newest first; a limit cuts the end."""
    orders = [
        build_order(request_key=f"k{number}", created_at_ms=NOW_MS + number) for number in range(3)
    ]
    for order in reversed(orders):
        record(account, order)

    assert account.list_orders(OrderFilter.ACTIVE) == tuple(orders)
    assert account.list_orders(OrderFilter.RECENT, limit=2) == (orders[2], orders[1])


def test_due_work_goes_to_one_and_comes_back(account: RedisAccountStore, clock: list[int]) -> None:
    """A lease hides the work, its end brings it back under a newer number."""
    order = record(account)

    (first,) = account.claim_due(1_000, 10)

    assert account.claim_due(1_000, 10) == ()
    clock[0] += 1_000
    (second,) = account.claim_due(1_000, 10)
    assert second.client_order_id == first.client_order_id == order.client_order_id
    assert second.sequence > first.sequence
    assert not account.postpone({first: 0})
    assert account.postpone({second: 0})
    assert account.claim_due(1_000, 10) == (
        Due(client_order_id=order.client_order_id, sequence=second.sequence + 1),
    )


def test_commit_takes_the_due_time_over(account: RedisAccountStore, clock: list[int]) -> None:
    """A postponement by who looked before the commit does not move the commit's plan."""
    order = record(account)
    (due,) = account.claim_due(1_000, 10)

    account.commit(1, order, check_in_ms=10)

    assert not account.postpone({due: 60_000})
    clock[0] = NOW_MS + 10
    assert len(account.claim_due(1_000, 10)) == 1


def test_order_that_is_never_due_again_cannot_be_postponed(account: RedisAccountStore) -> None:
    """Settling ends the watch."""
    order = record(account)
    (due,) = account.claim_due(1_000, 10)

    account.commit(1, order.to(OrderStatus.DENIED))

    assert not account.postpone({due: 0})
    assert account.claim_due(1_000, 10) == ()


def test_of_two_looks_at_once_one_is_remembered(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """The other one began without knowing of it, and plans nothing."""
    memory = LookMemory(asked_at_ms=NOW_MS, next_ms=NOW_MS + 5)
    assert account.load_look(NOW_MS) == Versioned(value=LookMemory(), version=0)

    assert account.save_look(0, memory, NOW_MS, is_over=False)
    assert not account.save_look(0, LookMemory(), NOW_MS, is_over=True)

    assert account.load_look(NOW_MS) == Versioned(value=memory, version=1)
    assert not account.is_anything_due()
    clock[0] += 5
    assert account.is_anything_due()
    assert [due.client_order_id for due in account.claim_due(1_000, 10)] == [LOOK_ENTRY]
    assert account.save_look(1, memory, NOW_MS + 5, is_over=True)
    clock[0] += 1_000
    assert account.claim_due(1_000, 10) == ()


def test_a_stream_that_falls_silent_makes_the_look_due(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """A look that is far away because the stream told the news is not, once it tells none."""
    term = account.lead_stream("a", 1_000)
    assert term is not None
    report_live(account, term)
    relying = LookMemory(asked_at_ms=NOW_MS, next_ms=NOW_MS + 30_000, was_live=True)
    account.save_look(0, relying, NOW_MS, is_over=False)

    assert not account.is_anything_due()
    clock[0] += 1_001
    assert account.is_anything_due()
    account.save_look(1, relying, clock[0], is_over=True)
    assert not account.is_anything_due()


def test_what_is_due_is_claimed_and_moved_in_bulk(account: RedisAccountStore) -> None:
    """Each under a number of its own; a number that is gone moves nothing."""
    orders = [build_order(request_key=f"k{number}") for number in range(5)]
    for order in orders:
        record(account, order)

    due = account.claim_due(1_000, 4)

    assert len({item.sequence for item in due}) == len(due) == 4
    (fifth,) = account.claim_due(1_000, 4)
    stale = replace(due[0], sequence=due[0].sequence - 1)
    assert account.postpone({stale: 0}) == 0
    assert account.postpone({item: 1 for item in (*due[1:], fifth)}) == 4
    assert set(account.claim_due(1_000, 9)).isdisjoint({*due, fifth})
    assert account.postpone({}) == 0


def test_the_book_counts_the_orders_of_the_last_minute(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """Those that were recorded and not denied, whatever became of them; then they are forgotten."""
    for number in range(3):
        record(account, build_order(request_key=f"k{number}"))
        clock[0] += 10_000
    denied = build_order(request_key="no").to(OrderStatus.DENIED, Reason(code="HALTED"))
    record(account, denied)

    counts = []
    for passed_ms in (0, 30_000, 10_000, 10_000):
        clock[0] += passed_ms
        counts.append(account.load_risk_book().orders_in_minute)

    assert counts == [3, 2, 1, 0]
