"""Listen to the user streams of all accounts: `python -m workers.stream_listener [NAME]`.

Run two: each account has one leader, and the other process takes over when it falls silent.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from concurrent.futures import ThreadPoolExecutor

from engine.bootstrap import Engine, build_engine
from engine.config import Settings, load_settings
from engine.errors import ConfigurationError, EngineError
from engine.exchange.preloading import preload_streams
from workers.listening.account import AccountListener
from workers.logs import configure_logging, secrets_of

log = logging.getLogger("workers.stream_listener")  # Not __main__, which it is when it runs

#: Told to whoever started us: the configuration must change, a restart alone is no use.
EXIT_CONFIGURATION = 2
#: How often the process shows that it lives, and how long each sign counts.
BEAT_EVERY_S = 5.0
BEAT_TTL_MS = 30_000
#: What one account may wait for at the same time: a lease, a subscription, and what was given up
#: and is not over yet. Threads are made when they are needed only.
THREADS_PER_ACCOUNT = 4


def main(arguments: list[str]) -> int:
    """Listen until TERM or Ctrl-C; return the exit code."""
    name = arguments[0] if arguments else "stream"
    try:
        settings = load_settings()
        settings.state_address()
        configure_logging(None, secrets_of(settings))
        preload_streams(settings)
        engine = build_engine(settings)
    except ConfigurationError as error:
        print(f"error: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION
    try:
        asyncio.run(listen(engine, f"{name}@{socket.gethostname()}"))
    finally:
        engine.close()
    return 0


async def listen(engine: Engine, name: str) -> None:
    """Listen for every account until a signal; leaderships are given up at the end."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    owner = f"{name} {engine.random.nonce()}"  # Another process may bear the same name
    accounts = accounts_to_follow(engine.settings)
    # With Python's few threads, exchanges that hang would cost all other accounts their leases
    threads = THREADS_PER_ACCOUNT * len(accounts) + 1
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(threads))
    log.info("%s listens for %s", name, ", ".join(accounts) or "nobody, by the settings")
    tasks = [asyncio.create_task(AccountListener(engine, each, owner).run()) for each in accounts]
    tasks.append(asyncio.create_task(show_life(engine, name)))
    await stop.wait()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


def accounts_to_follow(settings: Settings) -> tuple[str, ...]:
    """Return the accounts whose work this machine does, also those that take no new orders."""
    if not settings.stream.enabled:
        return ()
    return tuple(name for name, account in settings.accounts.items() if settings.serves(account))


async def show_life(engine: Engine, name: str) -> None:
    """Leave a sign of life every few seconds."""
    while True:
        try:
            await asyncio.to_thread(engine.store.beat, name, engine.clock.now_ms(), BEAT_TTL_MS)
        except EngineError as error:
            log.warning("%s: %s", name, error)
        await asyncio.sleep(BEAT_EVERY_S)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
