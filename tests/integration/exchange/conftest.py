"""One exchange process for a module, clean for each test, and a gateway of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.integration.exchange.house import House, build_house
from tests.paper import PaperControl, PaperExchange


@pytest.fixture(scope="module")
def running() -> Iterator[PaperExchange]:
    """Give a frozen exchange with its control API, shared by the tests of a module."""
    exchange = PaperExchange().start()
    yield exchange
    exchange.kill()  # A polite stop would wait for the requests that faults left hanging


@pytest.fixture
def control(running: PaperExchange) -> PaperControl:
    """Give the control of an exchange as it was at its start."""
    control = running.control
    control.clear_faults()
    control.set_clock(0)
    control.set_read_lag(0)
    control.reset()
    control.set_limits(forget=True)
    control.set_price("BTCUSDT", 60_000)
    control.clear_stats()
    return control


@pytest.fixture
def house(running: PaperExchange, control: PaperControl) -> Iterator[House]:
    """Give a gateway with short patience, ready to submit."""
    house = build_house(running.base_url, http_timeout_ms=400)
    house.gateway.measure_clock()
    yield house
    house.gateway.close()
