"""`augustan resume`: take orders again."""

from __future__ import annotations

import click

from engine.execution.stopping import trading
from engine.process_engine import get_engine
from workers.cli.accounts import account_option
from workers.cli.output import json_option, show


@click.command()
@account_option
@json_option
def resume(account: str | None, as_json: bool) -> None:
    """Let a halted account trade again; with several accounts, name it."""
    context = get_engine().account(account)
    trading.resume(context)
    state = context.store.load_state()
    document = {"account": context.name, "trading_state": state.trading_state.value}
    show(document, as_json, lambda: f"account {context.name} is {state.trading_state}")
