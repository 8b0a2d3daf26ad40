"""`augustan protections`: what guards positions; guard one, move a price, end a plan."""

from __future__ import annotations

from decimal import Decimal

import click

from engine.domain.derivative import PositionSide
from engine.domain.fill import Side
from engine.domain.order import Order
from engine.domain.order_terms import TriggerBy
from engine.domain.protection import LegRole, Protection
from engine.domain.protection_step import guarded_quantity
from engine.execution.context import AccountContext
from engine.execution.protection.standing import find_standing
from engine.position_guard import PositionGuard
from engine.process_engine import get_engine
from workers.cli import tables
from workers.cli.accounts import account_option, each_account
from workers.cli.amounts import Amount, AmountsCommand
from workers.cli.documents import Document, number
from workers.cli.output import json_option, show, table
from workers.cli.sides import position_side_option, stop_trigger_by_option

_stop_option = click.option("--stop-loss", type=Amount(), help="Price where a loss is taken.")
_target_option = click.option("--take-profit", type=Amount(), help="Price where a profit is taken.")


@click.group(invoke_without_command=True)
@account_option
@json_option
@click.pass_context
def protections(ctx: click.Context, account: str | None, as_json: bool) -> None:
    """List the plans that guard positions, or change them."""
    if ctx.invoked_subcommand is None:
        contexts = each_account(get_engine(), account)
        _show([one for context in contexts for one in list_protections(context)], as_json)


@protections.command(cls=AmountsCommand)
@click.argument("symbol")
@_stop_option
@_target_option
@stop_trigger_by_option
@position_side_option
@account_option
@json_option
def add(
    symbol: str,
    stop_loss: Decimal | None,
    take_profit: Decimal | None,
    stop_trigger_by: TriggerBy | None,
    position_side: PositionSide,
    account: str | None,
    as_json: bool,
) -> None:
    """Guard what is held of SYMBOL now."""
    context = get_engine().account(account)
    plan = PositionGuard(context.name, engine=get_engine()).protect(
        symbol,
        stop_loss=stop_loss,
        take_profit=take_profit,
        stop_trigger_by=stop_trigger_by,
        position_side=position_side,
    )
    _show([describe_plan(context, plan)], as_json)


@protections.command(cls=AmountsCommand)
@click.argument("plan_id", metavar="PLAN")
@_stop_option
@_target_option
@stop_trigger_by_option
@account_option
@json_option
def change(
    plan_id: str,
    stop_loss: Decimal | None,
    take_profit: Decimal | None,
    stop_trigger_by: TriggerBy | None,
    account: str | None,
    as_json: bool,
) -> None:
    """Move the prices of PLAN, or what its stop watches; what is not named stays."""
    context = get_engine().account(account)
    plan = PositionGuard(context.name, engine=get_engine()).change(
        plan_id, stop_loss=stop_loss, take_profit=take_profit, stop_trigger_by=stop_trigger_by
    )
    _show([describe_plan(context, plan)], as_json)


@protections.command()
@click.argument("plan_id", metavar="PLAN")
@account_option
@json_option
def end(plan_id: str, account: str | None, as_json: bool) -> None:
    """End PLAN and its orders; the position stays, unguarded."""
    context = get_engine().account(account)
    plan = PositionGuard(context.name, engine=get_engine()).end(plan_id)
    _show([describe_plan(context, plan)], as_json)


def list_protections(context: AccountContext) -> list[Document]:
    """Return what guards positions: the plans, then what was found without one."""
    plans = [describe_plan(context, stored.value) for stored in context.store.list_protections()]
    return plans + [describe_standing(context, order) for order in find_standing(context)]


def describe_standing(context: AccountContext, order: Order) -> Document:
    """Return an order of a lost plan, in the words of a plan; it has no id."""
    is_stop = order.terms.order_type.is_conditional
    left = order.remaining_quantity
    role = LegRole.STOP if is_stop else LegRole.TARGET
    return {
        "plan": "",
        "account": context.name,
        "position": order.terms.position,
        "side": (Side.BUY if order.terms.side is Side.SELL else Side.SELL).value,
        "state": "no plan",
        "stop_loss": number(order.terms.trigger_price),
        "take_profit": None if is_stop else number(order.terms.price),
        "trigger_by": order.terms.trigger_by.value,
        "guarded": number(left) if is_stop else None,
        "closed": number(order.filled_quantity),
        "note": "found at the exchange: it goes on by itself",
        "legs": [
            {
                "order_id": order.client_order_id,
                "role": role.value,
                "quantity": number(left),
                "status": order.status.value,
            }
        ],
    }


def describe_plan(context: AccountContext, plan: Protection) -> Document:
    """Return a plan with the orders that carry it out."""
    found = {
        leg.client_order_id: context.store.find_order(leg.client_order_id) for leg in plan.legs
    }
    orders = {name: stored.value for name, stored in found.items() if stored is not None}
    return {
        "plan": plan.plan_id,
        "account": plan.account,
        "position": plan.position,
        "side": plan.side.value,
        "state": plan.state.value,
        "stop_loss": number(plan.stop_price),
        "take_profit": number(plan.target_price),
        "trigger_by": plan.trigger_by.value,
        "guarded": number(guarded_quantity(plan, orders)),
        "closed": number(plan.closed_quantity),
        "note": plan.note,
        "legs": [
            {
                "order_id": leg.client_order_id,
                "role": leg.role.value,
                "quantity": number(leg.quantity),
                "status": orders[leg.client_order_id].status.value
                if leg.client_order_id in orders
                else "unrecorded",
            }
            for leg in plan.legs
        ],
    }


def _show(plans: list[Document], as_json: bool) -> None:
    columns = tables.PROTECTIONS
    show(plans, as_json, lambda: table(tables.titles(columns), tables.rows(columns, plans)))
