"""Buy a little Bitcoin at the market and watch it fill.

Start `augustan up` first; then, in the same folder: python docs/examples/market_order.py
"""

from __future__ import annotations

import sys
import threading

from engine.order_manager import OrderManager, OrderRequest, OrderResult, OrderType


def main() -> int:
    """Place one market order; 0 when the exchange filled it."""
    was_told = threading.Event()

    def on_fill(order_id: str, result: OrderResult) -> None:
        print(f"fill of {order_id}: {result.filled_quantity} so far")
        was_told.set()

    manager = OrderManager(testnet=True)  # Refuses an account that trades real money
    manager.add_fill_callback(on_fill)
    manager.start_order_monitoring()
    try:
        result = manager.place_order(
            OrderRequest(
                symbol="BTCUSDT",
                side="buy",
                order_type=OrderType.MARKET,
                quantity=0.001,
                test=True,
            )
        )
        print(f"{result.order_id}: {result.status} {result.filled_quantity} {result.symbol}")
        print(f"at {result.average_price}, exchange order {result.exchange_order_id}")
        if not result.success:
            print(result.reason, file=sys.stderr)
            return 1
        was_told.wait(timeout=10)  # Callbacks come from the event stream, a moment later
        return 0
    finally:
        manager.close()


if __name__ == "__main__":
    sys.exit(main())
