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
from engine.execution.fills import take_report
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
    _adopt(trader)
    return seeds


def with_room(system: BenchSystem) -> None:
    """Let the exchange take many orders at once, as a real one would within hours."""
    system.exchange.control.set_limits(orders_per_10s=10**9, orders_per_day=10**9, forget=True)


def _adopt(trader: Trader) -> None:
    """Take the exchange's list in, as a reconcile does, without its look at every symbol."""
    for report in trader.context.gateway.load_open_orders(None, Lane.RESOLVE):
        take_report(trader.context, report)


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
