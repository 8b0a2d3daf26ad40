"""What the emergency stop without a store sells, and how each order is sent.

A sale whose answer is unclear is not repeated before the exchange would refuse it as too old; on
spot a second one could never sell more than is there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from engine.domain.decimals import ZERO, plain
from engine.domain.derivative import market_of
from engine.domain.identity import client_order_id
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_terms import OrderTerms
from engine.domain.position import empty_position
from engine.domain.report import Balances, Placed, Refusal, Unclear
from engine.errors import EngineError, ExchangeRefused
from engine.execution.placing.submission import claim_form
from engine.execution.placing.submit_answer import describe_answer
from engine.execution.stopping.lone_account import LocalStop, LoneAccount
from engine.risk.flattening import Flattening, plan_flattening


def sell_all(account: LoneAccount, stop: LocalStop) -> None:
    """Sell all that may be sold, and close every contract."""
    gateway = account.gateway
    instruments = {item.symbol: item for item in gateway.load_instruments(Lane.EMERGENCY)}
    balances = gateway.load_balances(Lane.EMERGENCY)
    if gateway.abilities.market_type != "spot":
        _close_contracts(account, stop, instruments)
        return
    markets = _markets(account, instruments, balances)
    for asset, held in sorted(balances.assets.items()):
        if not held.total or asset in gateway.abilities.quote_assets:
            continue
        if asset not in markets:
            stop.left.append(f"{plain(held.total)} {asset}: not on the watchlist, or no market")
            continue
        with _alone(stop, markets[asset].symbol):
            _sell(account, stop, markets[asset], balances)


@contextmanager
def _alone(stop: LocalStop, symbol: str) -> Iterator[None]:
    """Do what one market needs; its trouble must not keep the others from being sold."""
    try:
        yield
    except EngineError as error:
        stop.problems.append(f"{symbol}: {error}")


def _close_contracts(
    account: LoneAccount, stop: LocalStop, instruments: dict[str, Instrument]
) -> None:
    """Close what the exchange shows, reduce-only: a second order can open nothing."""
    for held in account.gateway.load_positions(Lane.EMERGENCY):
        position = empty_position(account.name, held.name)
        plan = plan_flattening(
            replace(position, traded_quantity=held.quantity),
            instruments.get(market_of(held.name)),
            reducible=abs(held.quantity),
            free=ZERO,
            price=held.mark_price,
        )
        with _alone(stop, held.name):
            _order(account, stop, held.name, plan)


def _order(account: LoneAccount, stop: LocalStop, symbol: str, plan: Flattening) -> None:
    """Do what is planned, unless the last order of the symbol may still take effect."""
    if account.clock.monotonic_ms() < stop.wait_until_ms.get(symbol, 0):
        stop.problems.append(f"{symbol}: the last order is in doubt until its window is over")
        return
    stop.left += [f"{symbol}: {sentence}" for sentence in plan.left]
    if plan.problem:
        stop.problems.append(f"{symbol}: {plan.problem}")
    if plan.terms is not None:
        _send(account, stop, plan.terms)


def _markets(
    account: LoneAccount, instruments: dict[str, Instrument], balances: Balances
) -> dict[str, Instrument]:
    """Return the market in which each asset is sold: the watchlist's, else a quote asset's."""
    quotes = account.gateway.abilities.quote_assets
    chosen: dict[str, Instrument] = {}
    for item in instruments.values():
        if account.watchlist:
            is_meant = not {item.symbol, item.exchange_symbol}.isdisjoint(account.watchlist)
        else:
            is_meant = item.quote in quotes
        if is_meant and item.base in balances.assets:
            chosen.setdefault(item.base, item)
    return chosen


def _sell(
    account: LoneAccount, stop: LocalStop, instrument: Instrument, balances: Balances
) -> None:
    symbol, held = instrument.symbol, balances.assets[instrument.base]
    try:
        ticker = account.gateway.load_ticker(symbol, Lane.EMERGENCY)
        price = ticker.bid if ticker.bid.is_finite() and ticker.bid > ZERO else None
    except ExchangeRefused:
        price = None
    position = replace(empty_position(account.name, symbol), traded_quantity=held.total)
    plan = plan_flattening(position, instrument, reducible=held.total, free=held.free, price=price)
    _order(account, stop, symbol, plan)


def _send(account: LoneAccount, stop: LocalStop, terms: OrderTerms) -> None:
    """Send one sale; a later round sees by the balances what came of it."""
    nonce, gateway, timings = account.random.nonce(), account.gateway, account.timings
    order = _form_sale(account, stop, terms)
    gateway.prepare_submit(order, nonce=nonce, lane=Lane.EMERGENCY)
    claimed = claim_form(order, nonce, gateway.exchange_now_ms(), timings.recv_window_ms)
    answer = gateway.submit(claimed)
    said = f"{terms.side} {plain(terms.quantity or ZERO)} {terms.symbol}: {describe_answer(answer)}"
    if isinstance(answer, Placed):
        stop.sales.append(said)
    elif isinstance(answer, Refusal):
        stop.problems.append(said)
    elif isinstance(answer, Unclear):
        window_ms = timings.recv_window_ms + timings.engine_tail_ms + timings.clock_margin_ms
        stop.wait_until_ms[terms.position] = account.clock.monotonic_ms() + window_ms
        stop.problems.append(said)


def _form_sale(account: LoneAccount, stop: LocalStop, terms: OrderTerms) -> Order:
    """Return the order; its id bears our mark, so that a store that comes back adopts it."""
    key = f"local/{stop.run_id}/{terms.position}/{stop.round}"
    length = account.gateway.abilities.id_length
    name = client_order_id(account.identity, account.tag, key, length)
    now_ms = account.clock.now_ms()
    return Order(
        client_order_id=name,
        request_key=key,
        group_id=name,
        account=account.name,
        emergency_run=stop.run_id,
        identity=account.identity,
        terms=terms,
        created_at_ms=now_ms,
        valid_until_ms=now_ms + account.timings.order_valid_ms,
    )
