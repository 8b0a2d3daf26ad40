"""An emergency stop of a full account whose workers are drowned; see `benchmarks/emergency.py`."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.emergency import Sizes, measure
from engine.domain.order_status import OrderStatus

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_drowned_account_of_full_size_is_flat(tmp_path: Path) -> None:
    """500 open orders, 20 positions, 300 orders waiting and more coming, one that lands late."""
    (table,) = measure(tmp_path, Sizes())
    seen = dict(table.rows)
    assert seen["orders claimed after the halt, its own aside"] == "0"
    assert seen["orders open at the exchange"] == "0"
    assert seen["coins held at the exchange"] == "0"
    assert int(seen["orders ended"]) >= 500
    assert int(seen["flatten orders"]) >= 20
    # It was on its way when the halt came, traded after it, and what it bought was sold, too
    assert seen["the late order"] == OrderStatus.FILLED
