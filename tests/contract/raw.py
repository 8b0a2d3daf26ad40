"""Requests by hand, for what ccxt hides: codes, messages, headers and wrong requests."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import time
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.paper import PaperExchange


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def code(self) -> int | None:
        """Binance's error code, None for a good answer."""
        body = self.json
        return body.get("code") if isinstance(body, dict) else None

    @property
    def message(self) -> str:
        return str(self.json["msg"])


def send(
    exchange: PaperExchange, method: str, path: str, query: str = "", key: str | None = None
) -> Reply:
    """Send a request as it is given."""
    connection = http.client.HTTPConnection("127.0.0.1", exchange.port, timeout=10)
    try:
        headers = {} if key is None else {"X-MBX-APIKEY": key}
        connection.request(method, f"{path}?{query}" if query else path, headers=headers)
        response = connection.getresponse()
        text = response.read().decode()
        return Reply(response.status, {k.lower(): v for k, v in response.getheaders()}, text)
    finally:
        connection.close()


def signed(
    exchange: PaperExchange,
    method: str,
    path: str,
    key: str = "paper",
    secret: str = "paper",
    **parameters: object,
) -> Reply:
    """Send a signed request; a parameter of None is left out."""
    given = {"timestamp": time.time_ns() // 1_000_000, "recvWindow": 5000, **parameters}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    signature = hmac.new(secret.encode(), query.encode(), hashlib.sha256).hexdigest()
    return send(exchange, method, path, f"{query}&signature={signature}", key)


def place(exchange: PaperExchange, **parameters: object) -> Reply:
    """Place an order: a limit buy of 0.001 BTC at 50,000 unless told otherwise."""
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.001",
        "price": "50000",
    }
    return signed(exchange, "POST", "/api/v3/order", **(order | parameters))


def place_future(exchange: PaperExchange, **parameters: object) -> Reply:
    """Place a futures order: a limit buy of 0.01 BTC at 50,000 unless told otherwise."""
    order = {
        "symbol": "BTCUSDT",
        "side": "BUY",
        "type": "LIMIT",
        "timeInForce": "GTC",
        "quantity": "0.01",
        "price": "50000",
    }
    return signed(exchange, "POST", "/fapi/v1/order", **(order | parameters))
