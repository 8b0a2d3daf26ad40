"""`augustan denials`: what we refused ourselves, before it was sent."""

from __future__ import annotations

import click

from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.history import list_orders
from engine.ports import OrderFilter
from engine.process_engine import get_engine
from engine.risk.signals import KEY_PREFIX
from workers.cli import tables
from workers.cli.accounts import account_option, each_account
from workers.cli.documents import Document, iso_time, order_document
from workers.cli.output import json_option, show, table

#: So many of an account's newest orders are looked through.
_MOST = 1000


@click.command()
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@account_option
@json_option
def denials(limit: int, account: str | None, as_json: bool) -> None:
    """List recent orders and signals that were denied, with the numbers; the newest first."""
    documents = [
        denial_document(order)
        for context in each_account(get_engine(), account)
        for order in list_orders(context, OrderFilter.RECENT, _MOST, everything=True)
        if order.status is OrderStatus.DENIED
    ]
    documents.sort(key=lambda document: document["at_ms"], reverse=True)
    newest = documents[:limit]
    columns = tables.DENIALS
    show(newest, as_json, lambda: table(tables.titles(columns), tables.rows(columns, newest)))


def denial_document(order: Order) -> Document:
    """Return what was wished for and why it was denied."""
    whole = order_document(order)
    kept = ("client_order_id", "account", "symbol", "side", "type", "quantity", "code", "reason")
    is_signal = order.request_key.startswith(KEY_PREFIX)
    return {
        **{name: whole[name] for name in kept},
        "message": order.reason.message if order.reason else None,
        "numbers": whole["evidence"],
        "id": order.request_key.removeprefix(KEY_PREFIX),
        "source": "signal" if is_signal else "order",
        "at": iso_time(order.last_event_at_ms),
        "at_ms": order.last_event_at_ms,
    }
