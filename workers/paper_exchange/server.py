"""The process: one port for REST, streams, the WebSocket API and control."""

from __future__ import annotations

import asyncio
import signal
import sys

from aiohttp import web

from .api.dispatch import Dispatcher
from .api.rest import Rest
from .clock import ExchangeClock
from .control.actions import Actions
from .control.http import PREFIX, ControlHttp
from .options import Options
from .spot.venue import Venue


def build_venue(options: Options) -> Venue:
    """Return the venue with its accounts open."""
    venue = Venue(options.rules, seed=options.seed, clock=ExchangeClock())
    venue.limits.orders_per_10s = options.orders_per_10s
    venue.limits.weight_per_minute = options.weight_per_minute
    for key in options.keys:
        venue.open_account(key, options.balances)
    venue.commit()
    return venue


class Server:
    """Routes requests by their path."""

    def __init__(self, venue: Venue, *, control: bool) -> None:
        dispatcher = Dispatcher(venue)
        self._rest = Rest(dispatcher)
        self._control = ControlHttp(Actions(dispatcher), venue.commit) if control else None

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        path = request.path
        if self._control is not None and path.startswith(PREFIX):
            return await self._control.answer(request)
        return await self._rest.answer(request)


async def serve(options: Options) -> None:
    """Serve until INT or TERM; OSError when the port cannot be had."""
    venue = build_venue(options)
    server = Server(venue, control=options.control)
    runner = web.ServerRunner(web.Server(server.answer, access_log=None))
    await runner.setup()
    try:
        site = web.TCPSite(runner, options.host, options.port)
        await site.start()
        port = runner.addresses[0][1]
        print(f"paper exchange ready on http://{options.host}:{port}", flush=True)
        await _until_told()
    finally:
        await runner.cleanup()


async def _until_told() -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stopped.set)
    await stopped.wait()
