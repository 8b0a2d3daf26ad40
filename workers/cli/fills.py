"""`augustan fills`: what was traded."""

from __future__ import annotations

import click

from engine.exchange.symbols import resolve_symbol
from engine.execution.context import AccountContext
from engine.execution.history import list_fills
from engine.process_engine import get_engine
from workers.cli import tables
from workers.cli.accounts import account_option, each_account
from workers.cli.documents import Document
from workers.cli.ledger_documents import fill_document
from workers.cli.output import json_option, show, table


@click.command()
@click.argument("symbol", required=False)
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@account_option
@json_option
def fills(symbol: str | None, limit: int, account: str | None, as_json: bool) -> None:
    """List the newest fills of SYMBOL, or of all; the newest last."""
    documents = [
        document
        for context in each_account(get_engine(), account)
        for document in _fills_of(context, symbol, limit)
    ]
    documents.sort(key=lambda document: document["executed_at_ms"])
    newest = documents[-limit:]
    columns = tables.FILLS
    show(newest, as_json, lambda: table(tables.titles(columns), tables.rows(columns, newest)))


def _fills_of(context: AccountContext, symbol: str | None, limit: int) -> list[Document]:
    name = symbol and resolve_symbol(symbol, context.gateway.load_instruments()).symbol
    return [fill_document(context.name, fill) for fill in list_fills(context, name, limit)]
