"""`augustan close`: be flat in a symbol."""

from __future__ import annotations

import click

from engine.domain.derivative import PositionSide
from engine.domain.signal import Signal, SignalType
from engine.process_engine import get_engine
from workers.cli.accounts import account_option
from workers.cli.output import json_option
from workers.cli.sides import position_side_option
from workers.cli.signal import send_signal


@click.command()
@click.argument("symbol")
@position_side_option
@account_option
@click.option("--id", "key", default="", metavar="KEY", help="Your id: the same acts once.")
@json_option
def close(
    symbol: str, position_side: PositionSide, account: str | None, key: str, as_json: bool
) -> int:
    """Close the position in SYMBOL: the signal `close`."""
    context = get_engine().account(account)
    wish = Signal(
        symbol=symbol,
        signal_type=SignalType.CLOSE,
        account=context.name,
        key=key,
        position_side=position_side,
    )
    return send_signal(context, wish, as_json)
