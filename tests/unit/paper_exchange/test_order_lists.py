"""Lists of spot orders never lock, sell or spend anything twice."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.paper_exchange.worlds import FIRST, STEPS, UIDS, apply, prices, quantities, venue
from workers.paper_exchange.errors import ApiError
from workers.paper_exchange.spot.order_request import OrderRequest
from workers.paper_exchange.spot.venue import Venue

ZERO = Decimal(0)


@st.composite
def _lists(draw: st.DrawFn) -> tuple[OrderRequest, ...]:
    """Return the legs of an OCO, an OTO or an OTOCO near the market."""
    sells = draw(st.booleans())
    side, other = ("SELL", "BUY") if sells else ("BUY", "SELL")
    quantity = draw(quantities())
    high, low = sorted((draw(prices()), draw(prices())), reverse=True)

    def leg(kind: str, price: Decimal) -> OrderRequest:
        is_limit = kind == "LIMIT_MAKER"
        return OrderRequest(
            symbol="BTCUSDT",
            side=side,
            order_type=kind,
            quantity=quantity,
            price=price if is_limit else ZERO,
            trigger_price=ZERO if is_limit else price,
        )

    profit = leg("LIMIT_MAKER", high if sells else low)
    stop = leg("STOP_LOSS", low if sells else high)
    entry = OrderRequest(
        symbol="BTCUSDT", side=other, order_type="LIMIT", quantity=quantity, price=draw(prices())
    )
    return draw(st.sampled_from([(profit, stop), (entry, profit), (entry, profit, stop)]))


_MIXED = st.lists(
    st.one_of(st.tuples(st.sampled_from(UIDS), _lists()), STEPS.map(lambda steps: steps[:3])),
    min_size=4,
    max_size=20,
)


def _check(world: Venue) -> None:
    """Compare locks with orders, balances with executions, and legs with each other."""
    locked: dict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for order in world.ledger.orders():
        assert order.locked == 0 or order.is_open
        locked[order.uid, "USDT" if order.side == "BUY" else "BTC"] += order.locked
        rows = world.ledger.executions_of.get(order.key, [])
        assert order.status != "PENDING_NEW" or not rows
    totals = {uid: defaultdict(Decimal, FIRST) for uid in UIDS}
    for rows in world.ledger.executions.values():
        for row in rows:
            sign = 1 if row.side == "BUY" else -1
            totals[row.uid]["BTC"] += sign * row.quantity
            totals[row.uid]["USDT"] -= sign * row.quote_quantity
            totals[row.uid][row.fee_asset] -= row.fee
    for uid in UIDS:
        for asset, balance in world.ledger.accounts[uid].balances.items():
            assert balance.locked == locked[uid, asset]
            assert balance.total == totals[uid][asset]
            assert balance.free >= 0
    for listed in world.ledger.lists.values():
        orders = world.lists.book.orders_of(listed)
        assert listed.is_open == any(o.is_open for o in orders)
        legs = [o for o in orders if o.order_id in listed.pair]
        assert sum(o.filled_quantity > 0 for o in legs) <= 1


@settings(max_examples=60, deadline=None)
@given(_MIXED)
def test_lists_add_up(actions):
    """Whatever else trades, at most one leg of a pair does, on a lock of its own."""
    world = venue()
    for action in actions:
        if isinstance(action, list):
            apply(world, action)
            continue
        uid, legs = action
        is_pair = legs[0].order_type != "LIMIT"
        place = world.lists.place_pair if is_pair else world.lists.place_chain
        with suppress(ApiError):
            place(uid, legs, "")
        world.commit()
        _check(world)
    _check(world)
