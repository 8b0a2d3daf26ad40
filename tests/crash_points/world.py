"""The world of the lives: servers, an exchange, a market, and a clock that jumps.

Every life begins in the same state at the same time of day, so that its k-th message is the same
each time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import redis

from engine.execution.completing import updates
from engine.execution.reconciling import reconcile
from tests.crash_points import power_cut
from tests.crash_points.clock import Apart, Jump, create_clock
from tests.crash_points.messages import DATABASE, ListDispatcher
from tests.crash_points.power_cut import Loss
from tests.crash_points.wires import Wires
from tests.crash_points.worker import Place, build_engine
from tests.paper import PaperControl, PaperExchange
from tests.redis_server import RedisServer, redis_server
from tests.trader import Trader

ACCOUNT, UID = "crash", 3_100_001
SYMBOLS = ("BTCUSDT", "ETHUSDT")
#: A thin best price: a market order walks the book.
ASKS = [("100.00", "0.5"), ("100.01", "0.5"), ("100.02", "5000")]
BIDS = [("99.99", "0.5"), ("99.98", "0.5"), ("99.97", "5000")]
#: As everywhere, only shorter; but no reconcile before a life waits for one, and no answer that
#: grows old on a slow machine only.
TIMINGS = {
    "recv_window_ms": 2_000,
    "engine_tail_ms": 500,
    "clock_margin_ms": 200,
    "not_placed_margin_ms": 300,
    "query_lag_ms": 0,
    "due_lease_ms": 2_000,
    "order_valid_ms": 60_000,
    "reconcile_interval_ms": 600_000,
    "price_max_age_ms": 50_000,
    "balance_max_age_ms": 50_000,
    "place_wait_ms": 0,  # Whoever places asks again instead
}
#: Claims of before the first reconcile cannot arrive any more after this.
PAST_FENCE_MS = 80_000
#: What is not kept for longer is gone when a life begins.
SHORT_MS = 60_000


#: Key, time to live in ms, value.
Value = tuple[bytes, int, bytes]
#: Of a store that keeps all that it acknowledged, whatever happens to it.
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


@dataclass(frozen=True)
class Kind:
    """What a world is like."""

    market_type: str = "spot"
    is_durable: bool = False  # Its store keeps all that it acknowledged in a file


#: Where an order is placed, by the market type.
ORDER_PATHS = {"spot": "/api/v3/order", "futures": "/fapi/v1/order"}


class World:
    """Servers, exchange and clock, which begin anew as often as one likes."""

    def __init__(self, folder: Path, state: RedisServer, paper: PaperExchange, kind: Kind) -> None:
        self.state, self.paper = state, paper
        self.order_path = ORDER_PATHS[kind.market_type]
        self.wires = Wires(state.port, paper.port)
        self.clock = create_clock(folder / "time")
        self._apart = Apart()
        self._is_lived_in = False
        config = folder / "crash.json"
        config.write_text(json.dumps(_settings(kind.market_type)))
        self.direct = Place(
            config=str(config),
            clock=str(folder / "time"),
            store_url=f"redis://127.0.0.1:{state.port}",
            exchange_url=paper.base_url,
        )
        self.behind_wires = replace(
            self.direct, store_url=self.wires.store_url, exchange_url=self.wires.exchange_url
        )
        self.messages = ListDispatcher(self.direct.store_url)
        engine = build_engine(self.direct, self.clock)
        self.trader = Trader(account=ACCOUNT, uid=UID, paper=paper, engine=engine)
        self._start = self._open()

    @property
    def control(self) -> PaperControl:
        """The exchange's control API of the market on which the account trades."""
        return self.trader.control

    def restore(self, apart_ms: Mapping[str, int] | None = None) -> None:
        """Begin anew: an opened account without orders, at the first time of day."""
        apart = Apart(**(apart_ms or {}))
        # What the store holds was written by these clocks, and in this life of the server; its
        # file holds no other life's writes, which a cut would bring back with all their orders
        is_stale = self._is_lived_in and power_cut.is_kept(self.state.folder)
        if is_stale or (self._start.pid, self._apart) != (self.state.pid, apart):
            self.restart_store(power_cut.everything, keeps_messages=False)
            self._apart = apart
            self._set_clock(0)
            self._start = self._open()
        self._start.restore(self.state.port)
        self._set_clock(self._start.at_ms - int(time.time() * 1000))
        self._empty_exchange()  # Now: its balances tell when they changed
        self._is_lived_in = True

    def pass_time(self, duration_ms: int) -> None:
        """Let everybody's clock jump."""
        self._set_clock(self.clock.jump.ahead_ms + duration_ms)

    def restart_store(self, loss: Loss, *, keeps_messages: bool = True) -> None:
        """Kill the store and start it on what was not lost; the broker's messages stay."""
        messages = _dump(self.state.port, DATABASE) if keeps_messages else []
        self.state.kill()
        loss(self.state.folder)
        self.state.start()
        _restore(self.state.port, DATABASE, messages)
        for client in (self.messages, self.trader.engine.store):
            client.close()  # They connect anew

    def limit_memory(self, most: int) -> None:
        """Refuse writes above so many bytes; 0: no limit."""
        with self.state.client() as client:
            client.config_set("maxmemory", most)

    def close(self) -> None:
        self.wires.close()
        self.messages.close()
        self.trader.close()

    def _open(self) -> _Start:
        """Reconcile the account for the first time, and keep what stands then."""
        self.paper.make_up_past(SYMBOLS)
        money = {"USDT": 1_000_000}
        self.control.open_account("key", "secret", UID, money, futures_balances=money)
        self._empty_exchange()
        self.trader.engine.store.prepare()
        context = self.trader.context
        reconcile.reconcile(context)
        context.gateway.load_instruments()
        self.pass_time(PAST_FENCE_MS)
        updates.update_portfolio(context, "")
        while self.messages.take():
            pass  # They asked for that update
        return _Start.take(self.state, self.clock.now_ms())

    def _empty_exchange(self) -> None:
        self.control.clear_faults()
        self.control.reset()
        self.control.set_limits(forget=True)
        self.control.clear_stats()
        for symbol in SYMBOLS:
            self.control.set_price(symbol, "100")
            self.control.set_book(symbol, BIDS, ASKS)

    def _set_clock(self, ahead_ms: int) -> None:
        self.clock.set(Jump(ahead_ms, self._apart))
        self.control.set_clock(ahead_ms + self._apart.exchange_ms)


@dataclass(frozen=True, kw_only=True)
class _Start:
    """All that the server held at one moment, messages included."""

    at_ms: int
    pid: int  # Of the server
    databases: Sequence[tuple[int, Sequence[Value]]]

    @classmethod
    def take(cls, server: RedisServer, at_ms: int) -> _Start:
        databases = [(number, _dump(server.port, number)) for number in (0, DATABASE)]
        return cls(at_ms=at_ms, pid=server.pid, databases=databases)

    def restore(self, port: int) -> None:
        for number, values in self.databases:
            _restore(port, number, values)


def _restore(port: int, number: int, values: Sequence[Value]) -> None:
    with closing(redis.Redis(port=port, db=number)) as client:
        pipeline = client.pipeline()
        pipeline.flushdb()
        for key, ttl_ms, value in values:
            pipeline.restore(key, ttl_ms, value)
        pipeline.execute()


def _dump(port: int, number: int) -> list[Value]:
    """Return what stays: an answer that lives for seconds would be there in some lives only."""
    with closing(redis.Redis(port=port, db=number)) as client:
        ttls = {key: client.pttl(key) for key in sorted(client.scan_iter())}
        staying = {key: ttl for key, ttl in ttls.items() if ttl < 0 or ttl > SHORT_MS}
        return [(key, max(ttl, 0), client.dump(key)) for key, ttl in staying.items()]


def _settings(market_type: str) -> dict[str, Any]:
    keys = {"base_url": "paper", "api_key": "key", "secret": "secret"}
    return {
        "accounts": {ACCOUNT: {"market_type": market_type, **keys}},
        "paper": {"weight_per_minute": 1_000_000, "orders_per_10s": 100_000},
        "risk_management": {"default_budget": 1_000_000, "max_positions": 50},
        "execution": TIMINGS,
    }


@contextmanager
def open_world(folder: Path, kind: Kind) -> Iterator[World]:
    """Start the servers of a world in a folder of its own."""
    with (
        redis_server(folder, *(DURABLE if kind.is_durable else ())) as state,
        PaperExchange(symbols="BTC/USDT,ETH/USDT") as paper,
        closing(World(folder, state, paper, kind)) as world,
    ):
        yield world
