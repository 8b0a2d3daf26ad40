"""The life of an order as the sync client sees it, with balances to the last digit."""

from __future__ import annotations

from decimal import Decimal as D

import ccxt
import pytest

from tests.paper import PaperControlError

BTC = "BTC/USDT"


def order_of(control, client_order_id):
    """Return the ledger's order that ever bore this id."""
    return next(o for o in control.orders() if client_order_id in o["client_order_ids"])


def test_load_markets_needs_exchange_info_only(client, running):
    """A client of spot only asks one question, and gets the rules as precision and limits."""
    assert client.markets[BTC]["precision"]["amount"] == "0.00001000"
    assert client.markets[BTC]["limits"]["cost"]["min"] == "5.00000000"
    client.load_markets(True)
    requests = running.control.stats()["requests"]
    assert set(requests) == {"GET /api/v3/exchangeInfo"}


def test_market_buy_walks_the_book(client, control):
    """A market order takes level after level and pays the taker fee in what it receives."""
    control.set_book("BTCUSDT", [(59999, 1)], [(60001, "0.01"), (60002, "0.02"), (60003, 1)])
    order = client.create_order(BTC, "market", "buy", "0.05", None, {"clientOrderId": "walk"})
    assert order["status"] == "closed"
    assert D(order["filled"]) == D("0.05")
    fills = [(D(t["price"]), D(t["amount"])) for t in order["trades"]]
    assert fills == [(60001, D("0.01")), (60002, D("0.02")), (60003, D("0.02"))]
    cost = sum(price * amount for price, amount in fills)
    assert D(order["cost"]) == cost
    balances = control.balances()
    assert D(balances["USDT"]["free"]) == 10000 - cost
    assert D(balances["BTC"]["free"]) == D("0.05") * D("0.999")
    assert {t["fee"]["currency"] for t in order["trades"]} == {"BTC"}


def test_quote_order_quantity_spends_no_more_than_asked(client, control):
    """An order in quote buys whole steps for at most its quote."""
    order = client.create_order(
        BTC, "market", "buy", 0, None, {"clientOrderId": "quote", "quoteOrderQty": "100"}
    )
    assert order["status"] == "closed"
    spent = D(order["cost"])
    assert D(100) - D("0.61") < spent <= 100
    assert D(order["filled"]) % D("0.00001") == 0


def test_limit_fills_in_three_parts(client, control):
    """A resting order is filled bit by bit, pays the maker fee, and its lock shrinks with it."""
    order = client.create_order(BTC, "limit", "buy", "0.03", "59000", {"clientOrderId": "three"})
    assert order["status"] == "open"
    assert control.balances()["USDT"] == {"free": "8230.00000000", "locked": "1770.00000000"}
    for filled in ("0.01", "0.02"):
        control.fill("BTCUSDT", client_order_id="three", quantity="0.01")
        seen = client.fetch_order(None, BTC, {"clientOrderId": "three"})
        assert (seen["status"], D(seen["filled"])) == ("open", D(filled))
        assert seen["info"]["status"] == "PARTIALLY_FILLED"
    control.fill("BTCUSDT", client_order_id="three")
    assert client.fetch_order(order["id"], BTC)["status"] == "closed"
    trades = client.fetch_my_trades(BTC, params={"orderId": order["id"]})
    assert [t["takerOrMaker"] for t in trades] == ["maker"] * 3
    assert control.balances()["USDT"] == {"free": "8230.00000000", "locked": "0.00000000"}
    assert D(control.balances()["BTC"]["free"]) == D("0.03") * D("0.999")


def test_a_better_price_gives_the_difference_back(client, control):
    """A limit buy that takes below its limit pays the book's price, not its own."""
    control.set_book("BTCUSDT", [(59000, 1)], [(60000, 1)])
    client.create_order(BTC, "limit", "buy", "0.01", "61000", {"clientOrderId": "better"})
    assert control.balances()["USDT"] == {"free": "9400.00000000", "locked": "0.00000000"}


def test_cancel_with_partial_fill_replaces_the_client_id(client, control):
    """After a cancel only the new id and the exchange's id find the order."""
    order = client.create_order(BTC, "limit", "buy", "0.02", "59000", {"clientOrderId": "gone"})
    control.fill("BTCUSDT", client_order_id="gone", quantity="0.005")
    answer = client.cancel_order(None, BTC, {"clientOrderId": "gone", "newClientOrderId": "new"})
    assert answer["info"]["origClientOrderId"] == "gone"
    assert answer["info"]["clientOrderId"] == "new"
    with pytest.raises(ccxt.OrderNotFound):
        client.fetch_order(None, BTC, {"clientOrderId": "gone"})
    seen = client.fetch_order(None, BTC, {"clientOrderId": "new"})
    assert (seen["status"], D(seen["filled"])) == ("canceled", D("0.005"))
    assert client.fetch_order(order["id"], BTC)["clientOrderId"] == "new"
    assert control.balances()["USDT"]["locked"] == "0.00000000"
    assert order_of(control, "gone")["client_order_ids"] == ["gone", "new"]


def test_a_cancel_without_a_new_id_gets_one_made(client, control):
    """The exchange makes an id of its own for the canceled order."""
    client.create_order(BTC, "limit", "buy", "0.01", "59000", {"clientOrderId": "made"})
    answer = client.cancel_order(None, BTC, {"clientOrderId": "made"})
    assert answer["info"]["clientOrderId"] not in {"", "made"}


def test_client_ids_are_unique_among_open_orders_only(client, control):
    """An open order's id is refused; a filled one's is taken again, and the newest is found."""
    first = client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "same"})
    with pytest.raises(ccxt.InvalidOrder, match="Duplicate order sent"):
        client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "same"})
    control.fill("BTCUSDT", client_order_id="same")
    second = client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "same"})
    assert second["id"] != first["id"]
    assert client.fetch_order(None, BTC, {"clientOrderId": "same"})["id"] == second["id"]
    assert control.stats()["duplicated_client_ids"] == {"same": 2}


def test_ioc_remainder_expires(client, control):
    """What an IOC order cannot take at once is expired, with the reason."""
    control.set_book("BTCUSDT", [(59000, 1)], [(60000, "0.01")])
    order = client.create_order(
        BTC, "limit", "buy", "0.03", "60000", {"clientOrderId": "ioc", "timeInForce": "IOC"}
    )
    assert (order["status"], D(order["filled"])) == ("expired", D("0.01"))
    assert order["info"]["expiryReason"] == "UNFILLED_IOC_QUANTITY_EXPIRED"
    assert control.balances()["USDT"] == {"free": "9400.00000000", "locked": "0.00000000"}


def test_fok_takes_all_or_nothing(client, control):
    """A FOK order that cannot be filled whole trades nothing."""
    control.set_book("BTCUSDT", [(59000, 1)], [(60000, "0.01"), (60001, "0.01")])
    options = {"timeInForce": "FOK"}
    dead = client.create_order(
        BTC, "limit", "buy", "0.03", "60001", {**options, "clientOrderId": "fok1"}
    )
    assert (dead["status"], D(dead["filled"])) == ("expired", 0)
    assert dead["info"]["expiryReason"] == "UNFILLED_FOK_ORDER_EXPIRED"
    whole = client.create_order(
        BTC, "limit", "buy", "0.02", "60001", {**options, "clientOrderId": "fok2"}
    )
    assert (whole["status"], D(whole["filled"])) == ("closed", D("0.02"))


def test_market_remainder_expires_when_the_book_is_empty(client, control):
    """A market order that eats the whole book expires with what is left."""
    control.set_book("BTCUSDT", [(59000, 1)], [(60000, "0.01")])
    order = client.create_order(BTC, "market", "buy", "0.02", None, {"clientOrderId": "thin"})
    assert (order["status"], D(order["filled"])) == ("expired", D("0.01"))


def test_limit_maker_never_takes(client, control):
    """A post-only order that would take is refused; one that would not rests."""
    control.set_book("BTCUSDT", [(59000, 1)], [(60000, 1)])
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        client.create_order(
            BTC, "limit", "buy", "0.01", "60000", {"postOnly": True, "clientOrderId": "po1"}
        )
    order = client.create_order(
        BTC, "limit", "buy", "0.01", "59999.99", {"postOnly": True, "clientOrderId": "po2"}
    )
    assert client.fetch_order(order["id"], BTC)["status"] == "open"


@pytest.mark.parametrize(
    ("order_type", "side", "trigger", "move_to"),
    [
        ("STOP_LOSS", "sell", "59000", 58900),
        ("STOP_LOSS", "buy", "61000", 61100),
        ("TAKE_PROFIT", "sell", "61000", 61100),
        ("TAKE_PROFIT", "buy", "59000", 58900),
    ],
)
def test_a_conditional_order_sleeps_until_its_price(
    client, control, order_type, side, trigger, move_to
):
    """A conditional order locks its funds, waits for the last price, then goes at the market."""
    control.deposit("BTC", 1)
    params = {"clientOrderId": "stop", "stopPrice": trigger}
    order = client.create_order(BTC, order_type, side, "0.01", None, params)
    asset = "BTC" if side == "sell" else "USDT"
    assert D(control.balances()[asset]["locked"]) > 0
    control.set_price("BTCUSDT", 60000)
    assert client.fetch_order(order["id"], BTC)["status"] == "open"
    control.set_price("BTCUSDT", move_to)
    seen = client.fetch_order(order["id"], BTC)
    assert (seen["status"], D(seen["filled"])) == ("closed", D("0.01"))
    assert D(control.balances()[asset]["locked"]) == 0


def test_a_triggered_stop_limit_rests_at_its_price(client, control):
    """A stop-limit enters the book once woken, and can still be canceled."""
    control.deposit("BTC", 1)
    params = {"clientOrderId": "stoplimit", "stopPrice": "59000"}
    order = client.create_order(BTC, "STOP_LOSS_LIMIT", "sell", "0.01", "59500", params)
    assert client.fetch_order(order["id"], BTC)["info"]["isWorking"] is False
    control.set_price("BTCUSDT", 58900)
    seen = client.fetch_order(order["id"], BTC)
    assert (seen["status"], seen["info"]["isWorking"]) == ("open", True)
    assert client.cancel_order(order["id"], BTC)["status"] == "canceled"
    assert control.balances()["BTC"] == {"free": "1.00000000", "locked": "0.00000000"}


def test_a_stop_that_would_trigger_at_once_is_refused(client, control):
    """A stop on the wrong side of the last price is no stop."""
    control.deposit("BTC", 1)
    with pytest.raises(ccxt.OrderImmediatelyFillable):
        client.create_order(
            BTC, "STOP_LOSS", "sell", "0.01", None, {"stopPrice": "61000", "clientOrderId": "now"}
        )


def test_price_moving_through_a_limit_fills_it_whole(client, control):
    """A price that only meets an order leaves it; one that goes through fills it."""
    client.create_order(BTC, "limit", "buy", "0.01", "59000", {"clientOrderId": "through"})
    control.set_price("BTCUSDT", 59000)
    assert order_of(control, "through")["status"] == "NEW"
    control.set_price("BTCUSDT", "58999.99")
    assert order_of(control, "through")["status"] == "FILLED"


def test_cancel_all_on_a_symbol(client, control):
    """Every open order of the symbol is canceled, and a second time there is none."""
    for number in range(3):
        client.create_order(
            BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": f"all{number}"}
        )
    client.create_order("ETH/USDT", "limit", "buy", "0.01", "2000", {"clientOrderId": "other"})
    client.cancel_all_orders(BTC)
    assert [o["clientOrderId"] for o in client.fetch_open_orders("ETH/USDT")] == ["other"]
    assert client.fetch_open_orders(BTC) == []
    with pytest.raises(ccxt.OrderNotFound):
        client.cancel_all_orders(BTC)


def test_two_accounts_trade_with_each_other_in_time_order(client, control, paper):
    """Orders of users meet in the book by price, then time; each side gets its own fee."""
    from tests.contract.clients import sync_client

    control.open_account("second", "secret", 2, {"BTC": 1})
    second = sync_client(paper, "second", "secret")
    control.set_book("BTCUSDT", [], [])
    client.create_order(BTC, "limit", "buy", "0.01", "60000", {"clientOrderId": "early"})
    client.create_order(BTC, "limit", "buy", "0.01", "60000", {"clientOrderId": "late"})
    client.create_order(BTC, "limit", "buy", "0.01", "60001", {"clientOrderId": "best"})
    second.create_order(BTC, "limit", "sell", "0.015", "59000", {"clientOrderId": "taker"})
    states = {o["client_order_id"]: D(o["filled_quantity"]) for o in control.orders()}
    assert states == {
        "best": D("0.01"),
        "early": D("0.005"),
        "late": D(0),
        "taker": D("0.015"),
    }
    earned = D("600.01") + D("300")
    assert D(control.balances(2)["USDT"]["free"]) == earned * D("0.999")


def test_a_trade_with_oneself_is_prevented(client, control):
    """The resting order expires by default, and the order's own word decides."""
    control.deposit("BTC", 1)
    control.set_book("BTCUSDT", [], [])
    resting = client.create_order(BTC, "limit", "sell", "0.01", "60000")
    words = {"selfTradePreventionMode": "EXPIRE_TAKER"}
    refused = client.create_order(BTC, "limit", "buy", "0.01", "60000", words)
    assert (refused["status"], refused["info"]["status"]) == ("expired", "EXPIRED_IN_MATCH")
    assert client.fetch_order(resting["id"], BTC)["status"] == "open"
    buy = client.create_order(BTC, "limit", "buy", "0.01", "60000")
    assert (buy["status"], buy["info"]["selfTradePreventionMode"]) == ("open", "EXPIRE_MAKER")
    assert client.fetch_order(resting["id"], BTC)["info"]["status"] == "EXPIRED_IN_MATCH"
    assert client.fetch_my_trades(BTC) == []
    assert D(client.fetch_balance()["used"]["BTC"]) == 0


def test_a_trade_with_oneself_has_two_rows_of_one_trade_id(client, control):
    """Where a market lets them: the same trade id is listed for both orders."""
    control.deposit("BTC", 1)
    control.set_book("BTCUSDT", [], [])
    control.set_symbol("BTCUSDT", self_trade_prevention="NONE")
    try:
        sell = client.create_order(
            BTC, "limit", "sell", "0.01", "60000", {"clientOrderId": "self1"}
        )
        buy = client.create_order(BTC, "limit", "buy", "0.01", "60000", {"clientOrderId": "self2"})
        trades = client.fetch_my_trades(BTC)
        assert len({t["id"] for t in trades}) == 1
        assert {(t["order"], t["side"]) for t in trades} == {
            (sell["id"], "sell"),
            (buy["id"], "buy"),
        }
    finally:
        control.set_symbol("BTCUSDT", self_trade_prevention="EXPIRE_MAKER")


def test_fees_in_a_third_coin(client, control):
    """An account that pays in BNB keeps all it buys, and pays a quarter less."""
    control.deposit("BNB", 1)
    control.set_account(fee_asset="BNB")
    try:
        order = client.create_order(BTC, "market", "buy", "0.001", None, {"clientOrderId": "bnb"})
        assert [t["fee"]["currency"] for t in order["trades"]] == ["BNB"]
        assert D(control.balances()["BTC"]["free"]) == D("0.001")
        assert D(control.balances()["BNB"]["free"]) < 1
    finally:
        control.set_account(fee_asset="")


def test_rates_are_of_the_account(client, control):
    """A changed fee rate shows in the account and in the next execution."""
    control.set_account(taker_rate="0.00075")
    try:
        order = client.create_order(BTC, "market", "buy", "0.01", None, {"clientOrderId": "rate"})
        assert D(order["trades"][0]["fee"]["cost"]) == D("0.0000075")
        assert client.fetch_balance()["info"]["commissionRates"]["taker"] == "0.00075000"
    finally:
        control.set_account(taker_rate="0.001")


@pytest.mark.parametrize("status", ["EXPIRED", "EXPIRED_IN_MATCH"])
def test_the_exchange_ends_an_order_itself(client, control, status):
    """What was filled stays, what was locked is free again, and the id is kept."""
    order = client.create_order(BTC, "limit", "buy", "0.01", "59000", {"clientOrderId": "ended"})
    control.fill("BTCUSDT", client_order_id="ended", quantity="0.004")
    control.expire("BTCUSDT", client_order_id="ended", status=status, reason="UNDER_TEST")
    found = client.fetch_order(order["id"], BTC)
    assert (found["status"], found["clientOrderId"]) == ("expired", "ended")
    assert D(found["filled"]) == D("0.004")
    assert found["info"]["status"] == status
    assert D(client.fetch_balance()["used"]["USDT"]) == 0


def test_ids_go_on_from_a_given_number(client, control):
    """Orders and trades are numbered on from there, and never back."""
    control.set_next_id("BTCUSDT", "order", 2**53 + 1)
    control.set_next_id("BTCUSDT", "trade", 2**62 + 3)
    order = client.create_order(BTC, "market", "buy", "0.01", None, {"clientOrderId": "large"})
    assert order["id"] == "9007199254740993"
    assert order["trades"][0]["id"] == "4611686018427387907"
    with pytest.raises(PaperControlError, match="number 7 is not above the last order id"):
        control.set_next_id("BTCUSDT", "order", 7)


def test_a_halted_symbol_takes_no_orders(client, control):
    """A halted market refuses new orders and still cancels old ones."""
    order = client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "old"})
    control.set_symbol("BTCUSDT", status="HALT")
    try:
        with pytest.raises(ccxt.MarketClosed):
            client.create_order(BTC, "limit", "buy", "0.001", "59000", {"clientOrderId": "new"})
        assert client.cancel_order(order["id"], BTC)["status"] == "canceled"
    finally:
        control.set_symbol("BTCUSDT", status="TRADING")
