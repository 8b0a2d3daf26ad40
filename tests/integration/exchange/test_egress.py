"""Several addresses of one machine are several allowances at the exchange."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from engine.exchange.binance.endpoints import SERVER_TIME
from engine.exchange.client import Client, ClientSettings
from engine.exchange.dialect import Request
from tests.paper import PaperExchange

pytestmark = pytest.mark.integration


@contextmanager
def client(url: str, source_address: str | None) -> Iterator[Client]:
    settings = ClientSettings(
        exchange="binance",
        api_key="key",
        secret="secret",
        timeout_ms=5_000,
        recv_window_ms=5_000,
        base_url=url,
        source_address=source_address,
    )
    with closing(Client(settings, lambda: 0)) as made:
        yield made


def used_weight(asking: Client) -> int:
    answer = asking.send(Request(endpoint=SERVER_TIME))
    return int(answer.headers["x-mbx-used-weight-1m"])


def test_exchange_counts_each_address_for_itself(running: PaperExchange) -> None:
    """What leaves from 127.0.0.7 uses nothing of what 127.0.0.1 may."""
    with client(running.base_url, None) as near, client(running.base_url, "127.0.0.7") as far:
        for _ in range(5):
            used_weight(near)

        assert used_weight(far) == 1


def test_address_of_another_machine_is_proof_that_nothing_left(running: PaperExchange) -> None:
    """An order that cannot be bound to its address was not sent."""
    with client(running.base_url, "192.0.2.7") as lost:
        answer = lost.send(Request(endpoint=SERVER_TIME))

    assert answer.never_left
