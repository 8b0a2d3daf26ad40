"""Read the paper exchange's own ledger, past everything that Augustan knows."""

from __future__ import annotations

from typing import Any

from workers.demo.control import call_control


def load_ledger(paper_url: str, market_type: str = "spot") -> dict[str, Any]:
    """Return accounts, orders and trades; every number is a text with all its digits.

    `market_type` is "spot" or "futures", whose ledgers are two.

    Needs a paper exchange whose control API is on. Raises ExchangeUnavailable.
    """
    return call_control(paper_url, "ledger", {"market_type": market_type})
