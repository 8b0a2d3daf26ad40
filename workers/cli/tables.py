"""Which columns people see, and how a value is shortened so that a line fits. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

#: A client order id, its prefix and 40 random bits: enough to tell orders apart.
SHORT_ID = 13


class Column(NamedTuple):
    """A heading, and the field of the document below it."""

    title: str
    field: str


ORDERS = (
    Column("id", "short_id"),
    Column("time", "time"),
    Column("account", "account"),
    Column("symbol", "symbol"),
    Column("order", "wish"),
    Column("status", "status"),
    Column("quantity", "quantity"),
    Column("filled", "filled_quantity"),
    Column("price", "price"),
)
GROUP = (
    Column("row", "row"),
    Column("id", "short_id"),
    Column("symbol", "symbol"),
    Column("order", "wish"),
    Column("status", "status"),
    Column("quantity", "quantity"),
    Column("filled", "filled_quantity"),
    Column("price", "price"),
    Column("code", "code"),
)
PAIR = (
    Column("id", "short_id"),
    Column("symbol", "symbol"),
    Column("order", "wish"),
    Column("status", "status"),
    Column("quantity", "quantity"),
    Column("filled", "filled_quantity"),
    Column("price", "price"),
    Column("trigger", "trigger_price"),
    Column("code", "code"),
)
FILLS = (
    Column("time", "time"),
    Column("account", "account"),
    Column("symbol", "symbol"),
    Column("side", "side"),
    Column("quantity", "quantity"),
    Column("price", "price"),
    Column("fee", "fee"),
    Column("", "fee_currency"),
    Column("order", "short_id"),
    Column("trade", "trade_id"),
)
POSITIONS = (
    Column("account", "account"),
    Column("symbol", "symbol"),
    Column("direction", "direction"),
    Column("quantity", "net_quantity"),
    Column("entry", "entry_price"),
    Column("price", "mark_price"),
    Column("realized", "realized_pnl"),
    Column("unrealized", "unrealized_pnl"),
)
PROTECTIONS = (
    Column("plan", "plan"),
    Column("account", "account"),
    Column("position", "position"),
    Column("entered", "side"),
    Column("state", "state"),
    Column("stop", "stop_loss"),
    Column("target", "take_profit"),
    Column("guarded", "guarded"),
    Column("closed", "closed"),
    Column("note", "note"),
)
DENIALS = (
    Column("time", "time"),
    Column("account", "account"),
    Column("symbol", "symbol"),
    Column("wish", "wish"),
    Column("code", "code"),
    Column("reason", "message"),
)
STRATEGIES = (
    Column("name", "name"),
    Column("account", "account"),
    Column("class", "class_name"),
    Column("interval", "interval"),
    Column("last candle", "last_candle"),
    Column("signals", "signals"),
    Column("failures", "failures"),
    Column("state", "state"),
    Column("", "problem"),
)
SAID = (
    Column("time", "time"),
    Column("symbol", "symbol"),
    Column("close", "close"),
    Column("signal", "signal"),
    Column("stop", "stop_price"),
    Column("held then", "held"),
)
BALANCES = (
    Column("asset", "asset"),
    Column("free", "free"),
    Column("used", "used"),
    Column("total", "total"),
)
EQUITY = (
    Column("account", "account"),
    Column("time", "at"),
    Column("equity", "equity"),
    Column("result", "result"),
)
ACCOUNTS = (
    Column("account", "account"),
    Column("mode", "mode"),
    Column("state", "trading_state"),
    Column("open", "open_orders"),
    Column("in doubt", "in_doubt_orders"),
    Column("reconciled", "reconciled_at"),
    Column("stream", "stream_state"),
    Column("", "problem"),
)
WINDOWS = (
    Column("account", "account"),
    Column("window", "window"),
    Column("used", "use"),
    Column("", "bar"),
    Column("turns in", "resets"),
    Column("by lane", "lanes"),
    Column("by account", "accounts"),
)


def titles(columns: Iterable[Column]) -> list[str]:
    return [column.title for column in columns]


def rows(columns: Iterable[Column], documents: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """Return one row for each document, with what only people need worked out."""
    wanted = list(columns)
    return [[_cell(document, column.field) for column in wanted] for document in documents]


def _cell(document: Mapping[str, Any], field: str) -> Any:
    if field == "short_id":
        return (document.get("client_order_id") or "-")[:SHORT_ID]
    if field == "time":
        return short_time(next(document[name] for name in _TIMES if name in document))
    if field == "wish" and "wish" not in document:
        return f"{document['side']} {document['type']}"
    value = document.get(field)
    return round_for_people(value) if field in _ROUNDED else value


#: A document has one of these; it is the time that a table shows.
_TIMES = ("created_at_ms", "executed_at_ms", "at_ms")
#: Averages and profits are exact to 28 digits and more; nobody reads so many.
_ROUNDED = frozenset({"entry_price", "mark_price", "realized_pnl", "unrealized_pnl", "equity"})
_DIGITS = 8


def round_for_people(text: str | None) -> str | None:
    """Return a number cut to eight decimals, marked where digits were left out.

    A tiny one keeps its first four digits that are not zero.
    """
    if text is None or "." not in text:
        return text
    whole, _, decimals = text.partition(".")
    zeros = len(decimals) - len(decimals.lstrip("0"))
    shown = max(_DIGITS, zeros + 4 if whole in {"0", "-0"} else 0)
    return text if len(decimals) <= shown else f"{whole}.{decimals[:shown]}…"


def short_time(time_ms: int | None) -> str:
    """Return a time as month, day and time of day in UTC."""
    if not time_ms:
        return "-"
    return datetime.fromtimestamp(time_ms // 1000, UTC).strftime("%m-%d %H:%M:%S")
