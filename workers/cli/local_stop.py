"""`augustan emergency-stop --local`: without the store, straight to the exchange."""

from __future__ import annotations

import os

import click

from engine.config import Settings, load_settings
from engine.errors import EngineError
from engine.execution.stopping.local_stop import stop_alone
from engine.execution.stopping.lone_account import LocalStop
from engine.lone_account import build_lone_account
from workers.cli.documents import Document
from workers.cli.output import ExitCode, show
from workers.cli.sheets import sheet

#: What nobody can know without the store, said before anything is done.
UNKNOWN = (
    "Without the store it is not known which coins orders bought and which were there before,"
    " which orders are ours, and what is in doubt. Workers that still reach the store are not"
    " halted: stop them, or call `augustan halt` where the store answers."
)


def stop_locally(
    account: str | None, *, keep_positions: bool, timeout_s: int, as_json: bool
) -> int:
    """Stop one account, or each of them; exit code 0 only when all show nothing more."""
    settings = load_settings(live=os.environ.get("AUGUSTAN_LIVE") == "yes")
    names = [settings.account(account).name] if account else list(settings.accounts)
    click.echo(UNKNOWN, err=True)
    documents = [
        _stop(settings, name, keep_positions=keep_positions, timeout_s=timeout_s) for name in names
    ]
    show({"accounts": documents}, as_json, lambda: "\n\n".join(map(_sheet, documents)))
    return ExitCode.DONE if all(one["is_done"] for one in documents) else ExitCode.IN_DOUBT


def _stop(settings: Settings, name: str, *, keep_positions: bool, timeout_s: int) -> Document:
    """Stop an account; its failure is told in its document and keeps no other waiting."""
    try:
        lone = build_lone_account(settings, name)
        try:
            stop = stop_alone(
                lone,
                keep_positions=keep_positions,
                duration_ms=timeout_s * 1_000,
                tell=lambda sentence: click.echo(f"{name}: {sentence}", err=True),
            )
        finally:
            lone.gateway.close()
    except EngineError as error:
        stop = LocalStop(run_id="", problems=[str(error)])
    return _document(name, stop, keep_positions=keep_positions)


def _document(name: str, stop: LocalStop, *, keep_positions: bool) -> Document:
    return {
        "account": name,
        "is_done": stop.is_done,
        "is_flat": stop.is_done and not keep_positions,
        "rounds": stop.round,
        "canceled": stop.canceled,
        "sales": stop.sales,
        "problems": stop.problems,
        "left": stop.left,
    }


def _sheet(one: Document) -> str:
    state = "flat" if one["is_flat"] else "orders are ended" if one["is_done"] else "NOT done"
    return sheet(
        (
            ("account", one["account"]),
            ("state", f"{state} after {one['rounds']} rounds"),
            ("cancelled", ", ".join(one["canceled"]) or "no order was open"),
            *(("sent", sentence) for sentence in one["sales"]),
            *(("NOT done", sentence) for sentence in one["problems"]),
            *(("stays", sentence) for sentence in one["left"]),
        )
    )
