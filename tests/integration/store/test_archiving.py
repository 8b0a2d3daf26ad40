"""What leaves Redis for the archive, what stays, and what comes again afterwards."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from decimal import Decimal

import pytest

from engine.domain.checkpoint import advance, empty_checkpoint
from engine.domain.fill import LedgerRow
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.domain.position import empty_position, fold
from engine.errors import AccountHeld
from engine.ports import LeavingGroup
from engine.store.account import RedisAccountStore
from engine.store.store import RedisStore
from tests.builders import NOW_MS, build_fill, build_order
from tests.integration.store.scenes import (
    HORIZON_MS,
    SYMBOL,
    build_group,
    claim_form,
    filled,
    record,
    record_claimed,
)
from tests.redis_server import RedisServer

pytestmark = pytest.mark.integration

ARCHIVE = "an-archive"
LATER_MS = NOW_MS + 10 * HORIZON_MS


def settle(account: RedisAccountStore, order: Order | None = None, **changes: str) -> Order:
    """Fill an order whole and finish its completion."""
    stored = record_claimed(account, order)
    done = filled(stored.value, "1", status=OrderStatus.FILLED)
    done = replace(done, fills=tuple(replace(fill, **changes) for fill in done.fills))
    account.commit(stored.version, done)
    account.finish_outbox(done.group_id, account.load_state().life)
    return done


def leaving(account: RedisAccountStore, *orders: Order) -> LeavingGroup:
    stored = tuple(account.load_order(order.client_order_id) for order in orders)
    return LeavingGroup(group_id=orders[0].group_id, orders=stored)


def forget_request(store: RedisStore, account: RedisAccountStore, order: Order) -> None:
    """Let the key's horizon pass."""
    store.client.write("DEL", account._keys.request(order.request_key))


def fold_all(account: RedisAccountStore) -> None:
    position = fold(empty_position("paper", SYMBOL), account.load_rows(SYMBOL))
    assert account.save_position(0, position, life=account.load_state().life)


def remove(account: RedisAccountStore, count: int) -> tuple[LedgerRow, ...]:
    """Have the next rows leave; return them."""
    view = account.load_ledger(SYMBOL)
    rows = view.rows[:count]
    checkpoint = advance(view.checkpoint or empty_checkpoint("paper", SYMBOL), rows)
    assert account.remove_rows(view.first, checkpoint, rows, life=account.load_state().life)
    return rows


def book_some(account: RedisAccountStore, count: int = 4) -> list[LedgerRow]:
    rows: list[LedgerRow] = [
        build_fill(
            trade_id=str(number), exchange_order_id=str(number), executed_at_ms=NOW_MS + number
        )
        for number in range(1, count + 1)
    ]
    assert account.append_rows(rows) == count
    fold_all(account)
    return rows


def test_a_cursor_counts_rows_that_left(account: RedisAccountStore) -> None:
    """After rows left, cursors and what follows a cursor are as before."""
    rows = book_some(account)
    book = account.load_risk_book()

    remove(account, 3)

    assert account.load_cursors() == {SYMBOL: 4}
    assert account.load_rows(SYMBOL) == (rows[3],)
    assert account.load_rows(SYMBOL, after=3) == (rows[3],)
    assert account.load_rows(SYMBOL, after=4) == ()
    view = account.load_ledger(SYMBOL)
    assert view.first == 3
    assert view.checkpoint is not None
    assert view.checkpoint.position == fold(empty_position("paper", SYMBOL), rows[:3])
    assert account.load_risk_book() == book


def test_new_rows_follow_those_that_left(account: RedisAccountStore) -> None:
    """A ledger that lost all its rows goes on counting; the risk book sees what is not folded."""
    book_some(account)
    remove(account, 4)
    new = build_fill(trade_id="9", exchange_order_id="9", executed_at_ms=NOW_MS + 9)

    assert account.append_rows([new]) == 1

    assert account.load_cursors() == {SYMBOL: 5}
    assert account.load_rows(SYMBOL, after=4) == (new,)
    assert account.load_risk_book().unfolded == {SYMBOL: (new,)}


def test_rows_that_are_not_folded_stay(account: RedisAccountStore) -> None:
    """The position needs them; and a second archive that saw an older ledger removes nothing."""
    account.append_rows([build_fill()])
    view = account.load_ledger(SYMBOL)
    checkpoint = advance(empty_checkpoint("paper", SYMBOL), view.rows)

    assert not account.remove_rows(0, checkpoint, view.rows, life=account.load_state().life)
    fold_all(account)
    assert not account.remove_rows(1, checkpoint, view.rows, life=account.load_state().life)
    assert account.remove_rows(0, checkpoint, view.rows, life=account.load_state().life)
    assert not account.remove_rows(0, checkpoint, view.rows, life=account.load_state().life)
    assert account.load_cursors() == {SYMBOL: 1}


def test_rows_that_were_read_before_a_loss_do_not_leave_after_it(
    store: RedisStore, account: RedisAccountStore
) -> None:
    """A rebuilt ledger has as many rows, and others: an archive that slept removes none of them."""
    life = account.begin_reconcile().life
    book_some(account)
    view = account.load_ledger(SYMBOL)
    checkpoint = advance(empty_checkpoint("paper", SYMBOL), view.rows)
    store.client.write("FLUSHALL")
    account.begin_reconcile()
    rows = book_some(account, count=5)

    assert not account.remove_rows(0, checkpoint, view.rows, life=life)
    with pytest.raises(AccountHeld):
        account.append_proven([build_fill(trade_id="7", exchange_order_id="77")], life=life)
    assert account.load_rows(SYMBOL) == tuple(rows)


def test_a_row_that_left_changes_nothing_when_it_comes_again(account: RedisAccountStore) -> None:
    """Foreign or of an order, with its own time or a false one: it waits for the archive."""
    rows = book_some(account)
    gone = remove(account, 4)
    lying = replace(rows[1], executed_at_ms=LATER_MS)

    assert account.append_rows(gone) == 0
    assert account.append_rows([lying]) == 0

    assert account.load_rows(SYMBOL) == ()
    assert account.load_cursors() == {SYMBOL: 4}
    assert sorted(row.row_id for row in account.list_doubted(10)) == [row.row_id for row in rows]
    account.drop_doubted(gone)
    assert account.list_doubted(10) == ()


def test_a_lost_fill_below_the_mark_is_kept_and_booked_when_proven(
    account: RedisAccountStore,
) -> None:
    """It cannot be told from a repeat here, so it waits; the archive's word books it, once."""
    book_some(account)
    remove(account, 4)
    lost = build_fill(trade_id="3", exchange_order_id="33", executed_at_ms=NOW_MS + 3)

    assert account.append_rows([lost]) == 0
    assert account.list_doubted(10) == (lost,)

    assert account.append_proven([lost], life=account.load_state().life) == 1
    assert account.append_proven([lost], life=account.load_state().life) == 0
    assert account.append_rows([lost]) == 0
    account.drop_doubted([lost])
    assert account.load_rows(SYMBOL) == (lost,)
    assert account.load_cursors() == {SYMBOL: 5}
    assert account.list_doubted(10) == ()


def test_numbers_beyond_a_float_are_told_apart(account: RedisAccountStore) -> None:
    """Two ids that a double cannot hold apart: one left, the next is new."""
    account.append_rows([build_fill(trade_id="9007199254740992", executed_at_ms=NOW_MS)])
    fold_all(account)
    remove(account, 1)
    new = build_fill(trade_id="9007199254740993", executed_at_ms=NOW_MS + 1)

    assert account.append_rows([new]) == 1


def test_an_open_order_keeps_the_ids_of_its_trades(account: RedisAccountStore) -> None:
    """Each commit of an order names all its trades; they are known even when their rows left."""
    stored = record_claimed(account)
    part = filled(stored.value, "0.25", status=OrderStatus.PARTIALLY_FILLED)
    account.commit(stored.version, part)
    fold_all(account)
    remove(account, 1)

    whole = filled(part, "0.75", status=OrderStatus.FILLED, first_trade=2)
    whole = replace(
        whole, fills=(part.fills[0], replace(whole.fills[1], executed_at_ms=NOW_MS + 5))
    )
    account.commit(stored.version + 1, whole)

    assert account.load_rows(SYMBOL) == whole.fills[1:]
    assert account.list_doubted(10) == ()


def test_a_group_leaves_with_all_that_belongs_to_it(
    account: RedisAccountStore, store: RedisStore, server: RedisServer
) -> None:
    """Order, timeline, group, indexes and trade ids go; only figures of the account stay."""
    with closing(server.client()) as client:
        account.bind_archive(ARCHIVE)
        before = set(client.keys("*"))
        order = settle(account)
        forget_request(store, account, order)
        fold_all(account)
        rows = remove(account, 1)

        assert account.remove_group(leaving(account, order), ARCHIVE)

        assert account.find_order(order.client_order_id) is None
        assert account.find_by_exchange_id(SYMBOL, "77") is None
        assert account.list_closed(LATER_MS, 0, 10).looked_at == 0
        kept = set(client.keys("*")) - before
        figures = {"events", "cursors", "checkpoint", "archived_keys", "positions", "BTC/USDT"}
        figures |= {"paced", "rejections"}
        assert {name.rsplit(":", 1)[1] for name in kept} <= figures
        account.append_rows(rows)
        assert account.list_doubted(10) == rows


def test_what_is_not_at_rest_stays(account: RedisAccountStore, store: RedisStore) -> None:
    """Not without an archive, with a young key, an open outbox entry, or after a change."""
    stored = record_claimed(account)
    done = filled(stored.value, "1", status=OrderStatus.FILLED)
    account.commit(stored.version, done)
    group = leaving(account, done)

    assert not account.remove_group(group, ARCHIVE)
    account.bind_archive(ARCHIVE)
    assert not account.remove_group(group, ARCHIVE)  # Outbox
    account.finish_outbox(done.group_id, account.load_state().life)
    assert not account.remove_group(group, ARCHIVE)  # Key
    forget_request(store, account, done)
    assert not account.remove_group(group, "another-archive")
    account.commit(stored.version + 1, replace(done, absences=1))
    assert not account.remove_group(group, ARCHIVE)  # Version
    assert account.remove_group(leaving(account, done), ARCHIVE)


def test_an_order_that_is_not_settled_stays(account: RedisAccountStore, store: RedisStore) -> None:
    """In doubt, open, or closed with trades missing: it is never listed, and never removed."""
    stored = record_claimed(account)
    account.bind_archive(ARCHIVE)
    forget_request(store, account, stored.value)
    lacking = replace(
        claim_form(stored.value).to(OrderStatus.CANCELED), reported_filled_quantity=Decimal(1)
    )

    page = account.list_closed(LATER_MS, 0, 10)
    assert (page.looked_at, page.orders) == (1, ())
    assert not account.remove_group(leaving(account, stored.value), ARCHIVE)
    account.commit(stored.version, lacking)
    assert account.list_closed(LATER_MS, 0, 10).orders == ()
    assert not account.remove_group(leaving(account, lacking), ARCHIVE)


def test_half_a_group_does_not_leave(account: RedisAccountStore, store: RedisStore) -> None:
    """A group leaves whole or stays whole."""
    legs = [
        build_order(client_order_id=f"auga1leg{number}", group_id="auga1leg1") for number in (1, 2)
    ]
    denied = [leg.to(OrderStatus.DENIED) for leg in legs]
    record(account, *denied)
    account.bind_archive(ARCHIVE)
    forget_request(store, account, denied[0])
    account.finish_outbox("auga1leg1", account.load_state().life)

    assert not account.remove_group(leaving(account, denied[0]), ARCHIVE)
    assert account.remove_group(leaving(account, *denied), ARCHIVE)
    assert account.list_closed(LATER_MS, 0, 10).looked_at == 0


def test_an_archived_key_is_not_recorded_unasked(
    account: RedisAccountStore, store: RedisStore
) -> None:
    """Its first order may have left: only who has asked the archive may record it again."""
    account.bind_archive(ARCHIVE)
    order = settle(account)
    forget_request(store, account, order)
    assert account.remove_group(leaving(account, order), ARCHIVE)
    fresh = build_group(build_order(), is_new=False)
    other = build_group(build_order(request_key="another"), is_new=False)
    version = account.load_risk_book().version

    assert account.record(fresh, risk_version=version).outcome == "may_be_archived"
    assert account.record(other, risk_version=version).outcome == "recorded"


def test_an_account_keeps_its_first_archive(account: RedisAccountStore) -> None:
    """Another folder is told whose files are meant."""
    assert account.find_archive() is None
    assert account.bind_archive(ARCHIVE) == ARCHIVE
    assert account.bind_archive("another") == ARCHIVE
    assert account.find_archive() == ARCHIVE


def test_lost_notes_are_made_again(
    account: RedisAccountStore, store: RedisStore, server: RedisServer
) -> None:
    """A store that was lost learns from the archive which keys were used."""
    order = settle(account)
    account.note_archived([order])
    with closing(server.client()) as client:
        client.delete(account._keys.order(order.client_order_id))
    forget_request(store, account, order)

    fresh = build_group(build_order(), is_new=False)
    version = account.load_risk_book().version
    assert account.record(fresh, risk_version=version).outcome == "may_be_archived"
