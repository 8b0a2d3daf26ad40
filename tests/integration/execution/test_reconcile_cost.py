"""A reconcile of an account on which all agrees asks for totals, not for every symbol's trades."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from engine.execution.completing import completion
from engine.execution.reconciling import reconcile
from engine.execution.reconciling.findings import ReconcileResult
from tests.desk import Desk, Message
from tests.integration.execution.comparing import assert_equal_to_exchange

pytestmark = pytest.mark.integration

SYMBOLS = ("BTC/USDT", "ETH/USDT")


def reconcile_cheaply(desk: Desk) -> tuple[Mapping[str, int], ReconcileResult]:
    """Reconcile as the schedule does; return the requests and the result."""
    before = desk.paper.control.stats()["requests"]
    result = reconcile.reconcile(desk.context, is_thorough=False)
    after = desk.paper.control.stats()["requests"]
    assert result is not None
    return {name: count - before.get(name, 0) for name, count in after.items()}, result


def settle_without_completing(desk: Desk) -> list[Message]:
    """Deliver all messages but completions, which are returned."""
    completions = []
    while desk.messages.waiting:
        message = desk.messages.waiting.popleft()
        if message[0] == "complete":
            completions.append(message)
        else:
            desk.carry_out(message)
    completion.publish_outbox(desk.context)
    return completions + desk.messages.take()


def trade_by_hand(desk: Desk, symbol: str) -> None:
    words = {"symbol": symbol, "side": "BUY", "type": "MARKET", "quantity": "0.5"}
    desk.paper.control.place(words, key=desk.key)


def test_totals_that_agree_need_no_trades(desk: Desk) -> None:
    """Two symbols have traded, and none of them is asked for its trades again."""
    for symbol in SYMBOLS:
        desk.place(symbol, quantity="0.5")
    assert_equal_to_exchange(desk.deliver())
    requests, result = reconcile_cheaply(desk)
    assert result.is_equal
    assert requests["GET /api/v3/myTrades"] == 0


def test_one_portfolio_serves_all_that_settled_before_it(desk: Desk) -> None:
    """Five orders settle, then their completions run: balances are asked for once."""
    desk.place(quantity="0.5")
    assert_equal_to_exchange(desk.deliver())
    for _ in range(5):
        desk.place(quantity="0.1")
    completions = settle_without_completing(desk)
    before = desk.paper.control.stats()["requests"]["GET /api/v3/account"]
    for message in completions:
        desk.carry_out(message)
    assert len(completions) == 5
    assert desk.paper.control.stats()["requests"]["GET /api/v3/account"] == before + 1
    assert_equal_to_exchange(desk)


def test_only_the_symbol_that_moved_is_asked(desk: Desk) -> None:
    """A stranger's trade is booked by one question, and the books are equal again."""
    for symbol in SYMBOLS:
        desk.place(symbol, quantity="0.5")
    assert_equal_to_exchange(desk.deliver())
    trade_by_hand(desk, "ETHUSDT")
    requests, result = reconcile_cheaply(desk)
    assert result.is_equal
    assert requests["GET /api/v3/myTrades"] == 1


def test_all_trades_are_read_after_a_while(desk: Desk) -> None:
    """Trades that undo each other move no total; the note that all were read runs out."""
    desk.place(quantity="0.5")
    assert_equal_to_exchange(desk.deliver())
    desk.context.shared.put_cache(f"trades_read:{desk.context.identity.slug}", "1", 1)
    requests, result = reconcile_cheaply(desk)
    assert result.is_equal
    assert requests["GET /api/v3/myTrades"] >= 2


def test_what_no_trade_explains_still_becomes_a_row(desk: Desk) -> None:
    """A deposit differs; it is looked for everywhere, and named when it lasts."""
    assert_equal_to_exchange(desk)
    desk.paper.control.deposit("USDT", 5, uid=desk.uid)
    _, first = reconcile_cheaply(desk)
    assert first.differences == {"USDT": 5}
    desk.clock.pass_time(60_000)
    reconcile_cheaply(desk)
    _, last = reconcile_cheaply(desk)
    assert last.is_equal
