"""The process: one port for REST, streams, the WebSocket API and control."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterable

from aiohttp import web

from .api.dispatch import Dispatcher
from .api.rest import Rest
from .api.ws_api import PATH as WS_API_PATH
from .api.ws_api import WsApi
from .building import build_futures, build_venue
from .clock import ExchangeClock
from .control.exchange_actions import ExchangeActions
from .control.futures_actions import FuturesActions
from .control.http import PREFIX, ControlHttp
from .control.spot_actions import SpotActions
from .control.stream_faults import StreamFaults
from .futures.venue import Venue as FuturesVenue
from .options import Options
from .spot.venue import Venue
from .streams.futures_feeds import FuturesFeeds
from .streams.futures_users import FuturesUserStreams, listen_key_in
from .streams.kinds import FUTURES, SPOT
from .streams.market_streams import MarketStreams, pump
from .streams.user_streams import UserStreams

#: For requests that are still being answered when it is told to stop; some hang on purpose.
SHUTDOWN_TIMEOUT_S = 0.5
#: Between two steps of the markets at speed 1.
TICK_S = 0.2
#: Between two looks at the clock; requests look too.
CLOCK_S = 0.05


class Server:
    """Routes requests by their path."""

    def __init__(self, venue: Venue, futures: FuturesVenue, *, control: bool) -> None:
        dispatcher, faults = Dispatcher(venue, futures), StreamFaults()
        users, futures_users = UserStreams(), FuturesUserStreams(futures, faults)
        self.market_streams = MarketStreams(venue, faults, SPOT)
        self.futures_streams = MarketStreams(futures, faults, FUTURES)
        venue.hears = users.hears
        venue.event_listeners.append(users.publish)
        venue.commit_listeners.append(self.market_streams.feeds.on_commit)
        venue.matcher.print_listeners.append(self.market_streams.feeds.on_print)
        futures.event_listeners.append(futures_users.publish)
        futures.commit_listeners.append(self.futures_streams.feeds.on_commit)
        if isinstance(self.futures_streams.feeds, FuturesFeeds):
            futures.takeovers.listeners.append(self.futures_streams.feeds.on_forced)
        futures.matcher.print_listeners.append(self.futures_streams.feeds.on_print)
        self._futures_users = futures_users
        self._rest = Rest(dispatcher)
        self._ws_api = WsApi(dispatcher, users, faults)
        others = (self.market_streams, self.futures_streams, futures_users)
        actions = ControlHttp(
            ExchangeActions(dispatcher, faults, users, others),
            SpotActions(venue),
            FuturesActions(futures, venue.ledger.keys),
        )
        self._control = actions if control else None

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if self._control is not None and path.startswith(PREFIX):
            return await self._control.answer(request)
        if path == WS_API_PATH:
            return await self._ws_api.answer(request)
        if path.startswith(SPOT.prefix):
            return await self.market_streams.answer(request)
        if path.startswith(FUTURES.prefix):
            key = listen_key_in(request)
            if key is not None:
                return await self._futures_users.answer(request, key)
            return await self.futures_streams.answer(request)
        return await self._rest.answer(request)


async def serve(options: Options) -> None:
    """Serve until INT or TERM; OSError when the port cannot be had."""
    clock = ExchangeClock()
    venue, futures = build_venue(options, clock), build_futures(options, clock)
    server = Server(venue, futures, control=options.control)
    tasks = [
        asyncio.create_task(pump(server.market_streams)),
        asyncio.create_task(pump(server.futures_streams)),
        asyncio.create_task(pass_time(futures)),
    ]
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
            if isinstance(venue, FuturesVenue):
                venue.funding.settle_due()
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
