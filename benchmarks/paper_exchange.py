"""Measure how many signed orders a second one paper exchange takes on this machine.

Two numbers: orders by the clock, which other work on the machine slows down, and orders by the
processor time of the exchange, which is what one core of its own could take.

    python benchmarks/paper_exchange.py [--orders 4000] [--connections 4]

Requests are built and signed beforehand and sent over raw keep-alive connections, one at a time
on each, so that what is measured is the exchange. Client and exchange share the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import hmac
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import psutil

from tests.paper import PaperExchange

_END_OF_HEAD = b"\r\n\r\n"
_LENGTH = b"Content-Length: "


@dataclass(frozen=True)
class Result:
    """What one run measured."""

    orders: int
    refused: int
    seconds: float
    processor_seconds: float
    latencies_ms: list[float]

    def line(self, name: str) -> str:
        ordered = sorted(self.latencies_ms)
        middle, late = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.99)]
        return (
            f"{name:<34} {self.orders / self.seconds:>7.0f} orders/s"
            f" {self.orders / self.processor_seconds:>7.0f} orders/s of processor time"
            f"   p50 {middle:.2f} ms   p99 {late:.2f} ms   refused {self.refused}"
        )


def signed_request(port: int, query: str) -> bytes:
    """Return a POST of an order as it goes over the wire."""
    query += f"&timestamp={time.time_ns() // 1_000_000}&recvWindow=60000"
    signature = hmac.new(b"paper", query.encode(), hashlib.sha256).hexdigest()
    body = f"{query}&signature={signature}"
    return (
        f"POST /api/v3/order HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-MBX-APIKEY: paper\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


def resting(number: int) -> str:
    """Return a limit order that stays in the book."""
    price = 40_000 + number % 1000
    return (
        f"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.001&price={price}"
        f"&newClientOrderId=rest{number}&newOrderRespType=FULL"
    )


def taking(number: int) -> str:
    """Return a market order; buys and sells take turns."""
    side = "BUY" if number % 2 else "SELL"
    return f"symbol=BTCUSDT&side={side}&type=MARKET&quantity=0.0001&newClientOrderId=take{number}"


class Connection(asyncio.Protocol):
    """One keep-alive connection: the next request leaves when the last answer has come."""

    def __init__(self, requests: list[bytes], done: asyncio.Future[None]) -> None:
        self.latencies_ms: list[float] = []
        self.refused = 0
        self._requests = iter(requests)
        self._done = done
        self._answer = b""
        self._sent_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            self._done.set_result(None)
            return
        self._sent_s = time.perf_counter()
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(_END_OF_HEAD)
        if not found:
            return
        length = int(head.partition(_LENGTH)[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        self.latencies_ms.append((time.perf_counter() - self._sent_s) * 1000)
        self.refused += not head.startswith(b"HTTP/1.1 200")
        self._answer = b""
        self._next()

    def connection_lost(self, error: Exception | None) -> None:
        if not self._done.done():
            self._done.set_exception(error or ConnectionError("the exchange hung up"))


def processor_seconds(pid: int) -> float:
    """Return the processor time that a process has used."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


async def run(exchange: PaperExchange, requests: list[bytes], connections: int) -> Result:
    """Send every request over so many connections; return what was measured."""
    loop = asyncio.get_running_loop()
    pid, port = exchange.process.pid, exchange.port
    began_s, used_s = time.perf_counter(), processor_seconds(pid)
    protocols, waiting = [], []
    for first in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        mine = requests[first::connections]
        _, protocol = await loop.create_connection(
            lambda mine=mine, done=done: Connection(mine, done), "127.0.0.1", port
        )
        protocols.append(protocol)
        waiting.append(done)
    await asyncio.gather(*waiting)
    return Result(
        orders=len(requests),
        refused=sum(p.refused for p in protocols),
        seconds=time.perf_counter() - began_s,
        processor_seconds=processor_seconds(pid) - used_s,
        latencies_ms=[ms for p in protocols for ms in p.latencies_ms],
    )


def measure(
    name: str, make: Callable[[int], str], arguments: argparse.Namespace, folder: Path | None
) -> Result:
    """Start an exchange, send it orders of one kind, and print a line."""
    with PaperExchange(
        orders_per_10s=10**9,
        weight_per_minute=10**9,
        balances=["USDT=1000000000", "BTC=1000"],
        data_dir=folder,
    ) as exchange:
        exchange.control.set_symbol("BTCUSDT", max_orders=10**6)
        exchange.control.set_book("BTCUSDT", [(59990, 100)], [(60010, 100)])
        requests = [signed_request(exchange.port, make(n)) for n in range(arguments.orders)]
        result = asyncio.run(run(exchange, requests, arguments.connections))
    print(result.line(name), flush=True)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=4000)
    parser.add_argument("--connections", type=int, default=4)
    arguments = parser.parse_args()
    measure("limit orders that rest", resting, arguments, None)
    measure("market orders that fill", taking, arguments, None)
    with tempfile.TemporaryDirectory() as folder:
        measure("limit orders, kept on disk", resting, arguments, Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        measure("market orders, kept on disk", taking, arguments, Path(folder))


if __name__ == "__main__":
    main()
