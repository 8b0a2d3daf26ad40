"""`augustan archive`: what left Redis, and moving it now."""

from __future__ import annotations

import click

from engine.archive.run import describe, run
from engine.bootstrap import Engine
from engine.errors import ConfigurationError
from engine.execution.booking.late_rows import book_lost_rows
from engine.process_engine import get_engine
from workers.cli.accounts import account_option, each_account
from workers.cli.documents import Document
from workers.cli.output import ExitCode, json_option, show, table


@click.group()
def archive() -> None:
    """Closed orders and old ledger rows leave Redis for files; every query finds them there."""


@archive.command()
@account_option
@json_option
def status(account: str | None, as_json: bool) -> None:
    """Show what is in the archive and whether it can be read here."""
    engine = get_engine()
    documents = [_status(engine, context.name) for context in each_account(engine, account)]
    columns = ("account", "orders", "rows", "signals", "bytes", "doubted_rows", "problem")
    show(
        documents,
        as_json,
        lambda: table(
            [name.replace("_", " ") for name in columns],
            [[document[name] for name in columns] for document in documents],
        ),
    )


def _status(engine: Engine, account: str) -> Document:
    context = engine.account(account)
    figures = describe(engine.archivist(), context.identity)
    doubted = len(context.store.list_doubted(1_000_000))
    return {
        "account": account,
        "folder": str(engine.settings.archive_folder),
        "is_enabled": engine.settings.archive.enabled,
        "retention_ms": engine.settings.archive.retention_ms,
        "doubted_rows": doubted,
        **figures,
    }


@archive.command("run")
@account_option
@json_option
def run_(account: str | None, as_json: bool) -> int:
    """Move what is over now. On the machine that keeps the files only."""
    engine = get_engine()
    if not engine.settings.archive.enabled:
        raise ConfigurationError("archive.enabled is false: nothing leaves Redis.")
    documents = [_run(engine, context.name) for context in each_account(engine, account)]
    show(documents, as_json, lambda: "\n".join(_sentence(document) for document in documents))
    return ExitCode.DONE if all(document["ran"] for document in documents) else ExitCode.REFUSED


def _run(engine: Engine, account: str) -> Document:
    context = engine.account(account)
    try:
        moved = run(engine.archivist(), account, context.identity)
    except OSError as error:
        raise ConfigurationError(f"archive.folder takes nothing: {error}.") from None
    if moved is None:
        return {"account": account, "ran": False}
    booked = book_lost_rows(context, moved.lost)
    return {
        "account": account,
        "ran": True,
        "orders": moved.orders,
        "rows": moved.rows,
        "signals": moved.signals,
        "doubts": moved.doubts,
        "lost_rows_booked": booked,
    }


def _sentence(document: Document) -> str:
    if not document["ran"]:
        return f"{document['account']}: another process is at it; try again."
    return (
        f"{document['account']}: {document['orders']} orders, {document['rows']} rows and"
        f" {document['signals']} signals moved."
    )
