"""Compare how the account holds its contracts with how we mean it to; alarms, changes nothing.

Leverage and margin mode are the account's: a person or another program may change them under an
open position. They are made right before the next order that needs them; until then somebody has
to know.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.derivative import market_of
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OrderStatus
from engine.execution.context import AccountContext
from engine.ports import OrderFilter

#: So many of the newest orders are looked through for what a contract was last ordered with.
MOST_ORDERS = 200
#: The same difference is told again after this.
TELL_AGAIN_MS = 86_400_000


def check_contracts(context: AccountContext) -> tuple[str, ...]:
    """Tell of each contract that is held otherwise than meant; return the sentences.

    Raises what a question raises.
    """
    held = sorted({market_of(one.name) for one in context.gateway.load_positions(Lane.RESOLVE)})
    if not held:
        return ()
    orders = context.store.list_orders(OrderFilter.RECENT, MOST_ORDERS)
    found = [one for symbol in held for one in _differences(context, symbol, orders)]
    for sentence in found:
        _tell(context, sentence)
    return tuple(found)


def _differences(context: AccountContext, symbol: str, orders: Iterable[Order]) -> list[str]:
    setting = context.gateway.load_contract_setting(symbol, Lane.RESOLVE)
    if setting is None:
        return []
    found, leverage = [], last_leverage(orders, symbol)
    wanted = context.gateway.margin_mode
    if wanted not in (None, setting.margin_mode):
        found.append(f"{symbol} is held with margin mode {setting.margin_mode}, not {wanted}")
    if leverage not in (None, setting.leverage):
        found.append(
            f"{symbol} is held with leverage {setting.leverage}; it was ordered with {leverage}"
        )
    return found


def last_leverage(orders: Iterable[Order], symbol: str) -> int | None:
    """Return the leverage of the newest order that was placed on the symbol. Pure."""
    unplaced = {OrderStatus.INITIALIZED, OrderStatus.DENIED, OrderStatus.REJECTED}
    return next(
        (
            order.terms.leverage
            for order in orders
            if order.terms.symbol == symbol
            and order.terms.leverage is not None
            and order.status not in unplaced
        ),
        None,
    )


def _tell(context: AccountContext, sentence: str) -> None:
    told = f"contract:{context.identity.slug}:{sentence}"
    if context.shared.find_cache(told) is None:
        context.shared.put_cache(told, "1", TELL_AGAIN_MS)
        context.alarm(sentence)
