"""Trades: late, hidden, in parts, with fees in any coin, by other hands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from engine.domain.fill import BalanceRow, RowKind
from engine.domain.order_status import OrderStatus
from engine.execution.reconciling import reconcile
from tests.desk import Desk
from tests.integration.execution.comparing import (
    assert_balances_equal,
    assert_equal_to_exchange,
    assert_trades_equal,
)
from tests.integration.failure_modes.asking import alarms, leave_out_market
from tests.integration.markets import on_both_markets

pytestmark = pytest.mark.integration
S = OrderStatus


def hide_trades(desk: Desk, rows: list[dict[str, object]]) -> None:
    """Let every list of trades show these rows instead of what is there."""
    desk.paper.control.add_fault(
        method="GET",
        path="/fapi/v1/userTrades" if desk.trades_contracts else "/api/v3/myTrades",
        key=desk.key,
        count=None,
        answer="status",
        status=200,
        body=json.dumps(rows),
    )


def first_trade_of(desk: Desk) -> list[dict[str, object]]:
    """Return the account's first trade as the exchange's list shows it."""
    first = next(row for row in desk.paper.control.trades() if row["uid"] == desk.uid)
    return [
        {
            "symbol": first["symbol"],
            "id": first["trade_id"],
            "orderId": first["order_id"],
            "price": first["price"],
            "qty": first["quantity"],
            "quoteQty": first["quote_quantity"],
            "commission": first["fee"],
            "commissionAsset": first["fee_asset"],
            "time": first["executed_at_ms"],
            "isBuyer": first["side"] == "BUY",
            "isMaker": first["is_maker"],
        }
    ]


@on_both_markets
def test_trades_that_show_up_after_their_order(desk: Desk) -> None:
    """FILLED without its trades is closed and not settled; no difference is made of it."""
    order = desk.place(quantity=Decimal("0.8"))
    hide_trades(desk, [])
    seen = desk.deliver().sweep().order(order.client_order_id)
    assert (seen.status, seen.filled_quantity, seen.is_settled) == (S.FILLED, 0, False)
    desk.clock.pass_time(60_000)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert not result.is_compared, "what is on its way is no difference"
    desk.paper.control.clear_faults()
    done = desk.sweep().order(order.client_order_id)
    assert (done.filled_quantity, done.is_settled) == (Decimal("0.8"), True)
    assert alarms(desk) == []
    assert_equal_to_exchange(desk)


def test_a_trade_that_is_missing_among_others(desk: Desk) -> None:
    """A sum of trades below what the order filled keeps it unsettled until the last one is in."""
    order = desk.place(quantity=Decimal("0.8"))
    sent = desk.messages.waiting.popleft()
    desk.carry_out(sent)
    hide_trades(desk, first_trade_of(desk))
    seen = desk.deliver().sweep().order(order.client_order_id)
    assert (seen.status, seen.filled_quantity) == (S.FILLED, Decimal("0.5"))
    assert not seen.is_settled
    desk.paper.control.clear_faults()
    done = desk.sweep().order(order.client_order_id)
    assert (done.filled_quantity, done.is_settled) == (Decimal("0.8"), True)
    assert_equal_to_exchange(desk)


def test_trades_that_do_not_come_to_the_cost_of_the_order(desk: Desk) -> None:
    """The right quantity for another amount is not settled; when it lasts, a person hears of it."""
    order = desk.place(quantity=Decimal("0.5"))
    desk.carry_out(desk.messages.waiting.popleft())
    wrong = first_trade_of(desk)
    wrong[0]["quoteQty"] = "49.00000000"
    hide_trades(desk, wrong)
    seen = desk.deliver().sweep().order(order.client_order_id)
    assert (seen.status, seen.filled_quantity, seen.is_settled) == (S.FILLED, Decimal("0.5"), False)
    assert alarms(desk) == []
    for _ in range(2):
        desk.clock.pass_time(600_000)
        desk.sweep()
    (told,) = alarms(desk)
    assert "0.5 for 49 are known" in told
    assert "0.5 were filled for 50;" in told
    assert not desk.order(order.client_order_id).is_settled


def test_trades_that_the_exchange_refuses_to_list(desk: Desk) -> None:
    """A market that is gone: the order stays unsettled, and a person hears of it."""
    order = desk.place(quantity=Decimal("0.5"))
    desk.carry_out(desk.messages.waiting.popleft())
    desk.paper.control.add_fault(
        method="GET",
        path="/api/v3/myTrades",
        key=desk.key,
        count=None,
        answer="status",
        status=400,
        body=json.dumps({"code": -1121, "msg": "Invalid symbol."}),
    )
    desk.deliver()
    assert alarms(desk) == []
    for _ in range(2):
        desk.clock.pass_time(600_000)
        desk.carry_out(("poll", ("desk", order.client_order_id)))
    (told,) = alarms(desk)
    assert "trades of 0 for 0 are known" in told
    assert not desk.order(order.client_order_id).is_settled


@pytest.fixture
def lets_self_trade(desk: Desk) -> Iterator[None]:
    """Have an exchange that prevents no trade of an account with itself, as some are."""
    desk.paper.control.set_symbol("BTCUSDT", self_trade_prevention="NONE")
    yield
    desk.paper.control.set_symbol("BTCUSDT", self_trade_prevention="EXPIRE_MAKER")


@pytest.mark.usefixtures("lets_self_trade")
def test_a_trade_of_the_account_with_itself(desk: Desk) -> None:
    """Two of our orders meet: one trade id, two rows, each booked to its own order."""
    desk.place(quantity=2)
    desk.deliver()
    inside = {"order_type": "limit", "price": Decimal("100.00"), "quantity": 1}
    desk.paper.control.set_book("BTCUSDT", [("99.00", "5")], [("101.00", "5")])
    sale = desk.place(side="sell", **inside)
    desk.deliver()
    purchase = desk.place(**inside)
    desk.deliver().sweep()
    sold, bought = (desk.order(one.client_order_id) for one in (sale, purchase))
    assert (sold.status, bought.status) == (S.FILLED, S.FILLED)
    assert [fill.trade_id for fill in sold.fills] == [fill.trade_id for fill in bought.fills]
    assert_equal_to_exchange(desk)


def test_a_trade_of_the_account_with_itself_is_prevented(desk: Desk) -> None:
    """The exchange ends the resting order; it settles with what it got, and the other goes on."""
    desk.place(quantity=2)
    desk.deliver()
    inside = {"order_type": "limit", "price": Decimal("100.00"), "quantity": 1}
    desk.paper.control.set_book("BTCUSDT", [("99.00", "5")], [("101.00", "5")])
    sale = desk.place(side="sell", **inside)
    desk.deliver()
    desk.paper.control.fill("BTCUSDT", client_order_id=sale.client_order_id, quantity="0.25")
    purchase = desk.place(**inside)
    desk.deliver().sweep()  # Its trade is news, and then its end
    desk.clock.pass_time(1_000)
    desk.sweep()
    ended, rests = (desk.order(one.client_order_id) for one in (sale, purchase))
    assert (ended.status, ended.filled_quantity) == (S.EXPIRED, Decimal("0.25"))
    assert ended.is_settled
    assert (rests.status, rests.fills) == (S.ACCEPTED, ())
    assert_equal_to_exchange(desk)


@pytest.mark.usefixtures("lets_self_trade")
@pytest.mark.parametrize("is_ours_resting", [True, False])
def test_a_trade_with_an_order_by_hand(desk: Desk, is_ours_resting: bool) -> None:
    """One side is ours, the other a stranger's on the same account: both rows are booked."""
    desk.place(quantity=2)
    desk.deliver()
    desk.paper.control.set_book("BTCUSDT", [("99.00", "5")], [("101.00", "5")])
    words = {"symbol": "BTCUSDT", "type": "LIMIT", "timeInForce": "GTC"}
    words |= {"side": "BUY", "price": "100.00", "quantity": "1"}
    if not is_ours_resting:
        desk.paper.control.place(words, key=desk.key)
    ours = desk.place(side="sell", order_type="limit", price=Decimal("100.00"), quantity=1)
    desk.deliver()
    if is_ours_resting:
        desk.paper.control.place(words, key=desk.key)
    done = desk.sweep().order(ours.client_order_id)
    assert (done.status, done.is_settled) == (S.FILLED, True)
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.is_equal
    desk.deliver()
    assert_trades_equal(desk)
    assert_balances_equal(desk)


def hold_before(desk: Desk, **amounts: int) -> None:
    """Give the account coins, and begin anew on an empty store: they are openings."""
    for asset, amount in amounts.items():
        desk.paper.control.deposit(asset, amount, uid=desk.uid)
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()


def pay_fees_in(desk: Desk, asset: str) -> None:
    desk.paper.control.set_account(desk.uid, fee_asset=asset)


def fee_rows(desk: Desk, symbol: str) -> list[BalanceRow]:
    rows = desk.context.store.load_rows(symbol)
    return [row for row in rows if isinstance(row, BalanceRow) and row.kind is RowKind.FEE]


@pytest.mark.parametrize("side", ["buy", "sell"])
def test_a_fee_in_a_third_coin(desk: Desk, side: str) -> None:
    """The position moves by what was traded, that of the third coin by the fee: both equal."""
    hold_before(desk, ETH=5, BTC=2)
    pay_fees_in(desk, "ETH")
    order = desk.place(side=side, quantity=1)
    done = desk.deliver().order(order.client_order_id)
    assert {fill.fee_currency for fill in done.fills} == {"ETH"}
    paid = sum(fill.fee for fill in done.fills)
    assert [row.quantity for row in fee_rows(desk, "ETH/USDT")] == [-f.fee for f in done.fills]
    position, coin = desk.position(), desk.position("ETH/USDT")
    assert position is not None
    assert coin is not None
    assert position.net_quantity == (3 if side == "buy" else 1)
    assert coin.net_quantity == 5 - paid == desk.exchange_totals()["ETH"]
    assert (position.fees, coin.fees, coin.realized_pnl) == ({"ETH": paid}, {}, 0)
    assert_equal_to_exchange(desk)


def test_a_fee_in_a_coin_that_was_bought(desk: Desk) -> None:
    """The coins given away leave with what they cost, and that is lost."""
    desk.place("ETH/USDT", quantity=1)
    desk.deliver()
    bought = desk.position("ETH/USDT")
    pay_fees_in(desk, "ETH")
    desk.place(quantity=1)
    desk.deliver()
    coin = desk.position("ETH/USDT")
    assert bought is not None
    assert coin is not None
    assert bought.entry_price is not None
    assert coin.entry_price is not None
    assert abs(coin.entry_price - bought.entry_price) < Decimal("1e-18"), "only fewer of them"
    lost = bought.traded_cost - coin.traded_cost
    assert coin.realized_pnl == bought.realized_pnl - lost < bought.realized_pnl
    assert_equal_to_exchange(desk)


def test_a_fee_in_a_coin_without_a_market(desk: Desk) -> None:
    """It is booked under the coin's own name: no position holds it, the sums are equal."""
    hold_before(desk, ETH=5)
    leave_out_market(desk, "ETHUSDT")
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    pay_fees_in(desk, "ETH")
    order = desk.place(quantity=1)
    done = desk.deliver().order(order.client_order_id)
    assert [row.quantity for row in fee_rows(desk, "ETH")] == [-fill.fee for fill in done.fills]
    assert desk.context.store.list_outbox() == (), "the portfolio covers what has no position"
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.is_equal
    assert_trades_equal(desk)


def test_a_fee_coin_that_changes_within_an_order(desk: Desk) -> None:
    """One part pays in the third coin, the next in the coin that it bought, the last again so."""
    hold_before(desk, ETH=5)
    order = desk.place(order_type="limit", quantity=3, price=Decimal("99.50"))
    desk.deliver()
    for asset in ("ETH", "", "ETH"):
        pay_fees_in(desk, asset)
        desk.paper.control.fill("BTCUSDT", client_order_id=order.client_order_id, quantity=1)
        desk.sweep()
    done = desk.order(order.client_order_id)
    assert [fill.fee_currency for fill in done.fills] == ["ETH", "BTC", "ETH"]
    assert len(fee_rows(desk, "ETH/USDT")) == 2
    assert_equal_to_exchange(desk)


def test_a_stranger_pays_a_fee_in_a_third_coin(desk: Desk) -> None:
    """A trade by hand moves the coin of its fee too, also when its order turns out to be ours."""
    hold_before(desk, ETH=5)
    pay_fees_in(desk, "ETH")
    words = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    desk.paper.control.place(words, key=desk.key)
    for _ in range(2):
        result = reconcile.reconcile(desk.context)
        assert result is not None
        assert result.is_equal
        desk.deliver()
    assert len(fee_rows(desk, "ETH/USDT")) == len(desk.context.store.list_fills("BTC/USDT")) == 2
    assert_trades_equal(desk)
    assert_balances_equal(desk)


def test_a_fee_of_a_trade_before_the_opening(desk: Desk) -> None:
    """What comes to light later is taken off the opening with its fee: nothing counts twice."""
    hold_before(desk, ETH=5)
    pay_fees_in(desk, "ETH")
    words = {"symbol": "BTCUSDT", "side": "BUY", "type": "MARKET", "quantity": "1"}
    desk.paper.control.place(words, key=desk.key)
    hide_trades(desk, [])
    desk.engine.store.client.read("FLUSHALL")
    desk.restart_engine()
    desk.open()
    desk.paper.control.clear_faults()
    desk.context.store.reset_trade_cursor("BTC/USDT", "1")
    result = reconcile.reconcile(desk.context)
    assert result is not None
    assert result.is_equal
    desk.deliver()
    assert len(fee_rows(desk, "ETH/USDT")) == 2
    assert_trades_equal(desk)
    assert_balances_equal(desk)
