"""The process: one port for REST, streams, the WebSocket API and control."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable
from typing import Any

from aiohttp import web

from .api.dispatch import Dispatcher
from .api.rest import Rest
from .api.ws_api import PATH as WS_API_PATH
from .api.ws_api import WsApi
from .clock import ExchangeClock
from .control.actions import Actions
from .control.futures_actions import FuturesActions
from .control.http import PREFIX, ControlHttp
from .control.stream_faults import StreamFaults
from .futures.storage import FuturesStorage
from .futures.venue import Venue as FuturesVenue
from .limits import Limits
from .market.marketplace import Marketplace
from .options import Options
from .spot.venue import Venue
from .sqlite_file import StorageError
from .storage import SqliteStorage
from .streams.market_streams import PREFIX as STREAM_PREFIX
from .streams.market_streams import MarketStreams, pump
from .streams.user_streams import UserStreams

#: For requests that are still being answered when it is told to stop; some hang on purpose.
SHUTDOWN_TIMEOUT_S = 0.5
#: Between two steps of the markets at speed 1.
TICK_S = 0.2
#: Between two looks at the clock; requests look too.
CLOCK_S = 0.05
#: Orders that a minute of futures allows, in those of ten seconds.
_MINUTE_FACTOR = 4


def build_venue(options: Options, clock: ExchangeClock) -> Venue:
    """Return the spot venue as its ledger left it, or a new one, with its accounts open."""
    storage = SqliteStorage(options.data_dir) if options.data_dir is not None else None
    venue = Venue(options.rules, seed=options.seed, clock=clock, storage=storage)
    for symbol, ticks in options.replays.items():
        venue.replay(symbol, ticks)
    if storage is not None:
        if storage.load(venue.ledger):
            venue.ledger.forget_changes()
        _check_markets(venue, {o.symbol for o in venue.ledger.orders()})
        venue.resume()
    _set_limits(venue.limits, options)
    for key in options.keys:
        venue.open_account(key, options.balances)
    venue.commit()
    return venue


def build_futures(options: Options, clock: ExchangeClock) -> FuturesVenue:
    """Return the futures venue as its ledger left it, or a new one, with its accounts open."""
    storage = FuturesStorage(options.data_dir) if options.data_dir is not None else None
    venue = FuturesVenue(options.contracts, seed=options.seed, clock=clock, storage=storage)
    for symbol, ticks in options.replays.items():
        if symbol in venue.markets:
            venue.replay(symbol, ticks)
    if storage is not None:
        if storage.load(venue.ledger):
            venue.ledger.forget_changes()
        held = {p.symbol for p in venue.ledger.positions.values() if p.quantity}
        _check_markets(venue, held | {o.symbol for o in venue.ledger.orders()})
        venue.resume()
    _set_limits(venue.limits, options)
    for key in options.keys:
        venue.open_account(key.uid, options.futures_balances)
    venue.commit()
    return venue


def _set_limits(limits: Limits, options: Options) -> None:
    if options.orders_per_10s is not None:
        limits.orders_per_10s = options.orders_per_10s
        limits.orders_per_minute = _MINUTE_FACTOR * options.orders_per_10s
    if options.weight_per_minute is not None:
        limits.weight_per_minute = options.weight_per_minute


def _check_markets(venue: Marketplace[Any], symbols: set[str]) -> None:
    """Refuse to run without a market in which the ledger has something."""
    missing = sorted(symbols - set(venue.markets))
    if missing:
        raise StorageError(f"--symbols: the ledger has orders in {missing[0]}; add that market")


class Server:
    """Routes requests by their path."""

    def __init__(self, venue: Venue, futures: FuturesVenue, *, control: bool) -> None:
        dispatcher, faults = Dispatcher(venue, futures), StreamFaults()
        users = UserStreams()
        self.market_streams = MarketStreams(venue, faults)
        venue.hears = users.hears
        venue.event_listeners.append(users.publish)
        venue.commit_listeners.append(self.market_streams.feeds.on_commit)
        venue.matcher.print_listeners.append(self.market_streams.feeds.on_print)
        self._rest = Rest(dispatcher)
        self._ws_api = WsApi(dispatcher, users, faults)
        actions = Actions(dispatcher, faults, users, self.market_streams)
        self._control = (
            ControlHttp(actions, FuturesActions(futures, venue.ledger.keys)) if control else None
        )

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if self._control is not None and path.startswith(PREFIX):
            return await self._control.answer(request)
        if path == WS_API_PATH:
            return await self._ws_api.answer(request)
        if path.startswith(STREAM_PREFIX):
            return await self.market_streams.answer(request)
        return await self._rest.answer(request)


async def serve(options: Options) -> None:
    """Serve until INT or TERM; OSError when the port cannot be had."""
    clock = ExchangeClock()
    venue, futures = build_venue(options, clock), build_futures(options, clock)
    server = Server(venue, futures, control=options.control)
    tasks = [asyncio.create_task(pump(server.market_streams))]
    tasks.append(asyncio.create_task(pass_time(futures)))
    if not options.frozen:
        tasks.append(asyncio.create_task(move_markets((venue, futures), options.speed)))
    runner = web.ServerRunner(
        web.Server(server.answer, access_log=None), shutdown_timeout=SHUTDOWN_TIMEOUT_S
    )
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        await site.start()
        port = runner.addresses[0][1]
        print(f"paper exchange ready on http://{options.host}:{port}", flush=True)
        await _until_told()
    finally:
        for task in tasks:
            task.cancel()
        await runner.cleanup()


async def move_markets(venues: Iterable[Venue | FuturesVenue], speed: float) -> None:
    """Tick as often as the speed says, without hurrying after a pause."""
    while True:
        await asyncio.sleep(TICK_S / speed)
        for venue in venues:
            venue.tick()
            venue.commit()


async def pass_time(futures: FuturesVenue) -> None:
    """Let the exchange do what its clock decides: dates, countdowns, the ends of listen keys."""
    while True:
        await asyncio.sleep(CLOCK_S)
        futures.pass_time()


async def _until_told() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
