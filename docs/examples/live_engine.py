"""Trade a moving-average cross on paper for some seconds and show how it goes.

Start `augustan up` first; then, in the same folder: python docs/examples/live_engine.py [SECONDS]
"""

from __future__ import annotations

import sys
import time

from engine.live_engine import LiveTradingEngine
from engine.strategies.moving_average_cross import MovingAverageCross


def main(seconds: int) -> int:
    """Run the engine for so long."""
    live = LiveTradingEngine(
        watchlist=["BTCUSDT", "ETHUSDT"],
        initial_balance=1000.0,
        paper_trading=True,  # Refuses an account that trades real money
        strategy=MovingAverageCross(fast=3, slow=8),
        interval="1s",
    )
    try:
        live.start()
        for _ in range(seconds):
            time.sleep(1)
            status = live.get_engine_status()
            print(
                f"running: {status['running']}"
                f"  active orders: {status['order_manager']['active_orders_count']}"
                f"  equity: {status['equity']}"
                f"  signals: {status['signals']}"
            )
        for symbol, position in live.get_engine_status()["positions"].items():
            print(f"{symbol}: {position.net_quantity}, realized {position.realized_pnl}")
    finally:
        live.close()
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 10))
