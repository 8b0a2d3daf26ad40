"""The ledger, the portfolio and the trade marks."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from engine.domain.events import Event, EventKind
from engine.domain.fill import BalanceRow, RowKind, fee_row
from engine.domain.order_status import OrderStatus
from engine.domain.portfolio import Portfolio
from engine.domain.position import empty_position, fold
from engine.domain.report import Balance
from engine.store.account import RedisAccountStore
from engine.store.store import RedisStore
from tests.builders import NOW_MS, build_fill
from tests.integration.store.scenes import SYMBOL, filled, record

pytestmark = pytest.mark.integration


def build_opening(asset: str = "BTC") -> BalanceRow:
    return BalanceRow(
        row_id=f"opening:{asset}",
        kind=RowKind.OPENING,
        symbol=f"{asset}/USDT",
        asset=asset,
        quantity=Decimal("1.50"),
        executed_at_ms=NOW_MS,
    )


def test_row_is_booked_once_whoever_brings_it(account: RedisAccountStore) -> None:
    """A trade that came with an order and again as a foreign one is one row."""
    order = filled(record(account), "1", status=OrderStatus.FILLED)
    account.commit(1, order)
    version = account.load_risk_book().version

    assert account.append_rows(order.fills) == 0
    assert account.load_risk_book().version == version
    assert account.append_rows([*order.fills, build_opening()]) == 1
    assert account.load_rows(SYMBOL) == (*order.fills, build_opening())
    assert account.load_rows(SYMBOL, after=1) == (build_opening(),)
    assert account.load_cursors() == {SYMBOL: 2}
    assert account.load_risk_book().version == version + 1


def test_both_sides_of_a_self_trade_are_rows(account: RedisAccountStore) -> None:
    """One trade id, two orders of ours: two rows."""
    sides = [build_fill(exchange_order_id="1"), build_fill(exchange_order_id="2")]

    assert account.append_rows(sides) == 2


def test_events_of_known_rows_are_not_told_again(account: RedisAccountStore) -> None:
    """The news of a row comes with the row."""
    news = Event(kind=EventKind.ALARM, at_ms=NOW_MS, message="a foreign trade")

    account.append_rows([build_fill()], events=[news])
    account.append_rows([build_fill()], events=[news])

    assert [event.message for event in account.read_events("0")] == ["a foreign trade"]


def test_newest_fills_come_last(account: RedisAccountStore) -> None:
    """Other rows do not count against the limit; symbols are merged by time."""
    fills = [
        build_fill(trade_id=str(number), executed_at_ms=NOW_MS + number, symbol=symbol)
        for number, symbol in enumerate((SYMBOL, "ETH/USDT", SYMBOL, SYMBOL))
    ]
    account.append_rows([*fills, build_opening()])

    assert account.list_fills(SYMBOL, limit=2) == (fills[2], fills[3])
    assert account.list_fills(limit=3) == tuple(fills[1:])
    assert account.list_fills("NONE/USDT") == ()
    assert account.list_fills(limit=0) == ()


def test_portfolio_is_saved_over_its_version_only(account: RedisAccountStore) -> None:
    """Two updates at once: one wins, the other computes again."""
    portfolio = Portfolio(
        account="paper",
        balances={"USDT": Balance(free=Decimal("10.50"), used=Decimal("0E-8"))},
        cursors={SYMBOL: 3},
    )

    assert account.find_portfolio() is None
    assert account.save_portfolio(0, portfolio, life=account.load_state().life)
    assert not account.save_portfolio(
        0, replace(portfolio, cursors={}), life=account.load_state().life
    )
    found = account.find_portfolio()
    assert found is not None
    assert (found.value, found.version) == (portfolio, 1)


def test_trade_mark_is_kept_by_symbol(account: RedisAccountStore) -> None:
    """It moves on from the one that was read; who read from another one changes nothing."""
    life = account.load_state().life
    assert account.save_trade_cursor(SYMBOL, "41", read_from=None, life=life)
    assert account.save_trade_cursor(SYMBOL, "42", read_from="41", life=life)
    assert not account.save_trade_cursor(SYMBOL, "43", read_from="41", life=life)
    assert not account.save_trade_cursor(SYMBOL, "43", read_from=None, life=life)

    assert account.find_trade_cursor(SYMBOL) == "42"
    assert account.find_trade_cursor("ETH/USDT") is None
    account.reset_trade_cursor(SYMBOL, "7")
    assert account.find_trade_cursor(SYMBOL) == "7"


def test_a_fee_in_a_third_coin_is_booked_with_its_trade_only(account: RedisAccountStore) -> None:
    """By whomever, in whatever order, under whatever name of its symbol: one row."""
    paid = {"fee": Decimal("0.01"), "fee_currency": "BNB"}
    before = build_fill(**paid)
    trade = replace(before, trade_id="2", fee_symbol="BNB/USDT")

    assert account.append_rows([before]) == 1
    assert account.append_rows([replace(before, fee_symbol="BNB/USDT")]) == 0
    assert account.append_rows([trade]) == 1
    assert account.append_rows([replace(trade, fee_symbol="BNB")]) == 0
    assert account.load_rows("BNB/USDT") == (fee_row(trade),)
    assert account.load_cursors() == {SYMBOL: 2, "BNB/USDT": 1}


def test_a_group_touches_the_coins_of_its_fees(account: RedisAccountStore) -> None:
    """Its entry is done when the position of the coin that paid is up to date too."""
    order = filled(record(account), "1", status=OrderStatus.FILLED)
    (fill,) = order.fills
    fill = replace(fill, fee=Decimal("0.01"), fee_currency="BNB", fee_symbol="BNB/USDT")
    account.commit(1, replace(order, fills=(fill,)))

    (entry,) = account.list_outbox()
    assert entry.cursors == {SYMBOL: 1, "BNB/USDT": 1}


def lose(store: RedisStore, account: RedisAccountStore) -> None:
    """Lose all data, and have another life begin in the same run of the server."""
    store.client.write("FLUSHALL")
    account.begin_reconcile()


def test_what_was_folded_before_a_loss_is_not_saved_after_it(
    store: RedisStore, account: RedisAccountStore
) -> None:
    """Versions begin anew: the same number, and no fewer rows, show nothing."""
    life = account.begin_reconcile().life
    account.append_rows([build_fill(trade_id="1"), build_fill(trade_id="2")])
    old = fold(empty_position("paper", SYMBOL), account.load_rows(SYMBOL))
    assert account.save_position(0, old, life=life)
    assert account.save_portfolio(0, Portfolio(account="paper", cursors={SYMBOL: 2}), life=life)

    lose(store, account)
    assert not account.save_position(0, old, life=life)
    account.append_rows([build_fill(trade_id="9")])
    new, now = (
        fold(empty_position("paper", SYMBOL), account.load_rows(SYMBOL)),
        account.load_state(),
    )
    assert account.save_position(0, new, life=now.life)
    assert account.save_portfolio(0, Portfolio(account="paper", cursors={SYMBOL: 1}), life=now.life)

    assert not account.save_position(1, old, life=life)
    assert not account.save_portfolio(1, Portfolio(account="paper"), life=life)
    assert account.list_positions() == (new,)
    stored = account.find_portfolio()
    assert stored is not None
    assert stored.value.cursors == {SYMBOL: 1}


def test_an_outbox_entry_of_before_a_loss_finishes_none_of_after_it(
    store: RedisStore, account: RedisAccountStore
) -> None:
    """A group's entry has the same name again, and may ask for more."""
    life = account.begin_reconcile().life
    account.open_outbox("a-group", {SYMBOL: 1})
    lose(store, account)
    account.open_outbox("a-group", {SYMBOL: 2})
    assert not account.finish_outbox("a-group", life)
    assert [entry.cursors for entry in account.list_outbox()] == [{SYMBOL: 2}]
    assert account.finish_outbox("a-group", account.load_state().life)
    assert account.list_outbox() == ()
