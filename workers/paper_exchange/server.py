"""The process: one port for REST, streams, the WebSocket API and control."""

from __future__ import annotations

import asyncio
import signal
import sys

from aiohttp import web

from .api.dispatch import Dispatcher
from .api.rest import Rest
from .api.ws_api import PATH as WS_API_PATH
from .api.ws_api import WsApi
from .clock import ExchangeClock
from .control.actions import Actions
from .control.http import PREFIX, ControlHttp
from .control.stream_faults import StreamFaults
from .options import Options
from .spot.venue import Venue
from .storage import SqliteStorage, StorageError
from .streams.market_streams import PREFIX as STREAM_PREFIX
from .streams.market_streams import MarketStreams, pump
from .streams.user_streams import UserStreams

#: For requests that are still being answered when it is told to stop; some hang on purpose.
SHUTDOWN_TIMEOUT_S = 0.5
#: Between two steps of the markets at speed 1.
TICK_S = 0.2


def build_venue(options: Options) -> Venue:
    """Return the venue as its ledger left it, or a new one, with its accounts open."""
    storage = SqliteStorage(options.data_dir) if options.data_dir is not None else None
    venue = Venue(options.rules, seed=options.seed, clock=ExchangeClock(), storage=storage)
    for symbol, ticks in options.replays.items():
        venue.replay(symbol, ticks)
    if storage is not None:
        if storage.load(venue.ledger):
            venue.ledger.forget_changes()
        _check_markets(venue)
        venue.resume()
    venue.limits.orders_per_10s = options.orders_per_10s
    venue.limits.weight_per_minute = options.weight_per_minute
    for key in options.keys:
        venue.open_account(key, options.balances)
    venue.commit()
    return venue


def _check_markets(venue: Venue) -> None:
    """Refuse to run without a market in which the ledger has orders."""
    missing = sorted({o.symbol for o in venue.ledger.orders()} - set(venue.markets))
    if missing:
        raise StorageError(f"--symbols: the ledger has orders in {missing[0]}; add that market")


class Server:
    """Routes requests by their path."""

    def __init__(self, venue: Venue, *, control: bool) -> None:
        dispatcher, faults = Dispatcher(venue), StreamFaults()
        users = UserStreams()
        self.market_streams = MarketStreams(venue, faults)
        venue.hears = users.hears
        venue.event_listeners.append(users.publish)
        venue.commit_listeners.append(self.market_streams.feeds.on_commit)
        venue.matcher.print_listeners.append(self.market_streams.feeds.on_print)
        self._rest = Rest(dispatcher)
        self._ws_api = WsApi(dispatcher, users, faults)
        actions = Actions(dispatcher, faults, users, self.market_streams)
        self._control = ControlHttp(actions, venue.commit) if control else None

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
    venue = build_venue(options)
    server = Server(venue, control=options.control)
    tasks = [asyncio.create_task(pump(server.market_streams))]
    if not options.frozen:
        tasks.append(asyncio.create_task(move_markets(venue, options.speed)))
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


async def move_markets(venue: Venue, speed: float) -> None:
    """Tick as often as the speed says, without hurrying after a pause."""
    while True:
        await asyncio.sleep(TICK_S / speed)
        venue.tick()
        venue.commit()


async def _until_told() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
