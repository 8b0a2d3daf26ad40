"""Every address of a ccxt client moved behind one host.

REST keeps the exchange's own paths; the streams get a first word that tells their markets apart,
which ccxt.pro itself looks for. Any server that keeps this layout can stand in for the exchange.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

#: First label of the host that serves streams -> first word of the path behind our host.
STREAMS = {"stream": "/stream", "fstream": "/fstream", "dstream": "/dstream"}


def move_urls(urls: Mapping[str, Any], base_url: str) -> dict[str, Any]:
    """Return ccxt's `urls["api"]` with every address on the host of `base_url`.

    `base_url` is an http or https address without a trailing slash; WebSocket addresses get the
    matching ws or wss form of it.
    """
    return {name: _move(value, base_url) for name, value in urls.items()}


def _move(value: Any, base_url: str) -> Any:
    if isinstance(value, Mapping):
        return move_urls(value, base_url)
    parts = urlsplit(value)
    if not parts.scheme.startswith("ws"):
        return base_url + parts.path
    stream = STREAMS.get((parts.hostname or "").split(".")[0], "")
    return "ws" + base_url.removeprefix("http") + stream + parts.path
