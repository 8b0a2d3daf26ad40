"""What holds on every market is shown on every market: the same test, on another account."""

from __future__ import annotations

import pytest

#: The account of the desk trades coins, then contracts.
on_both_markets = pytest.mark.parametrize("market_type", ["spot", "futures"], indirect=True)
#: The same, contracts in the exhaustive suite only.
later_on_both_markets = pytest.mark.parametrize(
    "market_type", ["spot", pytest.param("futures", marks=pytest.mark.slow)], indirect=True
)
