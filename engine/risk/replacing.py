"""What an order frees for the one in its place. Pure."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT
from engine.domain.fill import Side
from engine.domain.position import split_symbol
from engine.domain.report import Balance, Balances
from engine.domain.risk import Reservation, RiskBook
from engine.risk.book import is_spot
from engine.risk.context import RiskContext


def find_reservation(book: RiskBook, client_order_id: str) -> Reservation | None:
    """Return what the order holds; None where it holds nothing."""
    held = (one for one in book.reservations if one.client_order_id == client_order_id)
    return next(held, None)


def without(context: RiskContext, reserved: Reservation | None, leverage: int) -> RiskContext:
    """Return the picture as it would be if the order that holds `reserved` had ended."""
    if reserved is None:
        return context
    others = tuple(one for one in context.book.reservations if one != reserved)
    return replace(
        context,
        book=replace(context.book, reservations=others),
        balances=_freed(context.balances, reserved, leverage),
    )


def _freed(balances: Balances, reserved: Reservation, leverage: int) -> Balances:
    """Return the balances with what the exchange has locked for the order; they may not show it."""
    held_ms = reserved.held_since_ms
    if held_ms is None or balances.updated_at_ms < held_ms:
        return balances
    asset, amount = _locked(reserved, leverage)
    known = balances.assets.get(asset)
    if known is None:
        return balances
    freed = Balance(free=known.free + amount, used=known.used - amount)
    return replace(balances, assets={**balances.assets, asset: freed})


def _locked(reserved: Reservation, leverage: int) -> tuple[str, Decimal]:
    base, quote = split_symbol(reserved.symbol)
    if is_spot(reserved.symbol) and reserved.side is Side.SELL:
        return base, reserved.quantity
    with localcontext(EXACT):
        amount = Decimal(0) if reserved.reduces else reserved.quantity * reserved.price
        return quote, amount / leverage
