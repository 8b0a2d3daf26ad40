"""The settings of simulated worlds: two accounts, and times short enough to pass often."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.config import Settings, load_settings

#: Account name -> the exchange's number of it.
UIDS = {"one": 1, "two": 2}

TIMINGS = {
    "recv_window_ms": 5_000,
    "engine_tail_ms": 1_000,
    "clock_margin_ms": 500,
    "not_placed_margin_ms": 1_500,
    "http_timeout_ms": 3_000,
    "order_valid_ms": 15_000,
    "place_wait_ms": 5_000,
    "reconcile_interval_ms": 30_000,
}


@cache
def world_settings(*, is_paper: bool) -> Settings:
    """Return the settings of all processes of a world.

    An account that is not on paper halts itself on an empty store, and its exchange may act on a
    request a little after the request's window.
    """
    nowhere = "http://127.0.0.1:1"
    document = {
        "accounts": {
            name: {
                "base_url": "paper" if is_paper else nowhere,
                "api_key": f"key{uid}",
                "secret": "none",
            }
            for name, uid in UIDS.items()
        },
        "store": {"url": "redis://127.0.0.1:1/0"},
        "paper": {"url": nowhere},
        "execution": TIMINGS,
        "watchlist": ["BTC/USDT", "ETH/USDT"],
        "risk_management": {"default_budget": 10_000_000, "max_positions": 50},
    }
    with TemporaryDirectory() as folder:
        file = Path(folder) / "world.json"
        file.write_text(json.dumps(document))
        return load_settings(str(file), environ={})
