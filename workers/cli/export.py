"""`augustan export`: what happened, as a file for other programs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from engine.execution.context import AccountContext
from engine.execution.history import list_fills, list_orders, list_rows, list_signals
from engine.ports import OrderFilter
from engine.process_engine import get_engine
from workers.cli.accounts import account_option, each_account
from workers.cli.documents import Document, order_document, signal_document
from workers.cli.ledger_documents import fill_document, row_document
from workers.cli.output import show
from workers.cli.sheet_files import FORMATS, write_whole

#: All of them.
_MOST = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One thing that can be exported."""

    load: Callable[[AccountContext], Iterable[Document]]
    time: str  # The field that --from and --to compare
    columns: tuple[str, ...]


def _orders(context: AccountContext) -> Iterable[Document]:
    found = list_orders(context, OrderFilter.RECENT, _MOST, everything=True)
    return (order_document(order) for order in found)


def _fills(context: AccountContext) -> Iterable[Document]:
    return (fill_document(context.name, fill) for fill in list_fills(context, None, _MOST))


def _rows(context: AccountContext) -> Iterable[Document]:
    return (row_document(context.name, entry) for entry in list_rows(context))


def _signals(context: AccountContext) -> Iterable[Document]:
    return (signal_document(record, None) for record in list_signals(context))


_COLUMNS = {
    "orders": "client_order_id exchange_order_id account strategy symbol side type status quantity"
    " quote_quantity filled_quantity average_price price trigger_price time_in_force post_only"
    " reduce_only is_settled id code reason evidence created_at created_at_ms",
    "fills": "account symbol trade_id client_order_id exchange_order_id side quantity price cost"
    " fee fee_currency liquidity executed_at executed_at_ms",
    "rows": "account symbol number ledger_epoch row_id kind side asset quantity price cost fee"
    " fee_currency note executed_at executed_at_ms",
    "signals": "account strategy symbol signal stop_price id status code reason client_order_id"
    " created_at created_at_ms valid_until valid_until_ms",
}


def _kind(name: str, load: Callable[[AccountContext], Iterable[Document]], time: str) -> Kind:
    return Kind(load=load, time=time, columns=tuple(_COLUMNS[name].split()))


KINDS = {
    "orders": _kind("orders", _orders, "created_at_ms"),
    "fills": _kind("fills", _fills, "executed_at_ms"),
    "rows": _kind("rows", _rows, "executed_at_ms"),
    "signals": _kind("signals", _signals, "created_at_ms"),
}


class Moment(click.ParamType[int]):
    """A day or a moment in ISO 8601; without an offset it is UTC. Becomes ms since 1970."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if isinstance(value, int):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value[:40]!r} is no day (2026-11-22) and no time (…T08:30)", param, ctx)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return int(aware.timestamp() * 1000)


@click.command()
@click.argument("kind", type=click.Choice(list(KINDS)))
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), default="csv", show_default=True
)
@click.option("--from", "since_ms", type=Moment(), help="Not before this day or time (UTC).")
@click.option("--to", "until_ms", type=Moment(), help="Before this day or time (UTC).")
@click.option("--out", metavar="FILE", help="Where to; else standard output.")
@click.option("--force", is_flag=True, help="Write over an existing file.")
@account_option
@click.option("--json", "as_json", is_flag=True, help="Tell what was written as JSON; needs --out.")
def export(
    kind: str,
    form: str,
    since_ms: int | None,
    until_ms: int | None,
    out: str | None,
    force: bool,
    account: str | None,
    as_json: bool,
) -> None:
    """Write every order, fill, ledger row or signal, those in the archive included."""
    if out is None and (form == "parquet" or as_json):
        raise click.UsageError(f"{'--json' if as_json else '--format parquet'} needs --out FILE")
    if since_ms is not None and until_ms is not None and until_ms <= since_ms:
        raise click.UsageError("--to is not after --from: no time is between them")
    chosen = KINDS[kind]
    documents = [
        document
        for context in each_account(get_engine(), account)
        for document in chosen.load(context)
        if is_within(document[chosen.time], since_ms, until_ms)
    ]
    documents.sort(key=lambda document: document[chosen.time])
    data = FORMATS[form](documents, chosen.columns)
    if out is None:
        sys.stdout.buffer.write(data)
        return
    write_whole(Path(out), data, force=force)
    told = {"written": str(Path(out).absolute()), "kind": kind, "count": len(documents)}
    show(told, as_json, lambda: f"Wrote {len(documents)} {kind} to {out}.")


def is_within(time_ms: int, since_ms: int | None, until_ms: int | None) -> bool:
    """Tell whether a time is in [since, until)."""
    is_after = since_ms is None or time_ms >= since_ms
    return is_after and (until_ms is None or time_ms < until_ms)
