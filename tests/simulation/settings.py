"""The settings of simulated worlds: two accounts, and times short enough to pass often."""

from __future__ import annotations

import json
import random
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.config import Settings, load_settings

#: Account name -> the exchange's number of it.
UIDS = {"one": 1, "two": 2}
SYMBOLS = ("BTC/USDT", "ETH/USDT")
CONTRACTS = ("BTC/USDT:USDT", "ETH/USDT:USDT")

TIMINGS = {
    "recv_window_ms": 5_000,
    "engine_tail_ms": 1_000,
    "clock_margin_ms": 500,
    "not_placed_margin_ms": 1_500,
    "query_lag_ms": 1_000,
    "http_timeout_ms": 3_000,
    "order_valid_ms": 15_000,
    "place_wait_ms": 5_000,
    "reconcile_interval_ms": 30_000,
}


#: What the accounts of a world trade on, and how often; the others are spot alone.
MARKETS = {"futures": 0.25, "mixed": 0.25}


def draw_markets(dice: random.Random) -> dict[str, str]:
    """Return the market type of each account."""
    chance, names = dice.random(), tuple(UIDS)
    if chance < MARKETS["futures"]:
        return dict.fromkeys(names, "futures")
    if chance < MARKETS["futures"] + MARKETS["mixed"]:
        return dict(zip(names, dice.sample(("spot", "futures"), 2), strict=True))
    return dict.fromkeys(names, "spot")


def symbols_of(market_type: str) -> tuple[str, ...]:
    """Return the symbols that an account of a market type trades."""
    return SYMBOLS if market_type == "spot" else CONTRACTS


@cache
def world_settings(*, is_paper: bool, markets: tuple[str, ...]) -> Settings:
    """Return the settings of all processes of a world; the accounts' market types in order.

    An account that is not on paper halts itself on an empty store, and its exchange may act on a
    request a little after the request's window.
    """
    nowhere = "http://127.0.0.1:1"
    document = {
        "accounts": {
            name: {
                "market_type": market_type,
                "base_url": "paper" if is_paper else nowhere,
                "api_key": f"key{uid}",
                "secret": "none",
            }
            for (name, uid), market_type in zip(UIDS.items(), markets, strict=True)
        },
        "store": {"url": "redis://127.0.0.1:1/0"},
        "paper": {"url": nowhere},
        "execution": TIMINGS,
        "watchlist": sorted({one for market in markets for one in symbols_of(market)}),
        "risk_management": {"default_budget": 10_000_000, "max_positions": 50},
    }
    with TemporaryDirectory() as folder:
        file = Path(folder) / "world.json"
        file.write_text(json.dumps(document))
        return load_settings(str(file), environ={})
