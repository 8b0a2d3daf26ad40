"""Speak to the control API of a paper exchange, past everything that Augustan knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from engine.errors import ExchangeUnavailable

TIMEOUT_S = 30.0


def call_control(
    paper_url: str, command: str, body: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Carry out a command and return its answer; ExchangeUnavailable when there is none.

    Needs a paper exchange whose control API is on; `workers/paper_exchange/control/commands.py`
    has the commands.
    """
    try:
        with closing(HTTPConnection(urlsplit(paper_url).netloc, timeout=TIMEOUT_S)) as connection:
            connection.request("POST", f"/control/{command}", json.dumps(body or {}).encode())
            response = connection.getresponse()
            answer: dict[str, Any] = json.loads(response.read())
    except (OSError, HTTPException, ValueError) as error:
        raise ExchangeUnavailable(
            f"the paper exchange did not answer {command}: {error}"
        ) from error
    if response.status != 200:
        raise ExchangeUnavailable(f"the paper exchange refused {command}: {answer}")
    return answer
