"""One kept-alive connection for each process and account, seen on the wire."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest

from engine.domain.lanes import Lane
from engine.domain.report import Placed
from engine.exchange.connection import socket_options
from tests.integration.exchange.closing_proxy import ClosingProxy, closing_proxy
from tests.integration.exchange.house import House, build_house
from tests.paper import PaperControl, PaperExchange
from tests.waiting import eventually

pytestmark = pytest.mark.integration

RESTING: dict[str, Any] = {"quantity": Decimal("0.01"), "price": Decimal(50_000)}


@pytest.fixture
def proxy(running: PaperExchange, control: PaperControl) -> Iterator[ClosingProxy]:
    port = urlsplit(running.base_url).port
    assert port is not None
    with closing_proxy(port) as wire:
        yield wire


@pytest.fixture
def ready(proxy: ClosingProxy) -> Iterator[House]:
    """A gateway that has asked its exchange something."""
    house = build_house(proxy.base_url)
    house.gateway.measure_clock()
    yield house
    house.gateway.close()


def connections_to(base_url: str) -> list[Any]:
    port = urlsplit(base_url).port
    found = psutil.Process().net_connections("tcp")
    return [one for one in found if one.raddr and one.raddr.port == port]


def test_a_hundred_requests_use_one_connection(ready: House, proxy: ClosingProxy) -> None:
    """Signed and public, orders and cancels: opened once, kept, and alone."""
    for _ in range(12):
        order = ready.claimed(**RESTING)
        assert isinstance(ready.gateway.submit(order), Placed)
        ready.gateway.cancel(order)
        ready.gateway.load_balances(Lane.POLL)
        ready.gateway.load_ticker("BTC/USDT")
        ready.gateway.load_open_orders("BTC/USDT", Lane.POLL)
        ready.gateway.load_instruments()
        ready.gateway.load_permissions()
        ready.gateway.load_candles("BTC/USDT", "1m", 10)
    assert proxy.opened == 1
    assert len(connections_to(proxy.base_url)) == 1


def test_two_accounts_have_a_connection_each(ready: House, proxy: ClosingProxy) -> None:
    """What one waits for does not hold the other."""
    second = build_house(proxy.base_url)
    for _ in range(3):
        second.gateway.load_balances(Lane.POLL)
        ready.gateway.load_balances(Lane.POLL)
    assert proxy.opened == 2
    second.gateway.close()
    eventually(lambda: len(connections_to(proxy.base_url)) == 1)


def test_an_idle_connection_that_was_ended_carries_no_order(
    ready: House, proxy: ClosingProxy, control: PaperControl
) -> None:
    """Its end is seen before the claim: a new one is opened and proved by the time's questions."""
    proxy.end_connections()
    eventually(lambda: not ready.gateway.is_connected)
    control.clear_stats()
    order = ready.claimed(**RESTING)
    assert control.stats()["requests"] == {"GET /api/v3/time": 2}
    assert isinstance(ready.gateway.submit(order), Placed)
    assert proxy.opened == 2


def test_a_quiet_worker_stays_warm(ready: House, control: PaperControl) -> None:
    """An open connection is no reason to measure the clock again before its time."""
    control.clear_stats()
    assert isinstance(ready.gateway.submit(ready.claimed(**RESTING)), Placed)
    assert control.stats()["requests"] == {"POST /api/v3/order": 1}
    assert ready.gateway.is_connected


def test_packets_leave_at_once_and_the_peer_is_probed() -> None:
    """Without TCP_NODELAY a request may wait for the acknowledgement of the one before."""
    with socket.socket() as plain:
        for level, name, value in socket_options():
            plain.setsockopt(level, name, value)
        assert plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        assert plain.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
