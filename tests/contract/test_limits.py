"""Weights, order counts, 429 and 418, with their headers."""

from __future__ import annotations

import ccxt
import pytest

from tests.contract.raw import place, send, signed


@pytest.fixture(autouse=True)
def ample_again(control):
    """Give the exchange its ample limits back after each test."""
    control.set_limits(forget=True)
    yield
    control.set_limits(weight_per_minute=1_000_000, orders_per_10s=100_000, forget=True)


def used(reply) -> int:
    return int(reply.headers["x-mbx-used-weight-1m"])


def test_weights_are_counted_as_documented(paper):
    """Each request adds its weight; a placed or canceled order adds none, a failed one does."""
    assert used(send(paper, "GET", "/api/v3/time")) == 1
    assert used(send(paper, "GET", "/api/v3/exchangeInfo")) == 21
    assert used(send(paper, "GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5")) == 26
    assert used(send(paper, "GET", "/api/v3/depth", "symbol=BTCUSDT&limit=1000")) == 76
    assert used(signed(paper, "GET", "/api/v3/openOrders")) == 156
    order = place(paper)
    assert used(order) == 156
    canceled = signed(
        paper, "DELETE", "/api/v3/order", symbol="BTCUSDT", orderId=order.json["orderId"]
    )
    assert used(canceled) == 156
    assert used(place(paper, quantity="1000")) == 157


def test_order_counts_are_of_the_account_and_fall_with_fills(paper, control):
    """Open orders count in both windows; an order that fills counts no more."""
    assert place(paper).headers["x-mbx-order-count-10s"] == "1"
    market = {"type": "MARKET", "timeInForce": None, "price": None}
    filled = place(paper, **market)
    assert filled.headers["x-mbx-order-count-1d"] in {"1", "2"}
    rows = signed(paper, "GET", "/api/v3/rateLimit/order").json
    assert {(r["interval"], r["count"]) for r in rows} == {("SECOND", 1), ("DAY", 1)}


def test_too_many_orders(paper, control):
    """The order above the limit is refused with 429 and -1015, and when to come again."""
    control.set_limits(orders_per_10s=2)
    codes = [place(paper).code for _ in range(3)]
    if codes == [None, None, None]:  # The ten seconds ended in between
        codes = [place(paper).code for _ in range(3)]
    assert -1015 in codes
    reply = place(paper)
    assert reply.status == 429
    assert 1 <= int(reply.headers["retry-after"]) <= 10


def test_429_then_418(paper, control):
    """Who asks on in spite of 429 is banned, and a ban holds for every request."""
    control.set_limits(weight_per_minute=10, ban_after_ignored=3, first_ban_ms=60_000)
    replies = [send(paper, "GET", "/api/v3/ticker/price") for _ in range(8)]
    statuses = [r.status for r in replies]
    assert statuses[:2] == [200, 200]
    assert 429 in statuses
    assert statuses[-1] == 418
    first = next(r for r in replies if r.status == 429)
    assert first.code == -1003
    assert 1 <= int(first.headers["retry-after"]) <= 60
    assert int(replies[-1].headers["retry-after"]) > 0
    assert send(paper, "GET", "/api/v3/ping").status == 418
    assert control.stats()["bans"] >= 1


def test_ccxt_calls_both_ddos_protection(client, control):
    """The client raises DDoSProtection for a refusal of its weight."""
    control.set_limits(weight_per_minute=1, ban_after_ignored=100)
    with pytest.raises(ccxt.DDoSProtection):
        client.fetch_open_orders("BTC/USDT")
