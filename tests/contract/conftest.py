"""Fixtures of the contract tests: one paper exchange per module, clean for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.contract.clients import futures_client, sync_client
from tests.paper import PaperControl, PaperExchange


@pytest.fixture(scope="module")
def running() -> Iterator[PaperExchange]:
    """Give a frozen exchange with control, shared by the tests of a module."""
    with PaperExchange() as exchange:
        yield exchange


@pytest.fixture
def paper(running: PaperExchange) -> PaperExchange:
    """Give the exchange as it was at its start."""
    control = running.control
    control.clear_faults()
    control.set_clock(0)
    control.set_read_lag(0)
    control.reset()
    control.set_price("BTCUSDT", 60000)
    control.clear_stats()
    return running


@pytest.fixture
def control(paper: PaperExchange) -> PaperControl:
    return paper.control


@pytest.fixture(scope="module")
def loaded(running: PaperExchange):
    """Give a sync ccxt client of the default account, markets loaded once for a module."""
    return sync_client(running)


@pytest.fixture
def client(paper: PaperExchange, loaded):
    """Give the client of the default account of a clean exchange."""
    return loaded


@pytest.fixture
def futures(paper: PaperExchange) -> PaperControl:
    """Give the control of the futures market, as it was at its start."""
    futures = paper.control.futures
    futures.set_mark_price("BTCUSDT", None)
    futures.set_price("BTCUSDT", 60000)
    futures.set_read_lag(0)
    return futures


@pytest.fixture(scope="module")
def loaded_futures(running: PaperExchange):
    """Give a sync ccxt client of USDⓈ-M futures, contracts loaded once for a module."""
    return futures_client(running)


@pytest.fixture
def swap(futures: PaperControl, loaded_futures):
    """Give the futures client of the default account of a clean exchange."""
    return loaded_futures
