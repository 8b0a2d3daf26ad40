"""`augustan dead-man`: what the exchange was told to do when nobody here lives any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from engine.execution.context import AccountContext
from engine.execution.stopping.dead_man import load_countdowns, take_away
from engine.process_engine import get_engine
from workers.cli.documents import Document, time_fields
from workers.cli.output import ExitCode, json_option, show, table

if TYPE_CHECKING:
    from rich.console import RenderableType


@click.command(name="dead-man")
@click.argument("what", type=click.Choice(["show", "off"]), default="show")
@click.option("--account", metavar="NAME", help="The account (else all of them).")
@json_option
def dead_man(what: str, account: str | None, as_json: bool) -> int:
    """Show the countdowns at the exchange; `off` takes them away, so that orders stay.

    Workers that still run, with emergency.dead_man_ms set, begin them anew within seconds: stop
    them first. Without `off` an end of all workers ends the orders when the countdown does.
    """
    engine = get_engine()
    names = [engine.settings.account(account).name] if account else list(engine.settings.accounts)
    documents: list[Document] = []
    for context in map(engine.account, names):
        if what == "off":
            take_away(context, sorted(load_countdowns(context.shared, context.identity)))
        documents += _documents(context)
    document = {"countdowns": documents}
    show(document, as_json, lambda: _sheet(documents))
    return ExitCode.DONE


def _documents(context: AccountContext) -> list[Document]:
    known = load_countdowns(context.shared, context.identity)
    return [
        {
            "account": context.name,
            "symbol": symbol,
            **time_fields("begun_at", known[symbol].begun_at_ms),
            **time_fields("ends_at", known[symbol].ends_at_ms),
        }
        for symbol in sorted(known)
    ]


def _sheet(documents: list[Document]) -> RenderableType:
    if not documents:
        return "no countdown: orders stay whatever becomes of the workers"
    titles = ["account", "contract", "begun", "ends orders"]
    rows = [[one[n] for n in ("account", "symbol", "begun_at", "ends_at")] for one in documents]
    return table(titles, rows)
