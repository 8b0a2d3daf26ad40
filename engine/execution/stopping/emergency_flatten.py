"""Close the account's positions at market, one order for each symbol and round.

An order is recorded like any other, under a key that repeats: run, symbol, round. So a crash in
the middle finds it again, and it is claimed once. The claim lets it pass only for this run, and
only while the book stands by which it can do nothing but shrink the position.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.domain.decimals import ZERO
from engine.domain.derivative import market_of, side_of
from engine.domain.emergency import EmergencyRun
from engine.domain.fill import Side
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_status import OPEN
from engine.domain.order_terms import OrderTerms, OrderType
from engine.domain.position import Position, split_symbol
from engine.domain.report import Balances
from engine.domain.request import OrderIntent
from engine.domain.risk import Approved, RiskBook
from engine.errors import ConcurrentChange, ExchangeRefused, Retryable
from engine.execution.context import AccountContext
from engine.execution.looks.watching import look_at_order
from engine.execution.placing.groups import form_group
from engine.execution.placing.naming import digest_of, order_ids
from engine.execution.placing.submission import submit_order
from engine.execution.stopping.emergency_turn import Turn
from engine.execution.stopping.lost_sales import require_nothing_lost
from engine.ports import OrderFilter, RecordOutcome
from engine.risk.book import current_position
from engine.risk.flattening import Flattening, plan_flattening
from engine.risk.reservation import build_reservation
from engine.risk.trading_state import reducible_quantity

#: Late trades raise the risk version; each winner of the race made progress.
MOST_TRIES = 50


@dataclass(frozen=True, kw_only=True)
class Market:
    """What the exchange says beside the book, asked once a round."""

    instruments: Mapping[str, Instrument]
    balances: Balances

    def free(self, symbol: str) -> Decimal:
        held = self.balances.assets.get(split_symbol(symbol)[0])
        return held.free if held else ZERO


def flatten_positions(
    context: AccountContext, run: EmergencyRun, problems: list[str], turn: Turn
) -> EmergencyRun:
    """Send what an earlier round left unsent, then an order for each position that is open."""
    for order in own_orders(context, run):
        turn.keep()
        _send(context, order.client_order_id)
    positions = open_positions(context)
    if not positions:
        return run
    market = load_market(context)
    for position in positions:
        turn.keep()
        try:
            run = run.with_sales(_flatten(context, run, position.symbol, market))
        except (Retryable, ExchangeRefused) as error:
            problems.append(f"{position.symbol} could not be closed: {error}")
    return run


def own_orders(context: AccountContext, run: EmergencyRun) -> list[Order]:
    """Return the run's flatten orders that are not settled."""
    active = context.store.list_orders(OrderFilter.ACTIVE)
    return [order for order in active if run.owns(order.emergency_run)]


def open_positions(context: AccountContext) -> list[Position]:
    """Return what is held, by the ledger's newest rows, whether folded or not."""
    book = context.store.load_risk_book()
    symbols = {one.symbol for one in book.positions} | set(book.unfolded)
    positions = (current_position(book, symbol) for symbol in sorted(symbols))
    return [position for position in positions if position.net_quantity]


def load_market(context: AccountContext) -> Market:
    """Ask for the rules of all markets and for the balances of now."""
    instruments = context.gateway.load_instruments(Lane.EMERGENCY)
    return Market(
        instruments={item.symbol: item for item in instruments},
        balances=context.gateway.load_balances(Lane.EMERGENCY),
    )


def plan_symbol(
    context: AccountContext, book: RiskBook, symbol: str, market: Market
) -> tuple[Flattening, Decimal | None]:
    """Return what is to be done about a position by this book, and the price it was judged by."""
    position, listed = current_position(book, symbol), market_of(symbol)
    instrument = market.instruments.get(listed)
    side = Side.SELL if position.net_quantity > 0 else Side.BUY
    price = _find_price(context, listed, side) if instrument else None
    close = OrderTerms(
        symbol=listed,
        side=side,
        order_type=OrderType.MARKET,
        quantity=None,
        position_side=side_of(symbol),
    )
    plan = plan_flattening(
        position,
        instrument,
        reducible=reducible_quantity(book, close),
        free=market.free(symbol),
        price=price,
        sells_untraded=context.emergency.sell_untraded,
    )
    return plan, price


def _find_price(context: AccountContext, symbol: str, side: Side) -> Decimal | None:
    """Return what a market order meets first; None where the market shows nothing."""
    max_age_ms = context.timings.price_max_age_ms
    try:
        ticker = context.gateway.load_ticker(symbol, Lane.EMERGENCY, max_age_ms=max_age_ms)
    except ExchangeRefused:
        return None
    price = ticker.bid if side is Side.SELL else ticker.ask
    return price if price.is_finite() and price > ZERO else None


def _flatten(
    context: AccountContext, run: EmergencyRun, symbol: str, market: Market
) -> tuple[str, ...]:
    """Record this round's order for the symbol and send it; return its id if there is one."""
    key = f"emergency/{run.run_id}/{symbol}/{run.round}"
    (name,) = order_ids(context, key, 1)
    if context.store.find_order(name) is not None:
        return (name,)  # Of this very round, before a crash; it was sent above
    if market_of(symbol) in market.instruments:
        require_nothing_lost(context, run, symbol)
    for _ in range(MOST_TRIES):
        book = context.store.load_risk_book()
        plan, price = plan_symbol(context, book, symbol, market)
        if plan.terms is None:
            return ()
        position = current_position(book, symbol)
        reference = price or position.entry_price or ZERO
        outcome = _record(context, run, key, plan.terms, reference, book.version)
        if outcome is not RecordOutcome.RISK_CHANGED:
            _send(context, name)
            return (name,)
    raise ConcurrentChange("the account's exposure changed all the time")


def _record(
    context: AccountContext,
    run: EmergencyRun,
    key: str,
    terms: OrderTerms,
    reference: Decimal,
    risk_version: int,
) -> RecordOutcome:
    """Record the order; the same key again changes nothing, whatever its size would be now."""
    intent = OrderIntent(
        account=context.name,
        symbol=terms.symbol,
        side=terms.side,
        order_type=terms.order_type,
        quantity=terms.quantity,
        reduce_only=terms.reduce_only,
        position_side=terms.position_side,
        key=key,
    )
    reservation = build_reservation(terms, reference, context.risk.market_order_collar)
    verdict = Approved(terms=terms, reservation=reservation)
    names = order_ids(context, key, 1)
    unsized = replace(intent, quantity=None)  # So that a repeat is no conflict
    digest = digest_of([unsized], None)
    group = form_group(context, [intent], names, (verdict,), key, digest)
    marked = tuple(replace(order, emergency_run=run.run_id) for order in group.orders)
    recorded = context.store.record(replace(group, orders=marked), risk_version=risk_version)
    return recorded.outcome


def _send(context: AccountContext, client_order_id: str) -> None:
    """Send the order if it is unsent, and look at it where its trades are not known yet."""
    submit_order(context, client_order_id)
    order = context.store.load_order(client_order_id).value
    is_known = order.status in OPEN or (order.is_closed and order.exchange_order_id is not None)
    if is_known and not order.is_settled:
        look_at_order(context, order, Lane.EMERGENCY)
