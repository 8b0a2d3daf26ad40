"""`augustan order`: place, list, show, cancel, resolve and settle orders."""

from __future__ import annotations

import os

import click

from engine.domain.order import Order
from engine.execution.context import AccountContext
from engine.execution.doubt.resolution import resolve_order
from engine.execution.doubt.settling import settle_as, settle_not_placed
from engine.execution.history import list_orders, load_timeline
from engine.ports import OrderFilter
from engine.process_engine import get_engine
from workers.cli import tables
from workers.cli.accounts import account_option, each_account, order_manager
from workers.cli.cancel_all import cancel_all
from workers.cli.documents import event_document
from workers.cli.ledger_documents import fill_document
from workers.cli.lookup import find_order
from workers.cli.modify import modify
from workers.cli.outcome import judge_cancel, judge_resolution
from workers.cli.output import json_option, show, table
from workers.cli.pair import pair
from workers.cli.place import place, wait_option
from workers.cli.sheets import order_sheet
from workers.cli.telling import describe, load_document, tell_order

_MOST_LISTED = 1000
_id_argument = click.argument("word", metavar="ID")


@click.group()
def order() -> None:
    """Place, list, show, cancel and settle orders.

    An ID is a client order id or a unique beginning of one, or the exchange's order id.
    """


order.add_command(place)
order.add_command(pair)
order.add_command(modify)


@order.command("list")
@click.option("--open", "only_open", is_flag=True, help="Only those that work on the exchange.")
@click.option("--in-doubt", is_flag=True, help="Only those whose outcome is not known.")
@click.option("--all", "everything", is_flag=True, help="Those in the archive as well.")
@click.option("--limit", type=click.IntRange(1, _MOST_LISTED), default=100, show_default=True)
@account_option
@json_option
def list_(
    only_open: bool,
    in_doubt: bool,
    everything: bool,
    limit: int,
    account: str | None,
    as_json: bool,
) -> None:
    """List orders, the newest first."""
    if only_open + in_doubt + everything > 1:
        raise click.UsageError("give --open, --in-doubt or --all, not two of them")
    which = OrderFilter.IN_DOUBT if in_doubt else OrderFilter.RECENT
    which = OrderFilter.OPEN if only_open else which
    documents = [
        describe(context, order)
        for context in each_account(get_engine(), account)
        for order in list_orders(context, which, _MOST_LISTED, everything=everything)
    ]
    documents.sort(key=lambda document: document["created_at_ms"], reverse=True)
    newest = documents[:limit]
    columns = tables.ORDERS
    show(newest, as_json, lambda: table(tables.titles(columns), tables.rows(columns, newest)))


@order.command("show")
@_id_argument
@account_option
@json_option
def show_(word: str, account: str | None, as_json: bool) -> None:
    """Show an order with the timeline of its events and its fills."""
    context, found = _find(word, account)
    document = describe(context, found)
    timeline = load_timeline(context, found.client_order_id)
    document["timeline"] = [event_document(event) for event in timeline]
    document["fills"] = [fill_document(context.name, fill) for fill in found.fills]
    show(document, as_json, lambda: order_sheet(document))


@order.command()
@click.argument("word", metavar="ID", required=False)
@click.option("--all", "everything", is_flag=True, help="Every order that is open now.")
@click.option("--symbol", help="With --all: of this symbol alone.")
@account_option
@wait_option
@json_option
def cancel(
    word: str | None,
    everything: bool,
    symbol: str | None,
    account: str | None,
    no_wait: bool,
    as_json: bool,
) -> int:
    """Cancel an order, or with --all every order of the account; safe to repeat."""
    if everything == (word is not None):
        raise click.UsageError("give ID or --all, one of them")
    if symbol is not None and not everything:
        raise click.UsageError("--symbol goes with --all")
    if word is None:
        return cancel_all(account, symbol, waits=not no_wait, as_json=as_json)
    context, found = _find(word, account)
    order_manager().cancel_order(found.client_order_id, wait=not no_wait)
    document = load_document(context, found.client_order_id)
    return tell_order(document, as_json, judge_cancel(document, waited=not no_wait))


@order.command()
@_id_argument
@account_option
@json_option
def resolve(word: str, account: str | None, as_json: bool) -> int:
    """Look now for an order in doubt. Never sends anything."""
    context, found = _find(word, account)
    if not found.is_settled:
        resolve_order(context, found.client_order_id)
    document = load_document(context, found.client_order_id)
    return tell_order(document, as_json, judge_resolution(document))


@order.command()
@_id_argument
@click.option("--not-placed", is_flag=True, help="The exchange never got it.")
@click.option("--exchange-id", metavar="ID", help="It is this order of the exchange.")
@account_option
@json_option
def settle(
    word: str, not_placed: bool, exchange_id: str | None, account: str | None, as_json: bool
) -> int:
    """End a doubt by your own word; it is written down with your name."""
    if not_placed == (exchange_id is not None):
        raise click.UsageError("give --not-placed or --exchange-id ID, one of them")
    context, found = _find(word, account)
    if exchange_id is None:
        settled = settle_not_placed(context, found.client_order_id, _person())
    else:
        settled = settle_as(context, found.client_order_id, exchange_id, _person())
    document = describe(context, settled)
    return tell_order(document, as_json, judge_resolution(document))


def _find(word: str, account: str | None) -> tuple[AccountContext, Order]:
    return find_order(each_account(get_engine(), account), word)


def _person() -> str:
    return os.environ.get("USER") or os.environ.get("LOGNAME") or f"uid {os.getuid()}"
