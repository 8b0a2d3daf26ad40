"""Entry prices of contracts that were held before the ledger began."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal, localcontext

from engine.domain.decimals import EXACT, ZERO
from engine.domain.derivative import settle_asset
from engine.domain.fill import Fill
from engine.domain.lanes import Lane
from engine.execution.booking.snapshot import Snapshot
from engine.execution.context import AccountContext


def load_entry_prices(
    context: AccountContext, openings: Iterable[str], snapshot: Snapshot
) -> dict[str, Decimal]:
    """Return the entry price of each opened position that the exchange's word leads back to.

    It states the price of now; the trades that are booked since lead back to the one of before.
    """
    names = {name for name in openings if settle_asset(name) is not None}
    if not names:
        return {}
    found: dict[str, Decimal] = {}
    for held in context.gateway.load_positions(Lane.RESOLVE):
        if held.name not in names or held.quantity != snapshot.balances.positions.get(held.name):
            continue  # It traded meanwhile; without a price profit begins at the opening
        fills = [r for r in context.store.load_rows(held.name) if isinstance(r, Fill)]
        before = entry_before(held.quantity, held.entry_price, fills)
        if before is not None:
            found[held.name] = before
    return found


def entry_before(
    quantity: Decimal, entry_price: Decimal | None, fills: Sequence[Fill]
) -> Decimal | None:
    """Return the entry price of a position before `fills`, given what it is after them. Pure.

    None where it cannot be told: a trade through zero leaves nothing of the price before it.
    """
    entry = entry_price
    with localcontext(EXACT):
        for fill in sorted(fills, key=lambda one: one.sort_key, reverse=True):
            change = fill.side.sign * fill.quantity
            before = quantity - change
            if entry is None or before == 0 or before * quantity < ZERO:
                return None
            if before * change > ZERO:  # It added to the position, at its own price
                entry = (quantity * entry - fill.side.sign * fill.cost) / before
            quantity = before
    return entry
