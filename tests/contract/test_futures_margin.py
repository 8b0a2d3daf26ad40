"""Margin, positions and settings of the futures market, against hand-worked numbers."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from tests.contract.clients import futures_client
from tests.contract.raw import place_future, signed
from tests.paper import PaperExchange

BTC = "BTC/USDT:USDT"


def _buy(swap, quantity: str = "0.1", **params: object) -> None:
    swap.create_order(BTC, "market", "buy", quantity, None, {"clientOrderId": "in", **params})


def _risk(paper) -> dict[str, str]:
    """Return the one row of positionRisk."""
    (row,) = signed(paper, "GET", "/fapi/v3/positionRisk", symbol="BTCUSDT").json
    return row


def test_cross_margin_by_hand(paper, swap, futures):
    """Initial and maintenance margin, profit, break-even and liquidation price of a long."""
    _buy(swap)  # 0.1 at 60000.1, fee 3.000005, 20 times
    futures.set_mark_price("BTCUSDT", 61000)
    row = _risk(paper)
    assert D(row["notional"]) == 6100
    assert D(row["unRealizedProfit"]) == D("99.99")
    assert D(row["positionInitialMargin"]) == 305  # 6100 / 20
    assert D(row["maintMargin"]) == D("24.4")  # 6100 * 0.004
    assert D(row["breakEvenPrice"]) == D("60030.10005")  # 60000.1 + 3.000005 / 0.1
    account = signed(paper, "GET", "/fapi/v3/account").json
    wallet = D(10_000) - D("3.000005")
    assert D(account["totalWalletBalance"]) == wallet
    assert D(account["totalMarginBalance"]) == wallet + D("99.99")
    assert D(account["availableBalance"]) == wallet + D("99.99") - 305
    assert D(row["liquidationPrice"]) == 0  # The wallet carries a fall to nothing


def test_the_liquidation_price_leaves_the_maintenance_margin(paper, swap, futures):
    """At the liquidation price the margin balance is exactly the maintenance margin."""
    _buy(swap, "1")
    price = D(_risk(paper)["liquidationPrice"])
    assert 50_000 < price < 60_000
    balance = futures.wallet() + price - D(futures.position("BTCUSDT")["cost"])
    assert abs(balance - price * D("0.004")) < D("0.0001")


def test_isolated_margin_stands_alone(paper, swap, futures):
    """An isolated position binds its own margin, which a reduction gives back in proportion."""
    swap.set_margin_mode("isolated", BTC)
    swap.set_leverage(10, BTC)
    _buy(swap)
    held = futures.position("BTCUSDT")
    assert D(held["isolated_wallet"]) == D("600.001")  # 6000.01 / 10
    (balance,) = [b for b in signed(paper, "GET", "/fapi/v3/balance").json if b["asset"] == "USDT"]
    assert D(balance["crossWalletBalance"]) == futures.wallet() - D("600.001")
    added = {"symbol": "BTCUSDT", "amount": "50", "type": 1}
    assert signed(paper, "POST", "/fapi/v1/positionMargin", **added).status == 200
    swap.create_order(BTC, "market", "sell", "0.05", None, {"clientOrderId": "half"})
    assert D(futures.position("BTCUSDT")["isolated_wallet"]) == D("325.0005")
    swap.create_order(BTC, "market", "sell", "0.05", None, {"clientOrderId": "rest"})
    assert D(futures.position("BTCUSDT")["isolated_wallet"]) == 0


def test_open_orders_bind_margin(paper, futures):
    """Bids and asks of one contract bind the larger of the two, and a cancel frees it."""
    place_future(paper, newClientOrderId="bid", quantity="0.1", price="50000")
    place_future(paper, newClientOrderId="ask", quantity="0.1", price="70000", side="SELL")
    row = _risk(paper)
    assert (D(row["bidNotional"]), D(row["askNotional"])) == (5000, 7000)
    assert D(row["openOrderInitialMargin"]) == 350  # 7000 / 20
    signed(paper, "DELETE", "/fapi/v1/allOpenOrders", symbol="BTCUSDT")
    assert signed(paper, "GET", "/fapi/v3/positionRisk").json == []


@pytest.mark.parametrize("is_held", [False, True])
def test_modes_do_not_change_under_orders_or_positions(paper, swap, futures, is_held):
    """An open order or position keeps the margin type and the position mode as they are."""
    if is_held:
        _buy(swap)
    else:
        place_future(paper)
    to_isolated = {"symbol": "BTCUSDT", "marginType": "ISOLATED"}
    codes = (-4048, -4068) if is_held else (-4047, -4067)
    assert signed(paper, "POST", "/fapi/v1/marginType", **to_isolated).code == codes[0]
    hedged = {"dualSidePosition": "true"}
    assert signed(paper, "POST", "/fapi/v1/positionSide/dual", **hedged).code == codes[1]


def test_unchanged_settings_say_so(paper, futures):
    """-4046, -4059 and -4171 for what is already so; -4028 for leverage that nobody may have."""
    crossed = {"symbol": "BTCUSDT", "marginType": "CROSSED"}
    assert signed(paper, "POST", "/fapi/v1/marginType", **crossed).code == -4046
    one_way = {"dualSidePosition": "false"}
    assert signed(paper, "POST", "/fapi/v1/positionSide/dual", **one_way).code == -4059
    single = {"multiAssetsMargin": "false"}
    assert signed(paper, "POST", "/fapi/v1/multiAssetsMargin", **single).code == -4171
    for leverage in (0, 126):
        wanted = {"symbol": "BTCUSDT", "leverage": leverage}
        assert signed(paper, "POST", "/fapi/v1/leverage", **wanted).code == -4028


def test_leverage_bounds_the_position(paper, swap, futures):
    """More leverage binds less margin, and allows a smaller position."""
    futures.deposit("USDT", 1_000_000)
    swap.set_leverage(125, BTC)
    assert place_future(paper, quantity="6", price="50100").code == -2027  # 300600 > 300000
    assert place_future(paper, quantity="5", newClientOrderId="ok").status == 200
    assert D(_risk(paper)["openOrderInitialMargin"]) == 2000  # 250000 / 125
    lower = {"symbol": "BTCUSDT", "leverage": 1}
    assert signed(paper, "POST", "/fapi/v1/leverage", **lower).json["leverage"] == 1


def test_everything_survives_a_kill(tmp_path):
    """Orders, positions, wallets, settings and modes are read again after a kill."""
    with PaperExchange(data_dir=tmp_path) as exchange:
        swap = futures_client(exchange)
        swap.set_leverage(10, BTC)
        _buy(swap)
        params = {"clientOrderId": "out", "reduceOnly": True}
        swap.create_order(BTC, "limit", "sell", "0.1", "61000", params)
        futures = exchange.control.futures
        futures.set_mark_price("BTCUSDT", 60100)
        before = futures.ledger()
        exchange.kill()
        exchange.start()
        futures = exchange.control.futures
        assert futures.ledger() == before
        futures.set_mark_price("BTCUSDT", None)
        futures.set_price("BTCUSDT", 61500)
        assert D(futures.position("BTCUSDT")["quantity"]) == 0
        income = futures.ledger()["income"]
        assert sum(D(row["amount"]) for row in income) == futures.wallet()
