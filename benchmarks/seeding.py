"""Many open orders quickly: placed at the exchange under our ids, then adopted.

What the system then holds is what it would hold had it placed them itself and lost its store:
open orders of ours, each in the due set. Placing them one by one would take ten times as long.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

from benchmarks.markets import RESTING_PRICE, exchange_name
from benchmarks.raw_requests import send_all, signed_order
from benchmarks.system import BenchSystem
from engine.domain.identity import client_order_id
from engine.domain.lanes import Lane
from engine.execution.booking.adoption import form_order
from engine.execution.reconciliation import apply_report
from engine.execution.schedule import check_in_ms
from tests.trader import Trader

CONNECTIONS = 4

_numbers = count()


@dataclass(frozen=True, kw_only=True)
class Seed:
    """An open order of ours."""

    account: str
    symbol: str
    client_order_id: str


def seed_orders(
    system: BenchSystem, trader: Trader, symbols: Sequence[str], orders: int
) -> list[Seed]:
    """Let the account have so many more open orders, spread evenly over the symbols."""
    seeds = [_new_seed(trader, symbols[number % len(symbols)]) for number in range(orders)]
    requests = [_request(system.exchange.port, seed) for seed in seeds]
    with_room(system)
    connections = asyncio.run(send_all(system.exchange.port, requests, CONNECTIONS))
    refusals = [refusal for connection in connections for refusal in connection.refusals]
    assert not refusals, refusals[0]
    _adopt(trader, seeds)
    return seeds


def with_room(system: BenchSystem) -> None:
    """Let the exchange take many orders at once, as a real one would within hours."""
    system.exchange.control.set_limits(orders_per_10s=10**9, orders_per_day=10**9, forget=True)


def _adopt(trader: Trader, seeds: Sequence[Seed]) -> None:
    """Take the exchange's list in, each order with one write; a listener may be faster."""
    context = trader.context
    wanted = {seed.client_order_id for seed in seeds}
    for report in context.gateway.load_open_orders(None, Lane.RESOLVE):
        name = report.client_order_id
        if name not in wanted:
            continue
        now_ms = context.clock.now_ms()
        order = apply_report(
            form_order(context.name, context.identity, name, report, now_ms), report, now_ms
        )
        first_ms = check_in_ms(order, now_ms, context.timings)
        context.store.adopt(order, events=(), check_in_ms=first_ms)


def _new_seed(trader: Trader, symbol: str) -> Seed:
    context = trader.context
    name = client_order_id(context.identity, context.tag, f"seed{next(_numbers)}")
    return Seed(account=trader.account, symbol=symbol, client_order_id=name)


def _request(port: int, seed: Seed) -> bytes:
    query = (
        f"symbol={exchange_name(seed.symbol)}&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1"
        f"&price={RESTING_PRICE}&newClientOrderId={seed.client_order_id}"
    )
    return signed_order(port, query, key=seed.account, secret=seed.account)
