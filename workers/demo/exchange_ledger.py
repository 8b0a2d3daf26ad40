"""Read the paper exchange's own ledger, past everything that Augustan knows."""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from engine.errors import ExchangeUnavailable

TIMEOUT_S = 10.0


def load_ledger(paper_url: str) -> dict[str, Any]:
    """Return accounts, orders and trades; every number is a text with all its digits.

    Needs a paper exchange whose control API is on. Raises ExchangeUnavailable.
    """
    try:
        with closing(HTTPConnection(urlsplit(paper_url).netloc, timeout=TIMEOUT_S)) as connection:
            connection.request("POST", "/control/ledger", b"{}")
            response = connection.getresponse()
            ledger: dict[str, Any] = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise ExchangeUnavailable(f"the paper exchange's ledger cannot be read: {error}") from error
    if response.status != 200:
        raise ExchangeUnavailable(f"the paper exchange shows no ledger: {ledger}")
    return ledger
