"""The store is lost in the middle of something: what was begun before counts for nothing after."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest

from engine.domain.lanes import Lane
from engine.domain.order_status import OrderStatus
from engine.domain.position import empty_position, fold
from engine.domain.trading_state import TradingState
from engine.errors import EngineError
from engine.execution.booking.fills import book_symbol_fills
from engine.execution.completing import updates
from engine.execution.context import AccountContext
from engine.execution.looks.watching import look_at_order
from engine.execution.placing import submission
from engine.execution.reconciling import reconcile
from engine.ports import ClaimOutcome
from engine.store.keys import AccountKeys
from tests.desk import Desk
from tests.integration.execution.comparing import assert_balances_equal, assert_trades_equal
from tests.integration.execution.interrupting import interrupted_engine
from tests.integration.failure_modes.test_trades import hide_trades

pytestmark = pytest.mark.integration
S = OrderStatus
ROOM = 1_000_000
SYMBOL = "BTC/USDT"
BY_HAND = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.1"}
LIMIT: dict[str, Any] = {"order_type": "limit", "quantity": 1, "price": Decimal("99.50")}


@pytest.fixture
def roomy(desk: Desk) -> Iterator[Desk]:
    """An account with an allowance for very many rebuilds."""
    desk.paper.control.set_limits(weight_per_minute=ROOM, forget=True)
    settings = json.loads(desk.config_path.read_text())
    settings["paper"]["weight_per_minute"] = ROOM
    desk.config_path.write_text(json.dumps(settings))
    desk.restart_engine()
    yield desk
    desk.paper.control.set_limits(weight_per_minute=6_000, forget=True)


def live_a_little(desk: Desk) -> None:
    """Have coins from before, trades of ours and of others, and an order filled in part."""
    desk.paper.control.deposit("BTC", "0.75", uid=desk.uid)
    desk.place(quantity=1)
    resting = desk.place(key="resting", **LIMIT)
    desk.deliver()
    desk.paper.control.fill("BTCUSDT", client_order_id=resting.client_order_id, quantity="0.25")
    desk.paper.control.place(BY_HAND, key=desk.key)


def lose(desk: Desk) -> None:
    desk.engine.store.client.read("FLUSHALL")


def lose_and_rebuild(desk: Desk) -> None:
    """Lose everything, trade, and have another process rebuild all of it."""
    lose(desk)
    by_hand = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "0.2"}
    desk.paper.control.place(by_hand, key=desk.key)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.is_finished


def assert_whole(desk: Desk) -> None:
    """The account is open, and its ledger is the exchange's."""
    desk.deliver().sweep()
    for _ in range(2):
        result = reconcile.reconcile(desk.context)
        assert result is not None
    assert result.is_finished
    assert result.is_equal, result
    desk.deliver()
    assert_trades_equal(desk)
    assert_balances_equal(desk)
    assert len(desk.exchange_orders()) == len({o["order_id"] for o in desk.exchange_orders()})


def count_commands(desk: Desk) -> int:
    """Return how many commands a rebuild sends to the store."""
    lose(desk)
    with interrupted_engine(desk) as (engine, client):
        reconcile.reconcile(engine.account("desk"))
    return client.sent


#: A rebuild sends some 140 commands to the store: every so many of them in a quick run.
STRIDE = 24
#: An update reads and writes in so many commands, not counting what it asks the exchange.
MOST_STEPS = 9
FIRSTS = [pytest.param(STRIDE // 2, id="some")] + [
    pytest.param(first, marks=[pytest.mark.slow, pytest.mark.timeout(600)], id=f"all-{first}")
    for first in range(1, STRIDE + 1)
]


@pytest.mark.parametrize("first", FIRSTS)
@pytest.mark.parametrize("act", [lose, lose_and_rebuild])
def test_a_store_that_is_lost_again_during_its_rebuild(
    roomy: Desk, act: Callable[[Desk], None], first: int
) -> None:
    """At whatever command: the older rebuild leaves nothing in the newer one's ledger."""
    live_a_little(roomy)
    commands = count_commands(roomy)
    assert commands > STRIDE
    for at in range(first, commands, STRIDE):
        lose(roomy)
        with (
            interrupted_engine(roomy, at, lambda: act(roomy)) as (engine, _),
            suppress(EngineError),  # It noticed
        ):
            reconcile.reconcile(engine.account("desk"))
        assert_whole(roomy)


def book_unfolded(desk: Desk) -> None:
    """Have rows in the ledger that no position includes, and an entry that asks for them."""
    for _ in range(2):
        desk.paper.control.place(BY_HAND, key=desk.key)
    book_symbol_fills(desk.context, SYMBOL, Lane.RESOLVE)
    desk.messages.take()
    desk.context.store.open_outbox("asked", desk.context.store.load_cursors())


def lose_all_and_ask(desk: Desk) -> None:
    """Lose everything and rebuild it, with one trade more; the same entry asks for all of it."""
    lose_and_rebuild(desk)
    desk.context.store.open_outbox("asked", desk.context.store.load_cursors())


def fold_position(context: AccountContext) -> object:
    return updates.update_position(context, SYMBOL)


def fold_portfolio(context: AccountContext) -> object:
    return updates.update_portfolio(context, "asked")


def sleep_through_loss(desk: Desk, work: Callable[[AccountContext], object], at: int) -> int:
    """Have all be lost and rebuilt before the work's command `at`; return how many there were."""
    lose_and_rebuild(desk)
    book_unfolded(desk)
    if work is fold_portfolio:
        fold_position(desk.context)
    with interrupted_engine(desk, at, lambda: lose_all_and_ask(desk)) as (engine, client):
        work(engine.account("desk"))
        return client.sent


def assert_nothing_of_before(desk: Desk) -> None:
    """What is stored is a fold of the rows that are there, and what is asked for is not lost."""
    store, rows = desk.context.store, desk.context.store.load_rows(SYMBOL)
    position, portfolio = desk.position(), store.find_portfolio()
    folded = position.cursor if position else 0
    if position:
        assert position == fold(empty_position("desk", SYMBOL), rows[:folded])
    covered = portfolio.value.cursors.get(SYMBOL, 0) if portfolio else 0
    assert covered <= folded
    asked = [entry for entry in store.list_outbox() if entry.entry_id == "asked"]
    assert asked or covered == len(rows)


@pytest.mark.parametrize("work", [fold_position, fold_portfolio])
def test_an_update_that_slept_through_a_loss_leaves_nothing(
    roomy: Desk, work: Callable[[AccountContext], object]
) -> None:
    """Before any of its last commands: what versions and rows count may look as it did before."""
    live_a_little(roomy)
    commands = sleep_through_loss(roomy, work, 0)
    for back in range(MOST_STEPS):
        sleep_through_loss(roomy, work, commands - back)
        assert_nothing_of_before(roomy)
    assert_whole(roomy)


def test_trades_older_than_the_history_are_not_held_twice(roomy: Desk) -> None:
    """Another worker finds them while the rebuild counts what was held before."""
    resting = roomy.place(key="resting", **LIMIT)
    roomy.deliver()
    roomy.paper.control.fill("BTCUSDT", client_order_id=resting.client_order_id, quantity="0.25")
    commands = rebuild_from_now(roomy)
    for at in range(commands * 2 // 3, commands + 1, 3):
        rebuild_from_now(roomy, at)
        assert roomy.order(resting.client_order_id).filled_quantity == Decimal("0.25")
        assert_whole(roomy)


def open_without(desk: Desk) -> None:
    """Have a trade by hand be in the opening: no query showed it then, and all do from now on."""
    lose(desk)
    hide_trades(desk, [])
    desk.restart_engine()
    reconcile.reconcile(desk.context)
    desk.paper.control.clear_faults()
    desk.context.store.reset_trade_cursor(SYMBOL, "1")


def read_trades(desk: Desk, at: int = 0) -> int:
    """Read them; all is lost and rebuilt before command `at`. Returns how many there were."""
    with interrupted_engine(desk) as (engine, client):
        context = engine.account("desk")
        client.sent, client.at, client.act = 0, at, lambda: lose_and_rebuild(desk)
        with suppress(EngineError):  # It noticed
            book_symbol_fills(context, SYMBOL, Lane.RESOLVE)
        return client.sent


def test_a_trade_of_before_an_opening_is_not_taken_off_another(roomy: Desk) -> None:
    """Who found it sleeps through a loss; the rebuild then books the trade itself."""
    roomy.paper.control.place(BY_HAND, key=roomy.key)
    open_without(roomy)
    commands = read_trades(roomy)
    assert_whole(roomy)
    for at in range(1, commands + 1):
        open_without(roomy)
        read_trades(roomy, at)
        assert_whole(roomy)


def rebuild_from_now(desk: Desk, at: int = 0) -> int:
    """Rebuild without older trades; another worker sweeps before command `at`. Returns how many."""
    lose(desk)
    with interrupted_engine(desk) as (engine, client):
        context = engine.account("desk")
        context.timings.__dict__["trade_lookback_ms"] = 1
        client.sent, client.at, client.act = 0, at, lambda: look_around(desk)
        reconcile.reconcile(context)
        return client.sent


def look_around(desk: Desk) -> None:
    """Look at every order that the store knows by now, as a sweep of another worker does."""
    for entry in desk.context.store.list_watched():
        order = desk.context.store.load_order(entry.client_order_id).value
        look_at_order(desk.context, order, Lane.POLL)


def test_a_denial_is_not_written_over_a_lost_claim(desk: Desk) -> None:
    """The server restarts at any command of a denial: a claim may be lost, the order is kept.

    The next reconcile puts it in doubt.
    """

    def restart() -> None:
        # What a restart does to the account; the server stays for the other tests
        key = AccountKeys(desk.context.identity.slug).account()
        desk.engine.store.client.write("HSET", key, "run_id", "an-earlier-life")

    ends: list[OrderStatus] = []
    while not ends or ends[-1] is S.INITIALIZED:
        order = desk.place(**LIMIT)
        with interrupted_engine(desk) as (engine, client):
            context = engine.account("desk")
            client.sent, client.at, client.act = 0, len(ends) + 1, restart
            submission.deny_order(context, order.client_order_id, submission.CANCELED)
        ends.append(desk.order(order.client_order_id).status)
        reconcile.reconcile(desk.context)
        is_kept = ends[-1] is S.INITIALIZED
        assert desk.order(order.client_order_id).is_in_doubt == is_kept
    # A look at the order, one at what it holds, the write; later the denial stood already
    assert ends == [S.INITIALIZED, S.INITIALIZED, S.INITIALIZED, S.DENIED]


def test_two_reducing_orders_at_once_do_not_exceed_the_position(desk: Desk) -> None:
    """Both are checked, then the first sells, then the second is claimed: it looks again."""
    desk.place(quantity=1)
    desk.deliver()
    half = (desk.exchange_totals()["BTC"] * Decimal("0.75")).quantize(Decimal("0.00001"))
    context = desk.context
    context.store.set_trading_state(TradingState.REDUCING, "a test")
    second = desk.place(side="sell", order_type="limit", quantity=half, price=Decimal("100.50"))
    stored, book = context.store.load_order(second.client_order_id), context.store.load_risk_book()
    assert submission.only_reduces(stored.value, book)
    by_hand = {"symbol": "BTCUSDT", "side": "SELL", "type": "MARKET", "quantity": str(half)}
    desk.paper.control.place(by_hand, key=desk.key)
    book_symbol_fills(context, "BTC/USDT", Lane.POLL)

    now_ms = context.gateway.exchange_now_ms()
    claimed = submission.claim_form(stored.value, "a-nonce", now_ms, 5_000)
    outcome = context.store.claim(stored.version, claimed, reducing=book)
    assert outcome is ClaimOutcome.RISK_CHANGED
    denied = desk.deliver().order(second.client_order_id)
    assert (denied.status, denied.reason and denied.reason.code) == (S.DENIED, "REDUCING_ONLY")
    assert len(desk.exchange_orders()) == 2
