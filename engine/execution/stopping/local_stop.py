"""The emergency stop without a store: straight to the exchange, believing only what it says.

What it cannot know is said: which coins were bought by orders and which were there before, and
which orders are ours. It cannot halt workers either; those that have lost the store claim nothing.
A sale whose answer is unclear is not repeated before the exchange would refuse it as too old; on
spot a second one could never sell more than is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from engine.config import ExecutionSettings
from engine.domain.decimals import ZERO, plain
from engine.domain.derivative import market_of
from engine.domain.identity import AccountIdentity, client_order_id
from engine.domain.instrument import Instrument
from engine.domain.lanes import Lane
from engine.domain.order import Order
from engine.domain.order_terms import OrderTerms
from engine.domain.position import empty_position
from engine.domain.report import Balances, CancelDone, Placed, Refusal, Unclear
from engine.errors import EngineError, ExchangeRefused
from engine.execution.booking.adoption import form_order
from engine.execution.placing.submission import claim_form
from engine.execution.placing.submit_answer import describe_answer
from engine.ports import Clock, Gateway, Random
from engine.risk.flattening import Flattening, plan_flattening

#: Between two rounds.
PAUSE_MS = 500


@dataclass(frozen=True, kw_only=True)
class LoneAccount:
    """An account with its exchange and nothing else."""

    name: str
    identity: AccountIdentity
    tag: str
    gateway: Gateway
    clock: Clock
    random: Random
    timings: ExecutionSettings
    watchlist: tuple[str, ...]  # What is sold; empty: all that has a market in a quote asset


@dataclass(kw_only=True)
class LocalStop:
    """What was done so far, and what is left to do."""

    run_id: str
    round: int = 0
    canceled: list[str] = field(default_factory=list)
    sales: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    #: Monotonic time before which a symbol's sale of unclear outcome must not be repeated.
    wait_until_ms: dict[str, int] = field(default_factory=dict)
    is_done: bool = False


def stop_alone(
    account: LoneAccount,
    *,
    keep_positions: bool,
    duration_ms: int,
    tell: Callable[[str], None] = lambda sentence: None,
) -> LocalStop:
    """Cancel and sell until the exchange shows nothing more, or the time is up."""
    stop = LocalStop(run_id=account.random.nonce())
    deadline_ms = account.clock.monotonic_ms() + duration_ms
    while not stop.is_done and account.clock.monotonic_ms() < deadline_ms:
        if stop.round:
            account.clock.wait(PAUSE_MS)
        stop.round += 1
        stop.problems, stop.left = [], []
        _round(account, stop, keep_positions=keep_positions)
        stop.is_done = not stop.problems
        tell(f"round {stop.round}: {len(stop.problems)} things left to do")
    return stop


def _round(account: LoneAccount, stop: LocalStop, *, keep_positions: bool) -> None:
    """Do all once; whatever fails is a problem, and the rest is done all the same."""
    try:
        _cancel_all(account, stop)
    except EngineError as error:
        stop.problems.append(f"open orders: {error}")
    if keep_positions:
        return
    try:
        _sell_all(account, stop)
    except EngineError as error:
        stop.problems.append(f"positions: {error}")


def _cancel_all(account: LoneAccount, stop: LocalStop) -> None:
    """End every open order of every symbol; what was open is looked at again in a next round."""
    for report in account.gateway.load_open_orders(None, Lane.EMERGENCY):
        name = f"{report.symbol} {report.exchange_order_id}"
        shown = report.client_order_id or report.exchange_order_id
        order = form_order(account.name, account.identity, shown, report, account.clock.now_ms())
        answer = account.gateway.cancel(order, Lane.EMERGENCY)
        if isinstance(answer, CancelDone):
            stop.canceled.append(name)
        said = "" if isinstance(answer, CancelDone) else f": {answer.message}"
        stop.problems.append(f"order {name} was open{said}")


def _sell_all(account: LoneAccount, stop: LocalStop) -> None:
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
        _sell(account, stop, markets[asset], balances)


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
