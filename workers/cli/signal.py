"""`augustan signal`: send a trading signal."""

from __future__ import annotations

from decimal import Decimal

import click

from engine.bootstrap import get_engine
from engine.domain.derivative import PositionSide
from engine.domain.order_terms import TriggerBy
from engine.domain.signal import Signal, SignalType
from engine.execution.context import AccountContext
from engine.order_manager import OrderManager
from engine.signal_processor import LiveSignalProcessor, SignalReceipt
from workers.cli.accounts import account_option
from workers.cli.amounts import Amount, AmountsCommand
from workers.cli.documents import Document, signal_document
from workers.cli.outcome import judge_signal
from workers.cli.output import json_option
from workers.cli.sides import position_side_option, stop_trigger_by_option
from workers.cli.telling import goes_on, interruptible, load_document, tell_signal


@click.group()
def signal() -> None:
    """Send trading signals: sized by the risk limits, each acted on once."""


@signal.command(cls=AmountsCommand)
@click.argument("symbol")
@click.argument("signal_type", type=click.Choice(list(SignalType), case_sensitive=False))
@click.option("--stop-price", type=Amount(), help="Where a loss is taken; sizes the order.")
@click.option("--target-price", type=Amount(), help="Where a profit is taken.")
@stop_trigger_by_option
@position_side_option
@account_option
@click.option("--id", "key", default="", metavar="KEY", help="Your id: the same acts once.")
@json_option
def send(
    symbol: str,
    signal_type: SignalType,
    stop_price: Decimal | None,
    target_price: Decimal | None,
    stop_trigger_by: TriggerBy | None,
    position_side: PositionSide,
    account: str | None,
    key: str,
    as_json: bool,
) -> int:
    """Ask to be long, short or flat in SYMBOL; wait for the order or the denial."""
    context = get_engine().account(account)
    wish = Signal(
        symbol=symbol,
        signal_type=signal_type,
        account=context.name,
        key=key,
        stop_price=stop_price,
        target_price=target_price,
        stop_trigger_by=stop_trigger_by,
        position_side=position_side,
    )
    return send_signal(context, wish, as_json)


def send_signal(context: AccountContext, wish: Signal, as_json: bool) -> int:
    """Have the signal acted on, wait for what comes of it, print it, return the exit code."""
    processor = LiveSignalProcessor(engine=get_engine())
    with interruptible("the signal"):
        receipt = processor.process_signal(wish)
    with goes_on(f"signal {receipt.record.signal.key}"):
        receipt = processor.await_outcome(receipt)
        document = signal_document(
            receipt.record, _await_order(context, receipt), is_repeat=receipt.is_repeat
        )
    return tell_signal(document, as_json, judge_signal(document))


def _await_order(context: AccountContext, receipt: SignalReceipt) -> Document | None:
    client_order_id = receipt.record.client_order_id
    if client_order_id is None:
        return None
    OrderManager(testnet=False, engine=get_engine()).await_outcome(client_order_id)
    return load_document(context, client_order_id)
