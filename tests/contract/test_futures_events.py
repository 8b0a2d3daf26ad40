"""Funding, liquidation, deleveraging and settlement of the futures market, with their rows."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from tests.contract.raw import place_future, send, signed

BTC = "BTC/USDT:USDT"


def _buy(swap, quantity: str = "0.1") -> None:
    swap.create_order(BTC, "market", "buy", quantity, None, {"clientOrderId": "in"})


def _income(paper, kind: str) -> list[D]:
    rows = signed(paper, "GET", "/fapi/v1/income", incomeType=kind).json
    return [D(row["income"]) for row in rows]


def test_funding_is_paid_by_longs(paper, swap, futures):
    """A long pays the rate of its notional at the mark price, and is paid when it is negative."""
    _buy(swap)
    futures.set_mark_price("BTCUSDT", 61000)
    futures.fund("BTCUSDT", "0.001")
    futures.set_funding_rate("BTCUSDT", "-0.0005")
    futures.fund("BTCUSDT")
    assert _income(paper, "FUNDING_FEE") == [D("-6.1"), D("3.05")]
    assert futures.wallet() == D(10_000) - D("3.000005") - D("3.05")
    rates = send(paper, "GET", "/fapi/v1/fundingRate", "symbol=BTCUSDT").json
    assert [D(r["fundingRate"]) for r in rates] == [D("0.001"), D("-0.0005")]
    premium = send(paper, "GET", "/fapi/v1/premiumIndex", "symbol=BTCUSDT").json
    assert D(premium["markPrice"]) == 61_000
    assert premium["nextFundingTime"] % (8 * 3_600_000) == 0


def test_an_isolated_position_pays_from_its_own_margin(swap, futures):
    """Funding of an isolated position comes off its margin and off the wallet."""
    swap.set_margin_mode("isolated", BTC)
    _buy(swap)
    before = D(futures.position("BTCUSDT")["isolated_wallet"])
    futures.set_mark_price("BTCUSDT", 60000)
    futures.fund("BTCUSDT", "0.001")
    assert D(futures.position("BTCUSDT")["isolated_wallet"]) == before - 6


def test_a_cross_account_is_liquidated_at_its_price(paper, swap, futures):
    """Above the liquidation price nothing happens; at it orders expire and the position closes."""
    _buy(swap, "1")
    place_future(paper, newClientOrderId="open", quantity="0.001", price="50000")
    price = D(
        signed(paper, "GET", "/fapi/v3/positionRisk", symbol="BTCUSDT").json[0]["liquidationPrice"]
    )
    futures.set_mark_price("BTCUSDT", price.quantize(D("0.1")) + 1)
    assert D(futures.position("BTCUSDT")["quantity"]) == 1
    futures.set_mark_price("BTCUSDT", price.quantize(D("0.1")) - 1)
    assert D(futures.position("BTCUSDT")["quantity"]) == 0
    orders = {o["client_order_id"]: o for o in futures.orders()}
    assert (orders["open"]["status"], orders["open"]["expiry_reason"]) == ("EXPIRED", 5)
    (forced,) = signed(paper, "GET", "/fapi/v1/forceOrders", symbol="BTCUSDT").json
    assert forced["clientOrderId"].startswith("autoclose-")
    assert (forced["status"], D(forced["executedQty"])) == ("FILLED", 1)
    (fee,) = _income(paper, "INSURANCE_CLEAR")
    assert fee < 0
    assert 0 <= futures.wallet() < 250
    assert futures.wallet() == sum(D(r["amount"]) for r in futures.ledger()["income"])


def test_an_isolated_loss_ends_with_its_margin(paper, swap, futures):
    """A gap far through the liquidation price costs the isolated margin and the fees, no more."""
    swap.set_margin_mode("isolated", BTC)
    _buy(swap)
    futures.set_mark_price("BTCUSDT", 40000)
    assert D(futures.position("BTCUSDT")["quantity"]) == 0
    margin = D("6000.01") / 20
    assert futures.wallet() == D(10_000) - D("3.000005") - margin.quantize(D("1E-8"))


def test_deleveraging_and_settlement(paper, swap, futures):
    """ADL closes a part at its price; settlement ends the contract, its orders and positions."""
    _buy(swap)
    futures.adl("BTCUSDT", quantity="0.04", price=61000)
    assert D(futures.position("BTCUSDT")["quantity"]) == D("0.06")
    (forced,) = signed(paper, "GET", "/fapi/v1/forceOrders", autoCloseType="ADL").json
    assert (forced["clientOrderId"], D(forced["avgPrice"])) == ("adl_autoclose", 61_000)
    place_future(paper, newClientOrderId="open")
    futures.settle("BTCUSDT", 62000)
    try:
        orders = {o["client_order_id"]: o for o in futures.orders()}
        assert (orders["open"]["status"], orders["open"]["expiry_reason"]) == ("EXPIRED", 7)
        assert any(name.startswith("settlement_autoclose-") for name in orders)
        assert D(futures.position("BTCUSDT")["quantity"]) == 0
        assert place_future(paper).code == -4108
    finally:
        futures.set_symbol("BTCUSDT", status="TRADING")


@pytest.mark.parametrize("side", ["BOTH", "LONG"])
def test_a_position_that_is_not_there_cannot_be_taken(futures, side):
    """Control says whose position is missing, and nothing happens."""
    with pytest.raises(Exception, match=f"uid 1000001 has no {side} position"):
        futures.liquidate("BTCUSDT", side)
