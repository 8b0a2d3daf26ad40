"""Binance spot's user stream in our words. Pure.

The stream's one-letter fields get the names that the same facts have in REST answers, and are
then read by the same functions: what the stream says and what a query says cannot differ.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from engine.domain.fill import Fill
from engine.domain.stream import BalanceNews, OrderNews, StreamEnding, StreamMessage
from engine.exchange.binance import codes
from engine.exchange.binance.mapping import map_fill, map_order
from engine.exchange.raw_answer import RawAnswer, Unreadable
from engine.exchange.rows import Row, as_row, as_rows, number, optional_text, text, time_ms
from engine.exchange.streams.dialect import StreamDialect
from engine.ports import Cost

#: An executionReport's fields by the names of a queried order (user data stream documentation).
ORDER_FIELDS = {
    "symbol": "s",
    "orderId": "i",
    "clientOrderId": "c",
    "origClientOrderId": "C",  # Empty unless a cancel replaced it
    "side": "S",
    "type": "o",
    "status": "X",
    "origQty": "q",
    "executedQty": "z",
    "cummulativeQuoteQty": "Z",
    "price": "p",
    "time": "O",
    "updateTime": "T",
}
#: Its fields about the one trade that it tells, by the names of a row of `myTrades`.
TRADE_FIELDS = {
    "symbol": "s",
    "id": "t",
    "orderId": "i",
    "price": "L",
    "qty": "l",
    "quoteQty": "Y",
    "commission": "n",
    "commissionAsset": "N",
    "time": "T",
    "isMaker": "m",
}
TRADE = "TRADE"
ORDER_EVENT = "executionReport"


def find_event(message: Row) -> Row | None:
    """Return the event in a message, with or without the envelope of its subscription."""
    if "event" in message:
        return as_row(message["event"])
    if "e" in message:
        return message
    if "id" in message:
        return None
    raise Unreadable("a message that is neither an event nor an answer")


def map_event(event: Row, symbols: Mapping[str, str]) -> StreamMessage | None:
    """Return what the event means; None for one that says nothing about orders or balances."""
    kind = text(event, "e")
    read = EVENTS.get(kind)
    try:
        return None if read is None else read(event, symbols)
    except Unreadable as error:
        raise Unreadable(f"{kind}: {error}") from None


def needed_symbol(event: Row) -> str | None:
    return optional_text(event, "s") if event.get("e") == ORDER_EVENT else None


def _order_news(event: Row, symbols: Mapping[str, str]) -> OrderNews | None:
    if _was_never_there(event):
        return None
    row = _renamed(event, ORDER_FIELDS)
    fill = _fill(event, symbols) if text(event, "x") == TRADE else None
    report = map_order(row, symbols, fills=() if fill is None else (fill,))
    return OrderNews(report=report, sent_at_ms=time_ms(event, "E"))


def _was_never_there(event: Row) -> bool:
    """Tell whether it is about a refused request: then no order exists to report on."""
    number_ = event.get("i")
    has_no_id = isinstance(number_, int) and number_ < 0
    return event.get("x") == "REJECTED" and event.get("X") == "REJECTED" and has_no_id


def _fill(event: Row, symbols: Mapping[str, str]) -> Fill | None:
    """Return the trade; None where the fee's asset is left open: the query's row will tell."""
    if event.get("N") is None and not number(event, "n"):
        return None
    is_buyer = {"isBuyer": text(event, "S") == "BUY"}
    return map_fill(_renamed(event, TRADE_FIELDS) | is_buyer, symbols)


def _renamed(event: Row, fields: Mapping[str, str]) -> dict[str, Any]:
    return {name: event.get(letter) for name, letter in fields.items()}


def _account_news(event: Row, symbols: Mapping[str, str]) -> BalanceNews:
    assets = tuple(text(row, "a") for row in as_rows(event.get("B")))
    return BalanceNews(assets=assets, updated_at_ms=time_ms(event, "u"))


def _asset_news(event: Row, symbols: Mapping[str, str]) -> BalanceNews:
    return BalanceNews(assets=(text(event, "a"),), updated_at_ms=time_ms(event, "T"))


def _ending(event: Row, symbols: Mapping[str, str]) -> StreamEnding:
    return StreamEnding(reason=text(event, "e"))


EVENTS: dict[str, Callable[[Row, Mapping[str, str]], StreamMessage | None]] = {
    ORDER_EVENT: _order_news,
    "outboundAccountPosition": _account_news,
    "balanceUpdate": _asset_news,
    "externalLockUpdate": _asset_news,
    "eventStreamTerminated": _ending,
    "serverShutdown": _ending,
    "listenKeyExpired": _ending,
    "listStatus": lambda event, symbols: None,  # Each of its orders reports for itself
}


def read_answer(message: Row) -> RawAnswer:
    """Return an answer of the WebSocket API as REST would have given it."""
    status = message.get("status")
    if isinstance(status, bool) or not isinstance(status, int):
        return RawAnswer(failure="an answer without a status")
    said = message.get("result") if status == 200 else message.get("error")
    headers = _used_weight(message.get("rateLimits")) | _retry_after(said)
    return RawAnswer(status=status, headers=headers, body=json.dumps(said, default=str))


def _used_weight(limits: Any) -> dict[str, str]:
    for row in limits if isinstance(limits, list) else []:
        if not isinstance(row, dict):
            continue
        window = (row.get("rateLimitType"), row.get("interval"), row.get("intervalNum"))
        if window == ("REQUEST_WEIGHT", "MINUTE", 1):
            return {"x-mbx-used-weight-1m": str(row.get("count"))}
    return {}


def _retry_after(said: Any) -> dict[str, str]:
    """Return the wait that an error names, in whole seconds, as the header would."""
    times = said.get("data") if isinstance(said, dict) else None
    if not isinstance(times, dict):
        return {}
    now_ms, until_ms = times.get("serverTime"), times.get("retryAfter")
    if not isinstance(now_ms, int) or not isinstance(until_ms, int) or until_ms <= now_ms:
        return {}
    return {"retry-after": str(-((now_ms - until_ms) // 1_000))}


#: Subscription by signature: any kind of key, weight 2 (WebSocket API documentation, 2026).
SPOT_STREAM = StreamDialect(
    cost=Cost(weight=2),
    codes=codes.SPOT,
    subscribe=lambda client: client.ensure_user_data_stream_ws_subscribe_signature("spot"),
    find_event=find_event,
    read_answer=read_answer,
    needed_symbol=needed_symbol,
    map_event=map_event,
)
