"""The configuration of the system that is tormented: paper, quick, and with patience to spare."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

SYMBOLS = (
    "BTC/USDT",
    "ETH/USDT",
    "BNB/USDT",
    "SOL/USDT",
    "XRP/USDT",
    "ADA/USDT",
    "DOGE/USDT",
    "LTC/USDT",
    "LINK/USDT",
    "AVAX/USDT",
)
CONTRACTS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "XRP/USDT:USDT")
#: Here every order is a bracket: whatever is held of them must be guarded.
GUARDED = ("LINK/USDT", "SOL/USDT:USDT")
#: The accounts, by what they trade: one of coins, one of contracts, both of one owner.
SPOT, FUTURES = "paper", "futures"
#: More than all orders of a long run could spend.
BALANCE = Decimal(20_000_000)
#: Twenty ticks a second: prices reach what rests near them.
SPEED = 4
#: Faults stay inside what these allow for: see weather.py.
TIMINGS = {
    "recv_window_ms": 3_000,
    "http_timeout_ms": 2_000,
    "engine_tail_ms": 1_000,
    "clock_margin_ms": 2_000,
    "not_placed_margin_ms": 1_000,
    "query_lag_ms": 1_000,
    "clock_max_age_ms": 10_000,
    "due_lease_ms": 5_000,
    "place_wait_ms": 2_500,
    "reconcile_interval_ms": 20_000,
}
STREAM = {"ping_ms": 1_000, "silence_ms": 3_000, "reconnect_longest_ms": 2_000}


def configuration(*, seed: int, flower_port: int, folder: Path) -> dict[str, Any]:
    """Return the configuration file of a private `augustan up`."""
    return {
        "accounts": {
            SPOT: {"exchange": "binance", "base_url": "paper"},
            FUTURES: {"exchange": "binance", "base_url": "paper", "market_type": "futures"},
        },
        "risk_management": {"default_budget": str(BALANCE), "max_positions": 2 * len(SYMBOLS)},
        "paper": {
            "seed": seed,
            "speed": SPEED,
            "control": True,
            "symbols": list(SYMBOLS),
            "balances": {"USDT": str(BALANCE)},
            "futures_balances": {"USDT": str(BALANCE)},
            # Limits have tests of their own; here they would only make it slow
            "weight_per_minute": 600_000,
            "orders_per_10s": 10_000,
        },
        "execution": TIMINGS,
        "stream": STREAM,
        "flower": {"port": flower_port},
        "data_dir": str(folder / "data"),
    }
