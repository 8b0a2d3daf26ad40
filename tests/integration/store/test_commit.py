"""Commits: body, fills, reservation, indexes, group and outbox change together or not at all."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.domain.derivative import PositionSide
from engine.domain.end_reason import Reason
from engine.domain.events import Event, EventKind
from engine.domain.order_status import OrderStatus
from engine.domain.position import empty_position
from engine.domain.risk import Rejection
from engine.errors import ConcurrentChange
from engine.ports import OrderFilter
from engine.store.account import RedisAccountStore
from tests.builders import NOW_MS, build_fill, build_order, build_terms
from tests.integration.store.scenes import SYMBOL, filled, record, record_claimed

pytestmark = pytest.mark.integration

S = OrderStatus


def test_fills_are_booked_once_and_reservation_falls(account: RedisAccountStore) -> None:
    """A partial fill moves from the reservation into the ledger in one look."""
    stored = record_claimed(account)
    partial = filled(stored.value, "0.4", status=S.PARTIALLY_FILLED)

    account.commit(2, partial)
    account.commit(3, replace(partial, last_event_at_ms=NOW_MS))

    assert account.load_rows(SYMBOL) == partial.fills
    book = account.load_risk_book()
    assert book.unfolded == {SYMBOL: partial.fills}
    assert [held.quantity for held in book.reservations] == [Decimal("0.6")]
    assert account.list_orders(OrderFilter.OPEN) == account.list_orders(OrderFilter.ACTIVE)
    assert account.list_orders(OrderFilter.IN_DOUBT) == ()
    assert account.find_by_exchange_id(SYMBOL, "77") == stored.value.client_order_id


def test_one_number_of_the_exchange_names_an_order_in_each_symbol(
    account: RedisAccountStore,
) -> None:
    """Binance spot counts orders per symbol: a trade must not find another symbol's order."""
    stored = record_claimed(account)
    account.commit(2, filled(stored.value, "0.4", status=S.PARTIALLY_FILLED))

    assert account.find_by_exchange_id(SYMBOL, "77") == stored.value.client_order_id
    assert account.find_by_exchange_id("ETH/USDT", "77") is None


def test_settled_order_frees_all_and_opens_the_outbox(account: RedisAccountStore) -> None:
    """The group's entry names how many ledger rows the portfolio must cover."""
    stored = record_claimed(account)
    whole = filled(stored.value, "0.4", "0.6", status=S.FILLED)

    account.commit(2, whole)

    assert account.load_risk_book().reservations == ()
    assert account.list_orders(OrderFilter.ACTIVE) == account.list_orders(OrderFilter.OPEN) == ()
    (entry,) = account.list_outbox()
    assert (entry.entry_id, entry.group_id) == (whole.group_id, whole.group_id)
    assert entry.cursors == {SYMBOL: 2}


def test_closed_order_with_missing_trades_is_not_settled(account: RedisAccountStore) -> None:
    """The exchange said more was filled than is booked: watched, held, no entry yet."""
    stored = record_claimed(account)
    short = replace(
        filled(stored.value, "0.4", status=S.CANCELED), reported_filled_quantity=Decimal("0.5")
    )

    account.commit(2, short, check_in_ms=0)

    assert account.list_outbox() == ()
    assert account.list_orders(OrderFilter.ACTIVE) == (short,)
    assert [held.quantity for held in account.load_risk_book().reservations] == [Decimal("0.1")]


def test_stale_version_writes_nothing(account: RedisAccountStore) -> None:
    """The second writer of one version is told, and no row, event or index moves."""
    stored = record_claimed(account)
    accepted = filled(stored.value, status=S.ACCEPTED)
    account.commit(2, accepted)
    before = account.read_events("0")

    with pytest.raises(ConcurrentChange):
        account.commit(2, filled(stored.value, "1", status=S.FILLED), events=before)

    assert account.load_order(accepted.client_order_id).value == accepted
    assert account.load_rows(SYMBOL) == ()
    assert account.read_events("0") == before
    assert account.list_outbox() == ()


def test_late_trade_opens_a_further_entry_and_raises_risk(account: RedisAccountStore) -> None:
    """Nothing was reserved for it any more, so whoever checks now must check again."""
    stored = record_claimed(account)
    canceled = filled(stored.value, "0.4", status=S.CANCELED)
    account.commit(2, canceled)
    version = account.load_risk_book().version

    late = filled(canceled, "0.1", status=S.CANCELED, first_trade=9)
    account.commit(3, late)

    entries = {entry.entry_id: entry.cursors for entry in account.list_outbox()}
    assert entries == {late.group_id: {SYMBOL: 1}, f"{late.group_id}:1": {SYMBOL: 2}}
    assert account.load_risk_book().version == version + 1


def test_commit_within_the_reservation_raises_no_risk(account: RedisAccountStore) -> None:
    """Folds and fills must not starve whoever wants to place an order."""
    stored = record_claimed(account)
    version = account.load_risk_book().version

    accepted = account.commit(2, filled(stored.value, status=S.ACCEPTED))
    account.commit(3, filled(accepted.value, "1", status=S.FILLED))

    assert account.load_risk_book().version == version


def test_order_that_comes_back_is_watched_and_held_again(account: RedisAccountStore) -> None:
    """NOT_PLACED was an inference; the proof against it reserves what is open."""
    stored = record_claimed(account)
    not_placed = stored.value.to(S.REJECTED, Reason(code="NOT_PLACED"))
    account.commit(2, not_placed)
    version = account.load_risk_book().version

    alive = filled(replace(not_placed, contradicted=True), status=S.ACCEPTED)
    account.commit(3, alive, check_in_ms=0)

    assert account.list_orders(OrderFilter.ACTIVE) == (alive,)
    book = account.load_risk_book()
    assert [held.quantity for held in book.reservations] == [Decimal(1)]
    assert book.version == version + 1
    assert len(account.claim_due(1_000, 10)) == 1
    account.commit(4, filled(alive, "1", status=S.FILLED))
    assert [entry.cursors for entry in account.list_outbox()] == [{}, {SYMBOL: 1}]


def test_reservation_remembers_since_when_it_is_held_there(account: RedisAccountStore) -> None:
    """Later news of an open order does not move the time from which `free` excludes it."""
    stored = record_claimed(account)
    accepted = filled(stored.value, status=S.ACCEPTED)
    account.commit(2, accepted)
    newer = replace(
        filled(accepted, "0.1", status=S.PARTIALLY_FILLED), exchange_updated_at_ms=NOW_MS + 500
    )
    account.commit(3, newer)

    (held,) = account.load_risk_book().reservations

    assert held.held_since_ms == NOW_MS


def test_group_completes_with_its_last_order(account: RedisAccountStore) -> None:
    """Orders of two symbols: one entry, both cursors."""
    one = build_order(request_key="k/1", group_id="g")
    other = build_order(request_key="k/2", group_id="g", terms=build_terms(symbol="ETH/USDT"))
    record(account, one, other, request_key="k")

    account.commit(1, filled(one, "1", status=S.FILLED))
    assert account.list_outbox() == ()
    fill = build_fill(symbol="ETH/USDT", trade_id="1", exchange_order_id="78")
    account.commit(1, replace(other.to(S.FILLED), exchange_order_id="78", fills=(fill,)))

    (entry,) = account.list_outbox()
    assert entry.cursors == {SYMBOL: 1, "ETH/USDT": 1}


def test_events_reach_stream_and_timeline(account: RedisAccountStore) -> None:
    """An event has the same id in both; one without an order is in the stream alone."""
    stored = record_claimed(account)
    after = account.last_event_id()
    own = Event(kind=EventKind.ATTEMPT, at_ms=NOW_MS, client_order_id=stored.value.client_order_id)
    alarm = Event(kind=EventKind.ALARM, at_ms=NOW_MS, message="look", details={"asset": "BTC"})

    account.commit(2, stored.value, events=[own, alarm])

    told = account.read_events(after)
    assert [replace(event, event_id="") for event in told] == [own, alarm]
    assert account.load_timeline(stored.value.client_order_id)[-1] == told[0]
    assert account.last_event_id() == told[1].event_id


def test_adopted_order_is_held_and_watched(account: RedisAccountStore) -> None:
    """What only the exchange knew counts from now on, for exposure too."""
    order = filled(build_order(request_key=""), "0.25", status=S.PARTIALLY_FILLED)

    assert account.adopt(order, events=(), check_in_ms=0)
    assert not account.adopt(order, events=(), check_in_ms=0)

    book = account.load_risk_book()
    assert [held.quantity for held in book.reservations] == [Decimal("0.75")]
    assert book.version == 1
    assert account.load_rows(SYMBOL) == order.fills
    assert account.find_by_exchange_id(SYMBOL, "77") == order.client_order_id
    account.commit(1, filled(order, "0.75", status=S.FILLED, first_trade=5))
    assert [entry.cursors for entry in account.list_outbox()] == [{SYMBOL: 2}]


def test_adopted_order_of_a_hedged_position_counts_there(account: RedisAccountStore) -> None:
    """Long and short are two positions, and each has its own limits."""
    terms = build_terms(symbol="BTC/USDT:USDT", position_side=PositionSide.LONG)
    assert account.adopt(build_order(request_key="", terms=terms), events=(), check_in_ms=0)
    assert [one.symbol for one in account.load_risk_book().reservations] == [terms.position]


def test_adopted_order_that_is_finished_opens_its_entry(account: RedisAccountStore) -> None:
    """A trade that the store had lost reaches the position."""
    order = filled(build_order(), "1", status=S.FILLED)

    account.adopt(order, events=(), check_in_ms=None)

    assert account.load_risk_book().reservations == ()
    assert [entry.cursors for entry in account.list_outbox()] == [{SYMBOL: 1}]
    assert account.claim_due(1_000, 10) == ()


def test_outbox_entry_comes_back_until_finished(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """Publishing is a hint: leased, counted, repeated, dropped at last."""
    account.commit(1, filled(record(account), "1", status=S.FILLED))

    (first,) = account.claim_outbox(1_000, 10)
    assert account.claim_outbox(1_000, 10) == ()
    clock[0] += 1_000
    (second,) = account.claim_outbox(1_000, 10)
    account.finish_outbox(second.entry_id, account.load_state().life)
    account.finish_outbox(second.entry_id, account.load_state().life)
    clock[0] += 1_000

    assert (first.published, second.published) == (1, 2)
    assert account.claim_outbox(1_000, 10) == account.list_outbox() == ()


def test_outbox_is_opened_once_per_id(account: RedisAccountStore) -> None:
    """Asking again for a finished update asks for nothing."""
    account.open_outbox("reconcile:1", {SYMBOL: 3})
    account.finish_outbox("reconcile:1", account.load_state().life)
    account.open_outbox("reconcile:1", {SYMBOL: 3})
    account.open_outbox("reconcile:2", {})

    assert [(entry.entry_id, entry.cursors) for entry in account.list_outbox()] == [
        ("reconcile:2", {})
    ]


def test_position_is_saved_over_its_version_only(account: RedisAccountStore) -> None:
    """The loser folds again; rows that a position knows are never taken back."""
    rows = [build_fill(trade_id=str(number)) for number in range(3)]
    account.append_rows(rows)
    position = empty_position("paper", SYMBOL)
    for row in rows[:2]:
        position = position.apply_row(row)

    assert account.save_position(0, position, life=account.load_state().life)
    assert not account.save_position(0, position.apply_row(rows[2]), life=account.load_state().life)
    assert not account.save_position(
        1, empty_position("paper", SYMBOL), life=account.load_state().life
    )

    found = account.find_position(SYMBOL)
    assert found is not None
    assert (found.value, found.version) == (position, 1)
    book = account.load_risk_book()
    assert (book.positions, book.unfolded) == ((position,), {SYMBOL: (rows[2],)})
    assert account.list_positions() == (position,)


def test_a_refusal_is_in_the_book_once_for_an_hour(
    account: RedisAccountStore, clock: list[int]
) -> None:
    """What the exchange refused, not what never arrived; a later write of the order is no other."""
    refused = record_claimed(account).value.to(S.REJECTED, Reason(code="-2010", message="no money"))
    account.commit(2, refused)
    first_ms = clock[0]
    clock[0] += 1_000
    account.commit(3, replace(refused, last_event_at_ms=NOW_MS))
    lost = record_claimed(account, build_order(request_key="lost")).value
    account.commit(2, lost.to(S.REJECTED, Reason(code="NOT_PLACED")))

    book = account.load_risk_book()

    assert book.rejections == (Rejection(symbol=SYMBOL, code="-2010", at_ms=first_ms),)
    assert book.read_at_ms == clock[0]
    clock[0] += 3_600_000
    assert account.load_risk_book().rejections == ()
