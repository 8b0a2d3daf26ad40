"""Binance USDⓈ-M's user stream in our words. Pure, but for the subscription.

The stream's short fields get the names that the same facts have in REST answers, and are then
read by the same functions. What it leaves out (when an order began, what its trades cost in all)
is left to the queries.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import localcontext
from typing import Any

from engine.domain.decimals import EXACT
from engine.domain.fill import Fill
from engine.domain.stream import BalanceNews, MarginCall, OrderNews, StreamEnding, StreamMessage
from engine.exchange.binance import codes
from engine.exchange.binance.futures_account import name_of
from engine.exchange.binance.futures_conditional import KIND
from engine.exchange.binance.futures_conditional_mapping import map_conditional
from engine.exchange.binance.futures_mapping import map_fill, map_order
from engine.exchange.binance.spot_stream import find_event, read_answer
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import Row, as_row, as_rows, number, text, time_ms
from engine.exchange.streams.dialect import StreamDialect
from engine.ports import Cost

#: The order inside ORDER_TRADE_UPDATE by the names of a queried order.
ORDER_FIELDS = {
    "symbol": "s",
    "orderId": "i",
    "clientOrderId": "c",
    "side": "S",
    "positionSide": "ps",
    "type": "o",
    "origType": "ot",
    "status": "X",
    "origQty": "q",
    "executedQty": "z",
    "price": "p",
    "reduceOnly": "R",
    "closePosition": "cp",
    "time": "T",  # When it began is not told
    "updateTime": "T",
}
#: Its fields about the one trade that it tells, by the names of a row of `userTrades`.
TRADE_FIELDS = {
    "symbol": "s",
    "id": "t",
    "orderId": "i",
    "side": "S",
    "positionSide": "ps",
    "price": "L",
    "qty": "l",
    "commission": "n",
    "commissionAsset": "N",
    "realizedPnl": "rp",
    "time": "T",
    "maker": "m",
}
#: The conditional order inside ALGO_UPDATE by the names of a queried one.
CONDITIONAL_FIELDS = {
    "algoId": "aid",
    "clientAlgoId": "caid",
    "orderType": "o",
    "symbol": "s",
    "side": "S",
    "positionSide": "ps",
    "quantity": "q",
    "algoStatus": "X",
    "triggerPrice": "tp",
    "price": "p",
    "closePosition": "cp",
    "reduceOnly": "R",
    "actualOrderId": "ai",
    "rejectReason": "rm",
}
TRADE = "TRADE"
ORDER_EVENT, CONDITIONAL_EVENT = "ORDER_TRADE_UPDATE", "ALGO_UPDATE"


def map_event(event: Row, symbols: Mapping[str, str]) -> StreamMessage | None:
    """Return what the event means; None for one that says nothing about orders or balances."""
    kind = text(event, "e")
    read = EVENTS.get(kind)
    try:
        return None if read is None else read(event, symbols)
    except Unreadable as error:
        raise Unreadable(f"{kind}: {error}") from None


def needed_symbol(event: Row) -> str | None:
    """Return the exchange's symbol of an order's event."""
    is_order = event.get("e") in {ORDER_EVENT, CONDITIONAL_EVENT}
    return text(as_row(event.get("o")), "s") if is_order else None


def _order_news(event: Row, symbols: Mapping[str, str]) -> OrderNews:
    order = as_row(event.get("o"))
    fill = _fill(order, symbols) if text(order, "x") == TRADE else None
    fills = () if fill is None else (fill,)
    report = map_order(_renamed(order, ORDER_FIELDS), symbols, fills)
    return OrderNews(report=report, sent_at_ms=time_ms(event, "E"))


def _conditional_news(event: Row, symbols: Mapping[str, str]) -> OrderNews | None:
    """Return the news of an order that waits for its trigger, or did; when it began is not told."""
    order, at_ms = as_row(event.get("o")), event.get("T")
    if order.get("at") != KIND:
        return None  # The service keeps orders of other kinds, too
    row = _renamed(order, CONDITIONAL_FIELDS) | {"createTime": at_ms, "updateTime": at_ms}
    return OrderNews(report=map_conditional(row, symbols), sent_at_ms=time_ms(event, "E"))


def _fill(order: Row, symbols: Mapping[str, str]) -> Fill | None:
    """Return the trade; None where its fee is left open: the query's row will tell."""
    if order.get("N") is None or order.get("rp") is None:
        return None
    row = _renamed(order, TRADE_FIELDS)
    with localcontext(EXACT):
        cost = number(row, "price") * number(row, "qty")
    return map_fill({**row, "quoteQty": cost}, symbols)


def _renamed(event: Row, fields: Mapping[str, str]) -> dict[str, Any]:
    return {name: event.get(letter) for name, letter in fields.items()}


def _account_news(event: Row, symbols: Mapping[str, str]) -> BalanceNews:
    """Return which wallets and positions moved, whatever the reason: funding, a transfer."""
    account = as_row(event.get("a"))
    wallets = tuple(text(row, "a") for row in as_rows(account.get("B")))
    rows = as_rows(account.get("P"))
    names = (
        name_of({"symbol": row.get("s"), "positionSide": row.get("ps")}, symbols) for row in rows
    )
    return BalanceNews(assets=(*wallets, *names), updated_at_ms=time_ms(event, "T"))


def _margin_call(event: Row, symbols: Mapping[str, str]) -> MarginCall:
    rows = as_rows(event.get("p"))
    names = (
        name_of({"symbol": row.get("s"), "positionSide": row.get("ps")}, symbols) for row in rows
    )
    return MarginCall(positions=tuple(names), sent_at_ms=time_ms(event, "E"))


def _ending(event: Row, symbols: Mapping[str, str]) -> StreamEnding:
    return StreamEnding(reason=text(event, "e"))


EVENTS: dict[str, Callable[[Row, Mapping[str, str]], StreamMessage | None]] = {
    ORDER_EVENT: _order_news,
    CONDITIONAL_EVENT: _conditional_news,
    "ACCOUNT_UPDATE": _account_news,
    "MARGIN_CALL": _margin_call,
    # The connection stays, and nothing comes on it any more
    "listenKeyExpired": _ending,
}


async def subscribe(client: Any) -> None:
    """Get a listen key, which ccxt extends from then on, and connect to its stream."""
    await client.authenticate({"type": "swap", "subType": "linear"})
    key = client.options["linear"]["listenKey"]
    client.open()
    await client.client(client.get_private_ws_url("linear", key)).connect(client.session)


#: A listen key weighs 1, and so does each of the extensions, one in twenty minutes.
FUTURES_STREAM = StreamDialect(
    cost=Cost(weight=2),
    codes=codes.FUTURES,
    subscribe=subscribe,
    find_event=find_event,
    read_answer=read_answer,
    needed_symbol=needed_symbol,
    map_event=map_event,
)
