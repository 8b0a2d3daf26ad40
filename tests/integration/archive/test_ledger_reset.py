"""An exchange that begins its ledger anew after rows of the old one have left for the archive."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.fill import Fill
from engine.execution.booking.late_rows import book_lost_rows
from engine.execution.history import list_fills, list_rows
from engine.ports import ArchivedRow, OrderFilter
from engine.store.account import RedisAccountStore
from tests.desk import Desk
from tests.integration.archive.aging import (
    SYMBOL,
    archive,
    assert_trades_found,
    differences,
    pass_retention,
    trade,
)
from tests.integration.failure_modes.test_reset import go_on, ledger_epoch

pytestmark = pytest.mark.integration

#: Trades are counted from here again after every reset.
FIRST_ID = 100


def reset(desk: Desk) -> None:
    """Have the exchange forget all, and wait until a new ledger stands."""
    before = ledger_epoch(desk)
    desk.paper.control.reset()
    desk.paper.control.set_next_id("BTCUSDT", "trade", FIRST_ID)
    assert go_on(desk).is_equal
    assert ledger_epoch(desk) == before + 1


def trade_rows(desk: Desk) -> list[ArchivedRow]:
    return [entry for entry in list_rows(desk.context) if isinstance(entry.row, Fill)]


def test_a_reset_is_noticed_when_every_trade_has_left(desk: Desk) -> None:
    """The checkpoint still knows a trade that the exchange cannot have forgotten alone."""
    trade(desk, 2)
    pass_retention(desk)
    archive(desk)
    assert desk.context.store.load_rows(SYMBOL) == ()

    reset(desk)

    trade(desk, 2)
    assert_trades_found(desk)


def test_the_same_numbers_in_two_ledgers_are_two_trades(desk: Desk) -> None:
    """Rows left before the reset, others stayed; the new ones leave, too: none is mixed."""
    desk.paper.control.set_next_id("BTCUSDT", "trade", FIRST_ID)
    trade(desk, 2)
    pass_retention(desk)
    archive(desk)
    trade(desk)
    reset(desk)
    trade(desk, 3)
    assert_trades_found(desk)
    pass_retention(desk)

    moved = archive(desk)

    assert moved.lost == ()
    assert (moved.doubts, moved.rows > 3) == (0, True)
    assert_trades_found(desk)
    rows = trade_rows(desk)
    assert [entry.ledger_epoch for entry in rows] == [0] * 3 + [1] * 3
    old, new = ({entry.row.row_id for entry in some} for some in (rows[:3], rows[3:]))
    assert old == new == {"100/1", "101/2", "102/3"}
    numbers = [entry.number for entry in rows]
    assert numbers == [1, 2, 3, *range(numbers[3], numbers[3] + 3)]
    trade(desk, 2, side="sell")
    assert_trades_found(desk)


def test_a_trade_is_looked_up_in_its_own_ledger(desk: Desk) -> None:
    """The old one's number says nothing of the new one's: what was never booked there is lost."""
    desk.paper.control.set_next_id("BTCUSDT", "trade", FIRST_ID)
    trade(desk, 3)
    pass_retention(desk)
    archive(desk)
    reset(desk)
    trade(desk)
    pass_retention(desk)
    archive(desk)
    (known,) = list_fills(desk.context, SYMBOL, 10)
    lost = replace(known, trade_id="101", exchange_order_id="2", client_order_id=None)

    desk.context.store.append_rows([known, lost])
    moved = archive(desk)

    assert (moved.doubts, moved.lost) == (1, (lost,))
    assert book_lost_rows(desk.context, moved.lost) == 1
    assert desk.context.store.list_doubted(10) == ()


def test_doubts_about_the_old_ledger_end_with_it(desk: Desk) -> None:
    """Nobody can answer them any more, and none of them is booked in the new one."""
    trade(desk, 2)
    fills = list_fills(desk.context, SYMBOL, 10)
    pass_retention(desk)
    archive(desk)
    desk.context.store.append_rows([replace(fills[0], trade_id="0"), *fills])
    assert len(desk.context.store.list_doubted(10)) == 3

    reset(desk)
    assert desk.context.store.append_rows(fills) == 0
    assert desk.context.store.list_doubted(10) == ()

    trade(desk)
    assert archive(desk).lost == ()
    assert_trades_found(desk)


def test_a_run_that_a_reset_overtook_takes_nothing_of_the_new_ledger(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its rows were of the old one; as many of the new one stand in the same places."""
    trade(desk, 2)
    pass_retention(desk)
    real = RedisAccountStore.remove_rows

    def remove_late(self: RedisAccountStore, *args: Any, **more: Any) -> bool:
        monkeypatch.setattr(RedisAccountStore, "remove_rows", real)
        reset(desk)
        trade(desk, 2)
        return real(self, *args, **more)

    monkeypatch.setattr(RedisAccountStore, "remove_rows", remove_late)
    archive(desk)

    assert len(desk.context.store.load_rows(SYMBOL)) >= 2
    assert desk.context.store.load_ledger(SYMBOL).checkpoint is None
    assert_trades_found(desk)
    assert [entry.ledger_epoch for entry in trade_rows(desk)] == [0, 0, 1, 1]


def test_orders_of_the_old_ledger_leave_after_the_reset(desk: Desk) -> None:
    """Those that the exchange forgot as well; their ids stay spent, marks of new rows stand."""
    old = trade(desk, 2)
    (resting,) = trade(desk, order_type="limit", price=Decimal(50), key="mine")
    reset(desk)
    trade(desk, 2)
    pass_retention(desk)

    assert archive(desk).orders == 5

    again = desk.place(order_type="limit", quantity=Decimal("0.1"), price=Decimal(50), key="mine")
    assert again.client_order_id == resting.client_order_id
    assert desk.context.history.find_order(old[0].client_order_id) is not None
    assert_trades_found(desk)


def test_a_page_read_again_takes_no_order_back(desk: Desk) -> None:
    """Trades of orders that left are set aside; their orders are not adopted as new ones."""
    trade(desk, 2)
    pass_retention(desk)
    archive(desk)
    opened_at_ms = desk.context.store.load_state().opened_at_ms
    desk.context.store.reset_trade_cursor(SYMBOL, f"ms:{opened_at_ms}")

    assert differences(desk) == {}

    assert desk.context.store.list_orders(OrderFilter.RECENT) == ()
    assert archive(desk).doubts == 2
    assert_trades_found(desk)


def test_a_late_trade_after_reset_and_loss_is_not_taken_for_an_old_one(desk: Desk) -> None:
    """A store that was lost counts ledgers from 0 again: an old ledger's numbers come twice."""
    desk.paper.control.set_next_id("BTCUSDT", "trade", FIRST_ID)
    trade(desk, 3)
    pass_retention(desk)
    archive(desk)
    desk.paper.control.reset()
    desk.paper.control.set_next_id("BTCUSDT", "trade", FIRST_ID)
    desk.paper.control.set_clock(desk.clock.ahead_ms + 1_000)  # A reset is later than what it ends
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    assert ledger_epoch(desk) == 0
    trade(desk)
    pass_retention(desk)
    archive(desk)
    known = next(fill for fill in reversed(list_fills(desk.context, SYMBOL, 10)))
    late = replace(known, trade_id="101", exchange_order_id="2", client_order_id=None)
    old = {entry.row.row_id for entry in trade_rows(desk)}
    assert {known.row_id, late.row_id} <= old

    desk.context.store.append_rows([known, late])
    moved = archive(desk)

    assert (moved.doubts, moved.lost) == (1, (late,))
    assert book_lost_rows(desk.context, moved.lost) == 1
