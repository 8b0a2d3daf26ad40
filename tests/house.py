"""A system of real processes whose accounts have secrets that can be searched for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.fleet import Fleet, client_app
from tests.running import EXECUTION, RunningSystem, running_system

#: Enough that each test has one to itself; name -> uid.
ACCOUNTS = {f"account{number}": 3_000_000 + number for number in range(1, 25)}

#: An account whose key the exchange does not know, before all others: it must not disturb them.
STRANGER = "stranger"

#: 100 USDT and half a BTC at each of three prices, a cent apart: orders walk the book.
ASKS = [("100.00", "0.5"), ("100.01", "0.5"), ("100.02", "5000")]
BIDS = [("99.99", "0.5"), ("99.98", "0.5"), ("99.97", "5000")]
SYMBOLS = ("BTCUSDT", "ETHUSDT")

#: Short, so that a doubt ends within a test; what guards money is of the same kind as always.
TIMINGS = {
    **EXECUTION,
    "recv_window_ms": 2_000,
    "engine_tail_ms": 500,
    "clock_margin_ms": 200,
    "not_placed_margin_ms": 300,
    "query_lag_ms": 0,
    "http_timeout_ms": 5_000,
    "due_lease_ms": 1_000,
    "order_valid_ms": 60_000,
}


def key_of(account: str) -> str:
    return f"apikey-of-{account}-7f3a"


def secret_of(account: str) -> str:
    return f"secret-of-{account}-c51e"


def set_market(system: RunningSystem) -> None:
    """Put the same book on every market."""
    for symbol in SYMBOLS:
        system.paper.set_price(symbol, "100")
        system.paper.set_book(symbol, BIDS, ASKS)


def account_settings(name: str) -> dict[str, str]:
    return {
        "base_url": "paper",
        "api_key": key_of(name),
        "secret": secret_of(name),
    }


@contextmanager
def celery_house(
    folder: Path,
    accounts: Mapping[str, int] = ACCOUNTS,
    *,
    addresses: tuple[str, str] | None = None,
) -> Iterator[Fleet]:
    """Run two Redis servers and a paper exchange; the test starts the workers that it needs.

    `addresses` are those of a broker and a result backend that run elsewhere.
    """
    changes: dict[str, Any] = {
        "accounts": {name: account_settings(name) for name in (STRANGER, *accounts)},
        "execution": TIMINGS,
    }
    keys = [f"{key_of(name)}:{secret_of(name)}:{uid}" for name, uid in accounts.items()]
    with running_system(folder, keys=keys, changes=changes, start=False) as system:
        set_market(system)
        base = system.messages.url.removesuffix("/0")
        broker_url, result_url = addresses or (f"{base}/0", f"{base}/1")
        system.set_messages(broker_url, result_url)
        with Fleet(system, client_app(broker_url, result_url)) as fleet:
            yield fleet
