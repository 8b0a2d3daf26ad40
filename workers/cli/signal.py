"""`augustan signal`: send a trading signal."""

from __future__ import annotations

from decimal import Decimal

import click

from engine.domain.derivative import PositionSide
from engine.domain.order_terms import TriggerBy
from engine.domain.signal import Signal, SignalType
from engine.execution.context import AccountContext
from engine.order_manager import OrderManager
from engine.ports import OrderFilter
from engine.process_engine import get_engine
from engine.signal_processor import LiveSignalProcessor, SignalReceipt
from workers.cli.accounts import account_option
from workers.cli.amounts import Amount, AmountsCommand
from workers.cli.documents import Document, signal_document
from workers.cli.outcome import judge_signal
from workers.cli.output import json_option
from workers.cli.sides import position_side_option, stop_trigger_by_option
from workers.cli.telling import goes_on, interruptible, load_document, tell_signal

#: So many of the newest orders are looked through for those of one signal.
MOST_RECENT = 1_000


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
        orders = _await_orders(context, receipt)
    first = orders[0] if orders else None
    document = signal_document(receipt.record, first, is_repeat=receipt.is_repeat)
    return tell_signal(document, as_json, judge_signal(document, orders))


def _await_orders(context: AccountContext, receipt: SignalReceipt) -> list[Document]:
    """Return the signal's orders when each has its answer: a large close has several."""
    client_order_id = receipt.record.client_order_id
    if client_order_id is None:
        return []
    recent = context.store.list_orders(OrderFilter.RECENT, MOST_RECENT)
    names = [one.client_order_id for one in recent if one.group_id == client_order_id]
    others = [name for name in names if name != client_order_id]
    together = [client_order_id, *others]
    OrderManager(testnet=False, engine=get_engine()).await_outcomes(together)
    return [load_document(context, name) for name in together]
