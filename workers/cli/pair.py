"""`augustan order pair`: a limit order and a stop of which one cancels the other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import click

from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.order_terms import OrderType, TriggerBy
from engine.order_manager import OrderRequest
from engine.process_engine import get_engine
from workers.cli import tables
from workers.cli.accounts import account_option, order_manager
from workers.cli.amounts import Amount, AmountsCommand
from workers.cli.durations import Duration
from workers.cli.outcome import judge_group
from workers.cli.output import json_option, show
from workers.cli.place import wait_option
from workers.cli.place_group import follow_group, group_sheet
from workers.cli.sides import position_side_option, trigger_by_option
from workers.cli.telling import describe, interruptible, tell_outcome

#: What both orders have in common, and then what makes them two.
_WISH = (
    click.argument("symbol"),
    click.argument("side", type=click.Choice(list(Side), case_sensitive=False)),
    click.argument("quantity", type=Amount()),
    click.option("--price", type=Amount(), required=True, help="Of the limit order."),
    click.option("--trigger-price", type=Amount(), required=True, help="Sets the stop off."),
    click.option(
        "--stop-limit-price", type=Amount(), help="Limit of the stop; without one, at market."
    ),
    trigger_by_option,
    click.option("--reduce-only", is_flag=True, help="Only shrink a position."),
    position_side_option,
    click.option("--leverage", type=click.IntRange(min=1), help="Of a contract, before them."),
    click.option("--cancel-after", type=Duration(), help="Cancel both after so long: 30s, 2h."),
)


def _wish_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for decorate in reversed(_WISH):
        function = decorate(function)
    return function


@click.command(cls=AmountsCommand)
@_wish_options
@account_option
@click.option("--id", "key", default="", metavar="KEY", help="Your id: the same is placed once.")
@wait_option
@json_option
def pair(account: str | None, key: str, no_wait: bool, as_json: bool, **wish: Any) -> int:
    """Place a limit order and a stop of QUANTITY each: what trades first ends the other.

    Exit code 3: nobody knows yet. Do not place again; the same --id is safe.
    """
    context = get_engine().account(account)
    manager = order_manager()
    with interruptible("the pair"):
        placed = manager.place_one_cancels_other(
            form_requests(context.name, **wish), key=key, wait=False
        )
    orders = follow_group(context, manager, [one.order_id for one in placed], waits=not no_wait)
    documents = [describe(context, order) for order in orders]
    document = {"id": orders[0].request_key, "account": context.name, "orders": documents}
    show(document, as_json, lambda: group_sheet(document, tables.PAIR))
    return tell_outcome(judge_group(documents, waited=not no_wait))


def form_requests(
    account: str,
    *,
    symbol: str,
    side: Side,
    quantity: Decimal,
    price: Decimal,
    trigger_price: Decimal,
    stop_limit_price: Decimal | None,
    trigger_by: TriggerBy,
    reduce_only: bool,
    position_side: PositionSide,
    leverage: int | None,
    cancel_after: int | None,
) -> tuple[OrderRequest, OrderRequest]:
    """Return the limit order and the stop; `cancel_after` in ms. Pure."""
    both: dict[str, Any] = {
        "account": account,
        "symbol": symbol,
        "side": side,
        "quantity": quantity,
        "reduce_only": reduce_only,
        "position_side": position_side,
        "leverage": leverage,
        "cancel_after_ms": cancel_after,
    }
    limit = OrderRequest(**both, order_type=OrderType.LIMIT, price=price)
    stop = OrderRequest(
        **both,
        order_type=OrderType.STOP if stop_limit_price is None else OrderType.STOP_LIMIT,
        price=stop_limit_price,
        trigger_price=trigger_price,
        trigger_by=trigger_by,
    )
    return limit, stop
