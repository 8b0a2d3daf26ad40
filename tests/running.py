"""A whole Augustan of its own, of real processes, for end-to-end tests.

Two Redis servers (state; messages and results), a frozen paper exchange with its control API,
one Celery worker over all lanes and one beat, in a folder of their own with quick timings:

    with running_system(folder) as system:
        system.paper.set_price("BTCUSDT", 50_000)
        order = system.json("order", "place", "BTC/USDT", "buy", "0.1", "--account", "paper")

The fixture `system` shares one between all end-to-end tests of a run: use an account of your own
there (ACCOUNTS), and change the market only of a symbol that no other file uses.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tests.command import Answer, Call, run_installed
from tests.forked_celery import CeleryProcess
from tests.paper import PaperControl, PaperExchange
from tests.redis_server import RedisServer, redis_server
from tests.waiting import eventually

#: Their uids at the paper exchange count up from FIRST_UID; key and secret are their names.
ACCOUNTS = ("paper", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
FIRST_UID = 1_000_001
SYMBOLS = "BTC/USDT,ETH/USDT"
BALANCES = ("USDT=1000000",)
#: Starting five processes, on a busy machine.
READY_TIMEOUT_S = 60.0

#: Quick looks and short patience. What guards money (window, margins) stays real, only shorter.
EXECUTION = {
    "recv_window_ms": 3_000,
    "engine_tail_ms": 1_000,
    "not_placed_margin_ms": 500,
    "query_lag_ms": 0,
    "clock_margin_ms": 100,
    "poll_first_ms": 50,
    "order_check_ms": 300,
    "in_doubt_check_ms": 200,
    "place_wait_ms": 15_000,
    "reconcile_interval_ms": 30_000,
    "price_max_age_ms": 1,  # Tests move the price and order at once
    "balance_max_age_ms": 1,
}


class RunningSystem:
    """The processes, and the hands on them."""

    def __init__(
        self,
        folder: Path,
        *,
        state: RedisServer,
        messages: RedisServer,
        exchange: PaperExchange,
        settings: Mapping[str, Any],
    ) -> None:
        self.folder = folder
        self.state = state
        self.messages = messages
        self.exchange = exchange
        self.config = folder / "augustan.json"
        self.config.write_text(json.dumps(settings, indent=2))
        worker = ("worker", "--concurrency=2", "--loglevel=INFO", "--hostname=all@test")
        self.worker = CeleryProcess("worker", worker, self.environ, folder)
        self.beat = CeleryProcess("beat", ["beat"], self.environ, folder)

    @property
    def paper(self) -> PaperControl:
        """The control API of the exchange."""
        return self.exchange.control

    @property
    def environ(self) -> dict[str, str]:
        """The variables with which any process finds this system."""
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("AUGUSTAN")
        }
        return {
            **inherited,
            "AUGUSTAN_CONFIG": str(self.config),
            "AUGUSTAN_DATA": str(self.folder / "data"),
        }

    def set_messages(self, broker_url: str, result_url: str) -> None:
        """Write other addresses of the messages and results; before anything is started."""
        settings = json.loads(self.config.read_text())
        settings["store"] |= {"broker_url": broker_url, "result_url": result_url}
        self.config.write_text(json.dumps(settings, indent=2))

    # ---- the command -------------------------------------------------------------------------

    def start_call(self, *arguments: str, **environ: str) -> Call:
        """Start `augustan …` and return at once; `environ` are further variables."""
        return Call(arguments, {**self.environ, **environ}, self.folder)

    def augustan(self, *arguments: str, **environ: str) -> Answer:
        """Run `augustan …` in a process of its own."""
        return self.start_call(*arguments, **environ).answer()

    def json(self, *arguments: str, exit_code: int = 0, **environ: str) -> Any:
        """Run `augustan … --json`, check how it ended, and return its document."""
        return self.augustan(*arguments, "--json", **environ).expect(exit_code).document

    def at_once(self, calls: Sequence[Sequence[str]]) -> list[Answer]:
        """Run several commands at the same time."""
        started = [self.start_call(*arguments) for arguments in calls]
        return [call.answer() for call in started]

    def installed(self, *arguments: str) -> Answer:
        """Run the installed script, as from a shell."""
        return run_installed(arguments, self.environ, self.folder)

    # ---- the processes -----------------------------------------------------------------------

    def start(self) -> None:
        """Start worker and beat and wait until orders can flow."""
        self.worker.start()
        self.beat.start()
        # Each question for the status is a process: none while the answer can only be no
        eventually(self._has_come_up, timeout_s=READY_TIMEOUT_S, message=self.tails())
        self.await_ready()

    def stop(self) -> None:
        """Stop worker and beat."""
        self.beat.stop()
        self.worker.stop()

    def restart(self) -> None:
        """Stop and start everything that holds no data."""
        self.stop()
        self.start()

    def await_ready(self, timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until `augustan status` says that orders can flow."""
        try:
            eventually(self.is_ready, timeout_s=timeout_s)
        except AssertionError:
            status = self.augustan("status")
            raise AssertionError(f"not ready: {status}\n{self.tails()}") from None

    def is_ready(self) -> bool:
        answer = self.augustan("status", "--json")
        return answer.exit_code == 0 and bool(answer.document["ready"])

    def _has_come_up(self) -> bool:
        return "all@test ready." in self.worker.said()

    def forget(self) -> None:
        """Empty the state and the messages, as a lost Redis without a copy does."""
        for server in (self.state, self.messages):
            with server.client() as client:
                client.flushall()

    def tails(self) -> str:
        """Return the ends of the logs."""
        return "\n".join(f"--- {p.name}\n{p.tail()}" for p in (self.worker, self.beat))


def paper_settings(
    *, state: RedisServer, messages: RedisServer, exchange_url: str, accounts: Sequence[str]
) -> dict[str, Any]:
    """Return a configuration that joins the parts."""
    base = messages.url.removesuffix("/0")
    return {
        "accounts": {
            name: {"base_url": "paper", "api_key": name, "secret": name} for name in accounts
        },
        # Tests run faster than a real exchange's minute allows
        "paper": {
            "url": exchange_url,
            "weight_per_minute": 1_000_000,
            "orders_per_10s": 100_000,
        },
        "store": {"url": state.url, "broker_url": f"{base}/0", "result_url": f"{base}/1"},
        "risk_management": {"default_budget": 100_000, "max_positions": 50},
        "execution": dict(EXECUTION),
    }


@contextmanager
def running_system(
    folder: Path,
    *,
    accounts: Sequence[str] = ACCOUNTS,
    changes: Mapping[str, Any] | None = None,
    start: bool = True,
    symbols: str = SYMBOLS,
    keys: Sequence[str] | None = None,
) -> Iterator[RunningSystem]:
    """Run a system in `folder`; `changes` are top-level settings, `start` False waits for none.

    `keys` (KEY:SECRET:UID) are what the exchange knows, where `changes` has other accounts.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if keys is None:
        keys = [f"{name}:{name}:{FIRST_UID + i}" for i, name in enumerate(accounts)]
    durable = ("--appendonly", "yes", "--appendfsync", "always")
    with ExitStack() as stack:
        servers = [
            stack.enter_context(redis_server(_made(folder / name), *durable))
            for name in ("state", "messages")
        ]
        exchange = stack.enter_context(
            PaperExchange(
                accounts=keys, balances=BALANCES, symbols=symbols, data_dir=folder / "paper"
            )
        )
        # Not within the time limit of the first order's question for the price
        exchange.make_up_past(symbol.replace("/", "") for symbol in symbols.split(","))
        settings = paper_settings(
            state=servers[0],
            messages=servers[1],
            exchange_url=exchange.base_url,
            accounts=accounts,
        )
        system = RunningSystem(
            folder,
            state=servers[0],
            messages=servers[1],
            exchange=exchange,
            settings={**settings, **(changes or {})},
        )
        stack.callback(system.stop)
        if start:
            system.start()
        yield system


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
