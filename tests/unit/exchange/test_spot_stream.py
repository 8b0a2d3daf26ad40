"""Binance spot's user stream in our words: the same as its queries, or not at all."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.domain.order_status import OrderStatus
from engine.domain.stream import BalanceNews, OrderNews, StreamEnding
from engine.errors import ExchangeRefused, ExchangeUnavailable
from engine.exchange.answers import read_answer
from engine.exchange.binance import codes, mapping, spot_stream
from engine.exchange.penalties import penalty_ms
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import as_row
from tests.unit.exchange.test_mapping import AT_MS, SYMBOLS, amounts, ids, times

#: A trade of a cancelled-and-replaced kind of order, with every field that Binance documents.
REPORT: dict[str, Any] = {
    "e": "executionReport",
    "E": AT_MS + 9,
    "s": "BTCUSDT",
    "c": "aug-now",
    "S": "BUY",
    "o": "LIMIT",
    "f": "GTC",
    "q": "2.00000000",
    "p": "60000.00000000",
    "P": "0.00000000",
    "F": "0.00000000",
    "g": -1,
    "C": "",
    "x": "TRADE",
    "X": "PARTIALLY_FILLED",
    "r": "NONE",
    "i": 4293153,
    "l": "0.50000000",
    "z": "0.50000000",
    "L": "59999.00000000",
    "n": "0.00050000",
    "N": "BTC",
    "T": AT_MS + 5,
    "t": 28457,
    "v": 3,
    "I": 8641984,
    "w": True,
    "m": False,
    "M": False,
    "O": AT_MS,
    "Z": "29999.50000000",
    "Y": "29999.50000000",
    "Q": "0.00000000",
    "W": AT_MS,
    "V": "NONE",
}
#: What a report of a step without a trade says of the last trade.
NO_TRADE = {"t": -1, "l": "0.00000000", "L": "0.00000000", "n": "0", "N": None, "Y": "0.00000000"}
sides = st.sampled_from(["BUY", "SELL"])


def read(**changes: Any) -> Any:
    return spot_stream.map_event(REPORT | changes, SYMBOLS)


@given(amounts, amounts, amounts, amounts, ids, ids, times, sides, st.booleans())
def test_a_fill_equals_the_fill_of_its_row(
    price: Decimal,
    quantity: Decimal,
    cost: Decimal,
    fee: Decimal,
    trade_id: int,
    order_id: int,
    at_ms: int,
    side: str,
    is_maker: bool,
) -> None:
    """The trade in a report and its row in the list of trades are one Fill, digit by digit."""
    facts = {"price": f"{price:f}", "qty": f"{quantity:f}", "quoteQty": f"{cost:f}"}
    row = facts | {
        "symbol": "BTCUSDT",
        "id": trade_id,
        "orderId": order_id,
        "commission": f"{fee:f}",
        "commissionAsset": "BNB",
        "time": at_ms,
        "isBuyer": side == "BUY",
        "isMaker": is_maker,
    }
    letters = {"L": "price", "l": "qty", "Y": "quoteQty", "n": "commission"}
    changes: dict[str, Any] = {letter: row[name] for letter, name in letters.items()}
    changes |= {"t": trade_id, "i": order_id, "T": at_ms, "S": side, "m": is_maker, "N": "BNB"}
    news = read(**changes)
    (told,) = news.report.fills
    asked = mapping.map_fill(row, SYMBOLS)
    assert (told, told.row_id) == (asked, asked.row_id)
    assert [f"{told.price:f}", f"{told.quantity:f}"] == [f"{asked.price:f}", f"{asked.quantity:f}"]


@given(amounts, amounts, amounts, amounts, ids, times, times, sides)
def test_a_report_equals_the_queried_order(
    price: Decimal,
    quantity: Decimal,
    filled: Decimal,
    cost: Decimal,
    order_id: int,
    made_ms: int,
    moved_ms: int,
    side: str,
) -> None:
    """Stream and query make the same report, the fill apart."""
    row = {
        "symbol": "BTCUSDT",
        "orderId": order_id,
        "clientOrderId": "aug",
        "price": f"{price:f}",
        "origQty": f"{quantity:f}",
        "executedQty": f"{filled:f}",
        "cummulativeQuoteQty": f"{cost:f}",
        "status": "FILLED",
        "type": "LIMIT_MAKER",
        "side": side,
        "time": made_ms,
        "updateTime": moved_ms,
    }
    news = read(
        i=order_id,
        c="aug",
        p=row["price"],
        q=row["origQty"],
        z=row["executedQty"],
        Z=row["cummulativeQuoteQty"],
        X="FILLED",
        o="LIMIT_MAKER",
        S=side,
        O=made_ms,
        T=moved_ms,
        x="CALCULATED",
        **NO_TRADE,
    )
    assert news == OrderNews(report=mapping.map_order(row, SYMBOLS), sent_at_ms=AT_MS + 9)


def test_a_cancel_names_both_ids() -> None:
    """The order had one id when it was placed and has another since its cancel."""
    news = read(x="CANCELED", X="CANCELED", c="cancel-1", C="aug-now", **NO_TRADE)
    assert news.report.client_order_id == "cancel-1"
    assert news.report.original_client_order_id == "aug-now"
    assert (news.report.status, news.report.fills) == (OrderStatus.CANCELED, ())


@pytest.mark.parametrize(
    "step", ["NEW", "CANCELED", "REPLACED", "REJECTED", "EXPIRED", "TRADE_PREVENTION", "SOMETHING"]
)
def test_only_a_trade_carries_a_fill(step: str) -> None:
    """A step without a trade says -1 for its id; one that repeats the last trade tells no new."""
    assert read(x=step, **NO_TRADE).report.fills == ()
    assert read(x=step).report.fills == ()


def test_a_trade_without_an_id_is_unread() -> None:
    """A trade that cannot be told apart from others could be booked twice."""
    with pytest.raises(Unreadable, match="executionReport: id is -1"):
        read(t=-1)


def test_a_fee_without_an_asset_leaves_the_trade_to_the_query() -> None:
    """Nothing was paid, so no asset is named; what the row will say there is not guessed."""
    news = read(n="0.00000000", N=None)
    assert (news.report.fills, news.report.filled_quantity) == ((), Decimal("0.5"))
    with pytest.raises(Unreadable, match="commissionAsset"):
        read(N=None)


def test_a_refused_request_is_no_order() -> None:
    """The exchange gave it no number: there is nothing to report on."""
    assert read(x="REJECTED", X="REJECTED", i=-1, **NO_TRADE) is None
    assert read(x="REJECTED", X="REJECTED", **NO_TRADE).report.status is OrderStatus.EXPIRED
    with pytest.raises(Unreadable, match="orderId is -1"):
        read(i=-1)


def test_a_symbol_that_is_not_known_is_named_before_it_is_read() -> None:
    """Whoever reads can ask for the list anew; only order events need it."""
    assert spot_stream.needed_symbol(REPORT) == "BTCUSDT"
    assert spot_stream.needed_symbol({"e": "listStatus", "s": "BTCUSDT"}) is None
    with pytest.raises(Unreadable, match="NEWUSDT"):
        read(s="NEWUSDT")


@pytest.mark.parametrize(
    ("event", "assets"),
    [
        (
            {"e": "outboundAccountPosition", "u": AT_MS, "B": [{"a": "BTC"}, {"a": "BNB"}]},
            ("BTC", "BNB"),
        ),
        ({"e": "balanceUpdate", "a": "USDT", "d": "1", "T": AT_MS}, ("USDT",)),
        ({"e": "externalLockUpdate", "a": "USDT", "d": "1", "T": AT_MS}, ("USDT",)),
    ],
)
def test_moved_balances_are_named(event: dict[str, Any], assets: tuple[str, ...]) -> None:
    """Names and time only: the amounts are asked for, since a message before may be missing."""
    news = spot_stream.map_event(event | {"E": AT_MS + 1}, SYMBOLS)
    assert news == BalanceNews(assets=assets, updated_at_ms=AT_MS)


@pytest.mark.parametrize("kind", ["eventStreamTerminated", "serverShutdown", "listenKeyExpired"])
def test_ends_are_told(kind: str) -> None:
    """The reason is the exchange's own word."""
    assert spot_stream.map_event({"e": kind, "E": AT_MS}, {}) == StreamEnding(reason=kind)


def test_what_is_not_about_orders_or_balances_says_nothing() -> None:
    """A list's status repeats what its orders say; a kind of tomorrow is not ours to guess."""
    for kind in ("listStatus", "somethingNew"):
        assert spot_stream.map_event({"e": kind}, SYMBOLS) is None


@given(
    st.sampled_from(sorted(REPORT)),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.just([]),
)
def test_a_broken_field_is_unreadable_or_harmless(field: str, value: object) -> None:
    """Whatever stands in a field, nothing but Unreadable leaves the mapping."""
    try:
        news = spot_stream.map_event(REPORT | {field: value}, SYMBOLS)
    except Unreadable:
        return
    if isinstance(news, OrderNews):
        assert all(fill.quantity.is_finite() for fill in news.report.fills)


def test_events_come_with_and_without_an_envelope() -> None:
    """An answer to a request has an id; anything else is unread."""
    assert spot_stream.find_event({"subscriptionId": 0, "event": REPORT}) == REPORT
    assert spot_stream.find_event(REPORT) == REPORT
    assert spot_stream.find_event({"id": "1", "status": 200, "result": {}}) is None
    for message in ({}, {"event": 5}, {"code": 1, "msg": "no"}):
        with pytest.raises(Unreadable):
            spot_stream.find_event(message)


def test_answers_read_like_those_of_rest() -> None:
    """Status, code, used weight and the wait that is asked for keep their meaning."""
    limit = {"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1}
    good = spot_stream.read_answer(
        {"id": "1", "status": 200, "result": {}, "rateLimits": [limit | {"count": 70}]}
    )
    assert good.headers == {"x-mbx-used-weight-1m": "70"}
    assert read_answer(good, codes.SPOT, "it", as_row) == {}
    refused = spot_stream.read_answer(
        {"id": "1", "status": 401, "error": {"code": -2015, "msg": "Invalid API-key."}}
    )
    with pytest.raises(ExchangeRefused, match="-2015"):
        read_answer(refused, codes.SPOT, "it", as_row)
    times = {"serverTime": AT_MS, "retryAfter": AT_MS + 4_001}
    banned = spot_stream.read_answer(
        {"id": "1", "status": 418, "error": {"code": -1003, "msg": "Banned.", "data": times}}
    )
    assert penalty_ms(banned) == 5_000
    with pytest.raises(ExchangeUnavailable):
        read_answer(banned, codes.SPOT, "it", as_row)
    with pytest.raises(ExchangeUnavailable):
        read_answer(spot_stream.read_answer({"id": "1"}), codes.SPOT, "it", as_row)
