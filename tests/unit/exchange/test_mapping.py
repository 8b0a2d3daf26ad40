"""Binance's messages in our words: exact, complete, or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.fill import Liquidity, Side
from engine.domain.order_status import OrderStatus
from engine.domain.order_terms import OrderType
from engine.exchange.binance import account, mapping
from engine.exchange.binance.spot import BinanceSpot
from engine.exchange.raw_answer import Unreadable

SYMBOLS = {"BTCUSDT": "BTC/USDT"}
AT_MS = 1_790_000_000_000
amounts = st.decimals(0, 10**12, places=8, allow_nan=False, allow_infinity=False)
ids = st.integers(0, 2**63)
times = st.integers(10**12, 10**13 - 1)

ORDER: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "orderId": 1,
    "clientOrderId": "aug",
    "price": "0.00000000",
    "origQty": "2.00000000",
    "executedQty": "0.50000000",
    "status": "PARTIALLY_FILLED",
    "timeInForce": "GTC",
    "type": "STOP_LOSS",
    "side": "SELL",
    "time": AT_MS,
    "updateTime": AT_MS + 5,
}
TRADE: dict[str, Any] = {
    "symbol": "BTCUSDT",
    "id": 28457,
    "orderId": 100234,
    "price": "4.00000100",
    "qty": "12.00000000",
    "quoteQty": "48.000012",
    "commission": "10.10000000",
    "commissionAsset": "BNB",
    "time": AT_MS,
    "isBuyer": False,
    "isMaker": True,
}


@given(amounts, amounts, amounts, ids, ids, times, st.booleans(), st.booleans())
def test_a_trade_keeps_every_digit(
    price: Decimal,
    quantity: Decimal,
    fee: Decimal,
    trade_id: int,
    order_id: int,
    at_ms: int,
    is_buyer: bool,
    is_maker: bool,
) -> None:
    """Numbers arrive as text and leave as exactly the same Decimals."""
    row = TRADE | {
        "price": f"{price:f}",
        "qty": f"{quantity:f}",
        "commission": f"{-fee:f}",
        "id": trade_id,
        "orderId": order_id,
        "time": at_ms,
        "isBuyer": is_buyer,
        "isMaker": is_maker,
    }
    fill = mapping.map_fill(row, SYMBOLS)
    assert (fill.price, fill.quantity, fill.fee) == (price, quantity, -fee)
    assert fill.row_id == f"{trade_id}/{order_id}"
    assert fill.executed_at_ms == at_ms
    assert fill.side is (Side.BUY if is_buyer else Side.SELL)
    assert fill.liquidity is (Liquidity.MAKER if is_maker else Liquidity.TAKER)
    assert (fill.cost, fill.fee_currency) == (Decimal("48.000012"), "BNB")


@given(amounts, amounts, amounts, ids, times, times)
def test_an_order_keeps_every_digit(
    price: Decimal, quantity: Decimal, filled: Decimal, order_id: int, made_ms: int, moved_ms: int
) -> None:
    """A price of 0 is no price; everything else is what it says."""
    row = ORDER | {
        "price": f"{price:f}",
        "origQty": f"{quantity:f}",
        "executedQty": f"{filled:f}",
        "orderId": order_id,
        "time": made_ms,
        "updateTime": moved_ms,
    }
    report = mapping.map_order(row, SYMBOLS)
    assert report.price == (price or None)
    assert (report.quantity, report.filled_quantity) == (quantity, filled)
    assert report.exchange_order_id == str(order_id)
    assert (report.created_at_ms, report.updated_at_ms) == (made_ms, moved_ms)
    assert (report.symbol, report.side) == ("BTC/USDT", Side.SELL)


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("NEW", OrderStatus.ACCEPTED),
        ("PENDING_NEW", OrderStatus.ACCEPTED),
        ("PARTIALLY_FILLED", OrderStatus.PARTIALLY_FILLED),
        ("FILLED", OrderStatus.FILLED),
        ("CANCELED", OrderStatus.CANCELED),
        ("EXPIRED", OrderStatus.EXPIRED),
        ("EXPIRED_IN_MATCH", OrderStatus.EXPIRED),
        ("REJECTED", OrderStatus.EXPIRED),
    ],
)
def test_statuses(word: str, status: OrderStatus) -> None:
    """An order with an exchange id is never "rejected": the exchange took it and ended it."""
    assert mapping.map_order(ORDER | {"status": word}, SYMBOLS).status is status


@pytest.mark.parametrize("word", ["PENDING_CANCEL", "new", "", None, 1, ["NEW"]])
def test_an_unknown_status_is_not_guessed(word: object) -> None:
    """A word that Binance adds one day makes the answer unread, not wrong."""
    with pytest.raises(Unreadable):
        mapping.map_order(ORDER | {"status": word}, SYMBOLS)


@pytest.mark.parametrize(("told", "list_id"), [({}, None), (-1, None), (0, "0"), (12, "12")])
def test_the_list_of_an_order(told: Any, list_id: str | None) -> None:
    """An order of a list names it; -1, or nothing, stands for none."""
    row = ORDER | ({"orderListId": told} if told != {} else {})
    assert mapping.map_order(row, SYMBOLS).order_list_id == list_id


def test_an_order_with_a_doubtful_list_is_unread() -> None:
    """What is no id of a list is not guessed: two orders may be told apart by it."""
    with pytest.raises(Unreadable, match="orderListId"):
        mapping.map_order(ORDER | {"orderListId": "7"}, SYMBOLS)


def test_order_types() -> None:
    """Post-only is a limit order; a kind of somebody else's order that we lack is None."""
    kinds = {"LIMIT_MAKER": OrderType.LIMIT, "STOP_LOSS": OrderType.STOP, "TRAILING": None}
    kinds |= {"MARKET": OrderType.MARKET}
    for word, kind in kinds.items():
        assert mapping.map_order(ORDER | {"type": word}, SYMBOLS).order_type is kind


@given(st.sampled_from(sorted({*ORDER, *TRADE})), st.none() | st.booleans() | st.text(max_size=3))
def test_a_broken_field_is_unreadable_or_harmless(field: str, value: object) -> None:
    """Whatever stands in a field, nothing but Unreadable leaves the mapping."""
    for read, row in ((mapping.map_order, ORDER), (mapping.map_fill, TRADE)):
        try:
            read(row | {field: value}, SYMBOLS)
        except Unreadable:
            continue


@pytest.mark.parametrize("field", ["price", "qty", "quoteQty", "commission"])
@pytest.mark.parametrize(
    "value",
    [
        1.5,
        True,
        None,
        "",
        "1e400",
        "1e9999999",
        "-1e9999999",
        "1e-9999999",
        "NaN",
        "Infinity",
        "0x1",
        "9" * 90,
    ],
)
def test_a_trade_with_a_doubtful_number_is_unread(field: str, value: object) -> None:
    """Floats, not-a-numbers and monsters never become money."""
    with pytest.raises(Unreadable):
        mapping.map_fill(TRADE | {field: value}, SYMBOLS)


@pytest.mark.parametrize("field", ["origQty", "executedQty", "price"])
def test_an_order_below_zero_is_unread(field: str) -> None:
    """Only a fee may be negative."""
    with pytest.raises(Unreadable, match="below zero"):
        mapping.map_order(ORDER | {field: "-0.00000001"}, SYMBOLS)


def test_a_row_of_another_symbol_is_unread() -> None:
    """Rows that were not asked for are not ours to book."""
    with pytest.raises(Unreadable, match="not asked for"):
        mapping.map_fill(TRADE | {"symbol": "ETHUSDT"}, SYMBOLS)


def test_an_order_that_was_not_asked_for_is_unread() -> None:
    """A proxy that mixes up answers is noticed by either id."""
    read = BinanceSpot().read_order
    assert read(ORDER, "BTC/USDT", "aug", None) == read(ORDER, "BTC/USDT", None, "1")
    with pytest.raises(Unreadable, match="asked for auh, got aug"):
        read(ORDER, "BTC/USDT", "auh", None)
    with pytest.raises(Unreadable, match="asked for 2, got 1"):
        read(ORDER, "BTC/USDT", None, "2")


def test_one_bad_row_fails_the_list() -> None:
    """A list that is partly unread would hide rows."""
    with pytest.raises(Unreadable):
        BinanceSpot().read_fills([TRADE, TRADE | {"id": None}], SYMBOLS)


def test_a_market_that_is_listed_no_more_is_read_by_the_name_that_is_known() -> None:
    """One such order must not keep all others of the account from being read."""
    rows = [ORDER, ORDER | {"symbol": "GONEUSDT"}, ORDER | {"symbol": "LOSTUSDT"}]
    known = {"BTCUSDT": "BTC/USDT", "GONEUSDT": "GONE/USDT"}

    reports = BinanceSpot().read_all_orders(rows, known)

    assert [report.symbol for report in reports] == ["BTC/USDT", "GONE/USDT", "LOSTUSDT"]
    with pytest.raises(Unreadable):
        BinanceSpot().read_all_orders([ORDER, ORDER | {"symbol": 7}], known)


@given(st.dictionaries(st.sampled_from("ABCDEF"), st.tuples(amounts, amounts), max_size=6))
def test_balances_keep_what_is_held(holdings: dict[str, tuple[Decimal, Decimal]]) -> None:
    """Free and locked are exact; empty assets are left out."""
    rows = [
        {"asset": asset, "free": f"{free:f}", "locked": f"{locked:f}"}
        for asset, (free, locked) in holdings.items()
    ]
    found = account.map_balances({"balances": rows, "updateTime": AT_MS}, asked_at_ms=7)
    held = {asset: pair for asset, pair in holdings.items() if any(pair)}
    assert {asset: (row.free, row.used) for asset, row in found.assets.items()} == held
    assert (found.updated_at_ms, found.asked_at_ms) == (AT_MS, 7)


def test_a_new_account_has_no_time_of_its_last_move() -> None:
    """Zero is allowed for the account's time, nothing else below 2001 is."""
    assert account.map_balances({"balances": [], "updateTime": 0}, 1).updated_at_ms == 0
    with pytest.raises(Unreadable):
        account.map_balances({"balances": [], "updateTime": 5}, 1)


def test_an_account_without_a_number_has_no_identity() -> None:
    """Everything is keyed by the uid; without it nothing may be."""
    assert account.map_uid({"uid": 354937868}) == "354937868"
    for broken in ({}, {"uid": None}, {"uid": True}, {"uid": "7"}, [], None):
        with pytest.raises(Unreadable):
            account.map_uid(broken)


def test_the_rights_of_a_key() -> None:
    """The key's own rights where they are stated; where not, withdrawing is unknown."""
    stated = {
        "enableReading": True,
        "enableSpotAndMarginTrading": False,
        "enableWithdrawals": True,
        "ipRestrict": False,
    }
    rights = BinanceSpot().read_permissions(stated)
    assert (rights.can_read, rights.can_trade, rights.can_withdraw) == (True, False, True)
    rights = BinanceSpot(has_key_restrictions=False).read_permissions({"canTrade": True})
    assert (rights.can_trade, rights.can_withdraw, rights.is_ip_restricted) == (True, None, None)


def test_a_price_of_zero_is_no_price() -> None:
    """An empty side of the book must not be taken for a price."""
    good = {"symbol": "BTCUSDT", "bidPrice": "1", "askPrice": "2", "lastPrice": "1.5"}
    ticker = BinanceSpot().read_ticker(good, "BTC/USDT", 9)
    assert (ticker.bid, ticker.ask, ticker.last, ticker.at_ms) == (1, 2, Decimal("1.5"), 9)
    with pytest.raises(Unreadable, match="askPrice"):
        BinanceSpot().read_ticker(good | {"askPrice": "0.00000000"}, "BTC/USDT", 9)


def test_candles() -> None:
    """Opening time, four prices, volume; a row of another shape is unread."""
    (candle,) = BinanceSpot().read_candles([[AT_MS, "1", "3", "0.5", "2", "9.5", AT_MS + 1]])
    assert (candle.open, candle.high, candle.low, candle.close) == (1, 3, Decimal("0.5"), 2)
    assert (candle.opened_at_ms, candle.volume) == (AT_MS, Decimal("9.5"))
    for broken in ({}, [[AT_MS, "1"]], [["x", "1", "3", "0.5", "2", "9.5"]], [None]):
        with pytest.raises(Unreadable):
            BinanceSpot().read_candles(broken)
