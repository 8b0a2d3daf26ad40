"""Signals are acted on by any machine, also by one that does not keep the archive."""

from __future__ import annotations

import shutil

import pytest

from engine.domain.signal import SignalStatus, SignalType
from tests.desk import Desk
from tests.integration.archive.aging import archive, pass_retention
from tests.integration.futures.test_signals import quantity, send
from tests.integration.futures.test_trading import trade

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("market_type", ["futures"])
def test_a_reverse_asks_no_archive(desk: Desk) -> None:
    """Whether its first half is recorded already, the store tells."""
    trade(desk, "buy", "0.9")
    pass_retention(desk)
    archive(desk)
    shutil.rmtree(desk.engine.settings.archive_folder)
    desk.restart_engine()
    held = quantity(desk)

    record = send(desk, SignalType.REVERSE)

    assert record.status is SignalStatus.ORDERED
    assert quantity(desk) * held < 0
