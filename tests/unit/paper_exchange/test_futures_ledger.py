"""Whatever happens on the futures market, its books add up."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.paper_exchange.futures_worlds import (
    BTC,
    PRICES,
    QUANTITIES,
    STEPS,
    UIDS,
    ZERO,
    apply,
    venue,
)
from workers.paper_exchange.futures.contracts import contract_of
from workers.paper_exchange.futures.margin import is_isolated_in_liquidation
from workers.paper_exchange.futures.orders import reduces_by_side
from workers.paper_exchange.futures.positions import Position, traded
from workers.paper_exchange.futures.venue import Venue
from workers.paper_exchange.spot.symbols import CATALOG


def _check(world: Venue) -> None:
    """Compare positions with trades, wallets with income, and orders with their trades."""
    ledger = world.ledger
    for uid in UIDS:
        trades = ledger.trades[uid, BTC]
        for position in ledger.positions.values():
            rows = [t for t in trades if t.position_side == position.side]
            if position.uid != uid:
                continue
            signed = (t.quantity if t.side == "BUY" else -t.quantity for t in rows)
            assert position.quantity == sum(signed, ZERO)
            assert position.cost >= 0
            assert position.isolated_wallet >= 0
            # Cash that flowed, and what is open at cost, are all the profit there was
            flow = (t.quote_quantity if t.side == "SELL" else -t.quote_quantity for t in rows)
            realized = sum((t.realized for t in rows), ZERO)
            assert realized == sum(flow, ZERO) + position.cost * position.sign
            assert position.side != "LONG" or position.quantity >= 0
            assert position.side != "SHORT" or position.quantity <= 0
        income = sum((row.amount for row in ledger.income[uid]), ZERO)
        assert ledger.wallet(uid, "USDT").balance == income
        fees = sum((t.fee for t in trades), ZERO)
        others = {"TRANSFER", "FUNDING_FEE", "INSURANCE_CLEAR"}
        given = sum((r.amount for r in ledger.income[uid] if r.income_type in others), ZERO)
        assert income == given + sum((t.realized for t in trades), ZERO) - fees
        asset = world.margins.of(uid, "USDT")
        assert not asset.is_in_liquidation()
        assert not any(is_isolated_in_liquidation(row) for row in asset.rows)
    for order in ledger.orders():
        rows = ledger.trades_of.get(order.key, [])
        assert order.filled_quantity == sum((t.quantity for t in rows), ZERO)
        assert order.filled_quantity <= order.quantity
        assert (order.status == "FILLED") == (order.filled_quantity == order.quantity)
        if order.reduces:
            assert all(not _opens(world, t) for t in rows)
            assert not order.is_open or world.matcher.closable(order) > 0
    for algo in ledger.algo.by_id.values():
        child = world.algo.child_of(algo)
        assert (child is None) == (algo.status not in {"TRIGGERED", "FINISHED"})
        assert child is None or child.is_open == (algo.status == "TRIGGERED")
    book = world.markets[BTC].book
    bid, ask = book.bids.best(), book.asks.best()
    assert bid is None or ask is None or bid < ask


def _opens(world: Venue, trade) -> bool:
    """Return whether a trade opened anything: replay what came before it."""
    held = ZERO
    for row in world.ledger.trades[trade.uid, BTC]:
        if row.position_side != trade.position_side:
            continue
        if row is trade:
            break
        held += row.quantity if row.side == "BUY" else -row.quantity
    signed = trade.quantity if trade.side == "BUY" else -trade.quantity
    return held * signed >= 0 or abs(signed) > abs(held)


@settings(max_examples=40, deadline=None)
@given(STEPS, st.booleans(), st.booleans())
def test_the_books_add_up(steps, is_hedged, is_isolated):
    """After every step positions, profits, wallets and orders are the sums of what happened."""
    apply(venue(is_hedged=is_hedged, is_isolated=is_isolated), steps, _check)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), QUANTITIES, PRICES), min_size=1, max_size=30))
def test_a_closed_position_made_what_its_cash_made(trades):
    """Bought and sold in any order, then closed: profit is what came in less what went out."""
    position, cash, profit = Position(uid=1, symbol=BTC, side="BOTH"), ZERO, ZERO
    rows = [(quantity if is_buy else -quantity, price) for is_buy, quantity, price in trades]
    rows.append((-sum((q for q, _ in rows), ZERO), Decimal(60_000)))
    for signed, price in rows:
        if not signed:
            continue
        change = traded(position, signed, price, 0)
        assert change.closed + change.opened == abs(signed)
        position, profit = change.position, profit + change.realized
        cash -= signed * price
    assert (position.quantity, position.cost) == (0, 0)
    assert profit == cash == position.realized


def test_a_margin_bracket_begins_where_the_last_one_ends():
    """Maintenance margin grows without a step over every bracket of every contract."""
    for spot in CATALOG.values():
        rules = contract_of(spot)
        if rules is None:
            assert spot.quote == "BTC"
            continue
        for lower, upper in zip(rules.brackets, rules.brackets[1:], strict=False):
            assert lower.cap == upper.floor
            at_cap = rules.maintenance(lower.cap)
            assert at_cap == lower.cap * upper.maintenance_rate - upper.maintenance_offset


def test_the_sides_that_reduce():
    """A sale reduces LONG, a purchase reduces SHORT, and BOTH needs a flag."""
    assert reduces_by_side("LONG", "SELL")
    assert reduces_by_side("SHORT", "BUY")
    assert not any(reduces_by_side("BOTH", side) for side in ("BUY", "SELL"))
