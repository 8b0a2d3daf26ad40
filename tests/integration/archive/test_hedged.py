"""Orders of an account in hedge mode that left: its positions have a ledger for each side."""

from __future__ import annotations

import pytest

from engine.domain.fill import Side
from engine.execution.history import list_fills
from engine.ports import OrderFilter
from tests.desk import Desk
from tests.integration.archive.aging import archive, differences, pass_retention
from tests.integration.futures.test_settings import hedge
from tests.integration.futures.test_trading import SYMBOL, trade

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("market_type", ["futures"])
def test_a_page_read_again_takes_no_order_of_a_side_back(desk: Desk) -> None:
    """The last trade is read again with every page: its order is not adopted each time."""
    hedge(desk)
    trade(desk, "buy", "0.9", position_side="long")
    trade(desk, "sell", "0.7", position_side="short")
    pass_retention(desk)
    assert archive(desk).orders == 2
    opened_at_ms = desk.context.store.load_state().opened_at_ms
    desk.context.store.reset_trade_cursor(SYMBOL, f"ms:{opened_at_ms}")

    assert differences(desk) == {}

    assert desk.context.store.list_orders(OrderFilter.RECENT) == ()


@pytest.mark.parametrize("market_type", ["futures"])
def test_fills_of_a_market_are_those_of_both_sides(desk: Desk) -> None:
    """Be they in the store or in the archive."""
    hedge(desk)
    trade(desk, "buy", "0.9", position_side="long")
    trade(desk, "sell", "0.7", position_side="short")
    everything = list_fills(desk.context, None, 10)
    assert {fill.side for fill in everything} == {Side.BUY, Side.SELL}

    assert list_fills(desk.context, SYMBOL, 10) == everything
    (*_, sold) = list_fills(desk.context, f"{SYMBOL}#SHORT", 1)
    assert sold.side is Side.SELL
    pass_retention(desk)
    archive(desk)
    assert list_fills(desk.context, SYMBOL, 10) == everything
