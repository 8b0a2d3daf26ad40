"""What guards the positions of an account at the end of a world, by the exchange's own books."""

from __future__ import annotations

from decimal import Decimal

from engine.domain.instrument import Instrument
from engine.domain.protection import ProtectionState
from engine.ports import AccountStore, OrderFilter
from tests.builders import build_instrument
from tests.simulation.contracts import conditional
from tests.simulation.exchange import BASES, TICK, SimulatedExchange
from tests.simulation.settings import CONTRACTS, SYMBOLS
from workers.chaos.guards import Guards, Seen, check_guards
from workers.chaos.working import Working

#: Of every market of a world (exchange.py).
STEP = Decimal("0.001")


def look_at_guards(store: AccountStore, exchange: SimulatedExchange, uid: int) -> Guards:
    """Lay the plans that live, and the legs at the exchange, beside what is held there."""
    is_spot = store.identity.market_type == "spot"
    working = _coins(exchange, uid) if is_spot else _contracts(exchange, uid)
    plans = [stored.value for stored in store.list_protections()]
    seen = Seen(
        plans=[plan for plan in plans if plan.state is ProtectionState.ACTIVE],
        orders=store.list_orders(OrderFilter.RECENT),
        working=working,
        rules=_rules(exchange, is_spot=is_spot),
    )
    return check_guards(seen)


def _coins(exchange: SimulatedExchange, uid: int) -> Working:
    ledger = exchange.venue.ledger
    remaining = {
        name: order.remaining_quantity
        for order in ledger.orders()
        if order.uid == uid and order.is_open
        for name in order.client_order_ids
    }
    balances = ledger.accounts[uid].balances
    positions = {f"{base}USDT": balances[base].total for base in BASES if base in balances}
    return Working(remaining=remaining, positions=positions, prices={})


def _contracts(exchange: SimulatedExchange, uid: int) -> Working:
    venue = exchange.contracts
    ledger = venue.ledger
    orders = [
        *(order for order in ledger.orders() if order.uid == uid),
        *(conditional(venue, one.algo_id) for one in ledger.algo.by_id.values() if one.uid == uid),
    ]
    positions = {
        f"{one.symbol} {one.side}".removesuffix(" BOTH"): one.quantity
        for one in ledger.positions.values()
        if one.uid == uid
    }
    remaining = {one.client_order_id: one.remaining_quantity for one in orders if one.is_open}
    return Working(remaining=remaining, positions=positions, prices={})


def _rules(exchange: SimulatedExchange, *, is_spot: bool) -> dict[str, Instrument]:
    markets = exchange.venue.markets if is_spot else exchange.contracts.markets
    least = {symbol: market.rules.min_notional for symbol, market in markets.items()}
    return {
        symbol: build_instrument(
            symbol=symbol,
            market_type="spot" if is_spot else "futures",
            quantity_step=STEP,
            min_quantity=STEP,
            price_tick=TICK,
            min_notional=least[f"{base}USDT"],
        )
        for base, symbol in zip(BASES, SYMBOLS if is_spot else CONTRACTS, strict=True)
    }
