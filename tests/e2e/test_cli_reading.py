"""Fills, positions, portfolio, denials, status, reconcile: what is shown is what is."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.e2e.comparing import assert_equal_to_exchange, uid_of
from tests.running import ACCOUNTS, RunningSystem
from tests.waiting import eventually

pytestmark = pytest.mark.e2e

ACCOUNT = ("--account", "fifth")
LANES = {
    "emergency",
    "cancel",
    "exit",
    "submit",
    "resolve",
    "poll",
    "monitor",
    "protection",
    "signals",
    "completion",
    "archive",
}


@pytest.fixture(autouse=True)
def _quoted(system: RunningSystem) -> None:
    """Begin every test with a full book around a round price."""
    system.paper.set_price("BTCUSDT", 50_000)


def test_position_and_portfolio_follow_the_fills(system: RunningSystem):
    """Buy, sell half, compare: every number from the ledger, fees in both coins included."""
    system.json("order", "place", "BTC/USDT", "buy", "0.1", *ACCOUNT)
    system.json("order", "place", "BTC/USDT", "sell", "0.05", *ACCOUNT)

    (position,) = system.json("positions", *ACCOUNT)
    shown = system.json("portfolio", *ACCOUNT)

    assert (position["account"], position["symbol"]) == ("fifth", "BTC/USDT")
    assert position["direction"] == "LONG"
    assert position["net_quantity"] == "0.0499"  # 0.1 bought, a thousandth kept as fee, 0.05 sold
    assert Decimal(position["realized_pnl"]) < 0  # Bought at the ask, sold at the bid, fees paid
    assert position["unrealized_pnl"] is not None
    assert shown["account"] == "fifth"
    held = Decimal(shown["balances"]["BTC"]["total"])
    mark = Decimal(position["mark_price"])
    assert Decimal(shown["equity"]) == Decimal(shown["balances"]["USDT"]["total"]) + held * mark
    assert_equal_to_exchange(system, "fifth")


def test_a_settled_order_is_recorded_in_the_portfolio(system: RunningSystem):
    """The workers write the portfolio after the order settled; nobody has to ask for it."""
    order = system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT)

    eventually(
        lambda: (
            (system.json("portfolio", *ACCOUNT)["recorded_at_ms"] or 0) > order["created_at_ms"]
        ),
    )


def test_the_equity_has_a_history(system: RunningSystem):
    """Every update leaves its point; the results are those of the newest."""
    points = system.json("portfolio", "--history", "minute", *ACCOUNT)["points"]
    shown = system.json("portfolio", *ACCOUNT)
    assert points
    assert shown["performance"]["equity"]
    assert shown["exposure"]["gross"]
    table = system.augustan("portfolio", "--history", "day", *ACCOUNT).expect().stdout
    assert "equity" in table
    eventually(lambda: "record_portfolios" in system.json("status")["beats"], timeout_s=90)


def test_fills_are_listed_oldest_first_and_by_symbol(system: RunningSystem):
    """Each execution with its fee, its order and its trade id."""
    order = system.json("order", "place", "BTC/USDT", "buy", "0.02", *ACCOUNT)

    fills = system.json("fills", "btc-usdt", *ACCOUNT)

    assert [fill["executed_at_ms"] for fill in fills] == sorted(
        fill["executed_at_ms"] for fill in fills
    )
    own = [fill for fill in fills if fill["client_order_id"] == order["client_order_id"]]
    assert sum(Decimal(fill["quantity"]) for fill in own) == Decimal("0.02")
    assert {fill["fee_currency"] for fill in own} == {"BTC"}
    assert system.json("fills", "ETH/USDT", *ACCOUNT) == []


def test_a_read_shows_every_account(system: RunningSystem):
    """Without --account lists have all accounts, and the portfolio one object for each."""
    system.json("order", "place", "BTC/USDT", "buy", "0.01", *ACCOUNT)

    shown = system.json("portfolio")
    listed = system.json("positions")

    assert [one["account"] for one in shown["accounts"]] == list(ACCOUNTS)
    assert "fifth" in {position["account"] for position in listed}


def test_status_tells_that_orders_can_flow(system: RunningSystem):
    """Accounts, workers with their lanes, queue lengths, the age of the heartbeat."""
    status = system.json("status")

    assert status["ready"] is True
    assert status["problems"] == []
    assert {account["account"] for account in status["accounts"]} == set(ACCOUNTS)
    (lanes,) = status["workers"].values()
    assert set(lanes) == LANES
    assert set(status["queues"]) == LANES
    for sign in ("beat", "watch_due_orders"):
        assert 0 <= status["beats"][sign]["age_ms"] < 30_000
    assert all(account["reconciled_at"] for account in status["accounts"])


def test_status_counts_open_orders(system: RunningSystem):
    """An order that rests is open, and no longer once it is cancelled."""
    order = system.json(
        *("order", "place", "BTC/USDT", "buy", "0.01", "--type", "limit", "--price", "40000"),
        *ACCOUNT,
    )
    while_open = _account_row(system)
    system.json("order", "cancel", order["client_order_id"])

    assert while_open["open_orders"] == 1
    assert _account_row(system)["open_orders"] == 0
    assert _account_row(system)["in_doubt_orders"] == 0


def test_reconcile_finds_what_nobody_booked(system: RunningSystem):
    """A deposit is a difference: exit code 1 and its amount; without it all is equal again."""
    system.paper.deposit("USDT", 123, uid=uid_of("fifth"))
    (unequal,) = system.json("reconcile", *ACCOUNT, exit_code=1)
    system.paper.withdraw("USDT", 123, uid=uid_of("fifth"))
    (equal,) = system.json("reconcile", *ACCOUNT)

    assert (unequal["is_equal"], unequal["differences"]) == (False, {"USDT": "123"})
    assert (equal["is_equal"], equal["differences"]) == (True, {})


def test_reconcile_sees_orders_that_are_not_ours(system: RunningSystem):
    """An order of another client of the account is counted and left alone."""
    theirs = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": "30000",
        "newClientOrderId": "somebody-else",
    }
    system.paper.place(theirs, key="fifth")

    (result,) = system.json("reconcile", *ACCOUNT)

    assert result["foreign_orders"] == 1
    system.paper.cancel("BTCUSDT", client_order_id="somebody-else")


def _account_row(system: RunningSystem) -> dict[str, object]:
    accounts: list[dict[str, object]] = system.json("status")["accounts"]
    return next(account for account in accounts if account["account"] == "fifth")
