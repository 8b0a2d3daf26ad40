"""The demo's configuration: a quick seeded market and an account with paper money."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

#: The strategy follows these.
SYMBOLS = ("BTC/USDT", "ETH/USDT")
#: Limit orders rest here, where no signal of the strategy meets them.
LIMIT_SYMBOL = "SOL/USDT"
#: The contract of the brackets, on an account of its own.
CONTRACT = "ETH/USDT:USDT"
SPOT, FUTURES = "spot", "futures"
#: The accounts, and what each trades.
ACCOUNTS = {SPOT: (*SYMBOLS, LIMIT_SYMBOL), FUTURES: (CONTRACT,)}
QUOTE = "USDT"
#: Several levels of the book for each order, so that orders fill in parts.
BALANCE = Decimal(30_000)
MAX_POSITIONS = 4
#: The account number of the only key that a fresh paper exchange knows.
UID = "1000001"
#: Twenty ticks a second: trends of some seconds, which candles of a second can show.
SPEED = 4


def configuration(*, seed: int, flower_port: int, folder: Path) -> dict[str, Any]:
    """Return the configuration file of a private `augustan up`."""
    return {
        "accounts": {
            SPOT: {"exchange": "binance", "base_url": "paper"},
            FUTURES: {"exchange": "binance", "base_url": "paper", "market_type": "futures"},
        },
        "risk_management": {"default_budget": str(BALANCE), "max_positions": MAX_POSITIONS},
        "paper": {
            "seed": seed,
            "speed": SPEED,
            "control": True,  # Its ledger is read at the end, and nothing else is done by it
            "symbols": [*SYMBOLS, LIMIT_SYMBOL],
            "balances": {QUOTE: str(BALANCE)},
            "futures_balances": {QUOTE: str(BALANCE)},
        },
        # The paper exchange acts at once: what an id must wait for on a new store ends sooner
        "execution": {"engine_tail_ms": 500, "clock_margin_ms": 500, "order_check_ms": 3_000},
        "flower": {"port": flower_port},
        "data_dir": str(folder / "data"),
    }
