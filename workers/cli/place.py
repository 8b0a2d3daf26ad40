"""`augustan order place`: one order from the command line, or a group from a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from engine.domain.fill import Side
from engine.domain.order_terms import OrderType, TimeInForce
from engine.order_manager import OrderRequest
from engine.process_engine import get_engine
from workers.cli.accounts import account_option, order_manager
from workers.cli.amounts import Amount, AmountsCommand
from workers.cli.chase import chase_options, take_chase
from workers.cli.durations import Duration
from workers.cli.outcome import judge_placement
from workers.cli.output import json_option
from workers.cli.place_group import place_group
from workers.cli.sides import position_side_option, stop_trigger_by_option, trigger_by_option
from workers.cli.telling import goes_on, interruptible, load_document, tell_order

wait_option = click.option("--no-wait", is_flag=True, help="Do not wait for the outcome.")

#: What says an order on the command line; a file says it for itself.
_WISH = (
    click.argument("symbol", required=False),
    click.argument("side", type=click.Choice(list(Side), case_sensitive=False), required=False),
    click.argument("quantity", type=Amount(), required=False),
    click.option("--quote", type=Amount(), help="Spend or raise so much quote currency instead."),
    click.option(
        "--type",
        "order_type",
        type=click.Choice(list(OrderType), case_sensitive=False),
        default=OrderType.MARKET,
        show_default=True,
    ),
    click.option("--price", type=Amount(), help="Limit price."),
    click.option("--trigger-price", type=Amount(), help="Price that sets the order off."),
    click.option("--trailing-rate", type=Amount(), help="Percent, of a trailing stop."),
    click.option("--activation-price", type=Amount(), help="Trail from this price on."),
    click.option(
        "--cancel-after", type=Duration(), help="Cancel it after so long: 500ms, 30s, 5m, 2h, 1d."
    ),
    click.option("--stop-loss", type=Amount(), help="Close what it fills there, at a loss."),
    click.option("--take-profit", type=Amount(), help="Close what it fills there, at a profit."),
    stop_trigger_by_option,
    click.option("--time-in-force", type=click.Choice(list(TimeInForce), case_sensitive=False)),
    click.option("--post-only", is_flag=True, help="Refuse to trade at once."),
    click.option("--reduce-only", is_flag=True, help="Only shrink a position."),
    click.option("--close-position", is_flag=True, help="Once triggered, all of a contract."),
    click.option(
        *("--good-till-ms",),
        type=int,
        help="With --time-in-force gtd: when the exchange ends it, in ms since 1970.",
    ),
    trigger_by_option,
    click.option("--leverage", type=click.IntRange(min=1), help="Of a contract, before the order."),
    position_side_option,
)


def _wish_options(function: Callable[..., Any]) -> Callable[..., Any]:
    for decorate in reversed(_WISH):
        function = decorate(function)
    return function


@click.command(cls=AmountsCommand)
@_wish_options
@click.option(
    *("--file", "path"),
    metavar="FILE",
    help="Place the orders of a .csv, .json or .jsonl file as one group; - reads standard input.",
)
@chase_options
@account_option
@click.option("--id", "key", default="", metavar="KEY", help="Your id: the same is placed once.")
@wait_option
@json_option
@click.pass_context
def place(
    ctx: click.Context,
    /,
    path: str | None,
    account: str | None,
    key: str,
    no_wait: bool,
    as_json: bool,
    **wish: Any,
) -> int:
    """Place an order of QUANTITY (base currency), or the orders of --file, once for each --id.

    Exit code 3: nobody knows yet. Do not place again; the same --id is safe.
    """
    if path is not None:
        _refuse_beside_file(ctx, wish)
        return place_group(path, account, key, waits=not no_wait, as_json=as_json)
    _require_wish(ctx, wish)
    context = get_engine().account(account)
    wish["quote_quantity"] = wish.pop("quote")
    wish["cancel_after_ms"] = wish.pop("cancel_after")
    wish["chase"] = take_chase(ctx, wish)
    request = OrderRequest(**wish, account=context.name, key=key)
    manager = order_manager()
    with interruptible("the order"):
        order_id = manager.place_order(request, wait=False).order_id
    with goes_on(f"order {order_id}"):
        if not no_wait:
            manager.await_outcome(order_id)
        document = load_document(context, order_id)
    return tell_order(document, as_json, judge_placement(document, waited=not no_wait))


def _refuse_beside_file(ctx: click.Context, wish: dict[str, Any]) -> None:
    """Say which word would be forgotten: the orders are those of the file alone."""
    for name in wish:
        if ctx.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise click.UsageError(f"{name} is given beside --file; put it into the file", ctx)


def _require_wish(ctx: click.Context, wish: dict[str, Any]) -> None:
    for parameter in ctx.command.params:
        if parameter.name in {"symbol", "side"} and wish[parameter.name] is None:
            raise click.MissingParameter(ctx=ctx, param=parameter)
    amounts = [wish["quantity"], wish["quote"], wish["close_position"] or None]
    if sum(one is not None for one in amounts) != 1:
        raise click.UsageError("give QUANTITY or --quote AMOUNT or --close-position, one")
