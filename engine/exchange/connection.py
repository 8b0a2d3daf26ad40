"""The one connection that a client keeps to its exchange: small packets leave at once, and an
end by the other side is seen before the next request, not by it."""

from __future__ import annotations

import socket
from queue import Empty
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

#: A peer that vanished without a word (a router that forgot us, a machine that is gone) is found
#: half a minute later, and a router that forgets idle connections keeps ours in mind.
KEEPALIVE_AFTER_S, KEEPALIVE_EVERY_S, KEEPALIVE_COUNT = 15, 5, 3


class KeptConnection(HTTPAdapter):
    """Carries the requests of one thread, on one kept-alive connection for each host."""

    def __init__(self, source_address: str | None = None) -> None:
        """`source_address`: the one of this machine's addresses that connections leave from."""
        self._source = None if source_address is None else (source_address, 0)  # Any port
        super().__init__(pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **words: Any) -> None:
        words |= {"socket_options": socket_options(), "source_address": self._source}
        super().init_poolmanager(*args, **words)

    def is_open(self, host: str) -> bool:
        """Tell whether a connection to the host stands that the other side has not ended."""
        pools = self.poolmanager.pools
        kept = [pools.get(key) for key in pools.keys()]  # noqa: SIM118 - it refuses to iterate
        return any(_is_open(pool) for pool in kept if pool is not None and pool.host == host)


def _is_open(pool: HTTPConnectionPool) -> bool:
    if pool.pool is None:
        return False
    try:
        connection = pool.pool.get(block=False)
    except Empty:
        return False
    pool.pool.put(connection, block=False)
    # Between two requests there is nothing to read but an end or an error
    return connection is not None and connection.is_connected


def socket_options() -> list[tuple[int, int, int | bytes]]:
    """Return the options of every connection; what a platform does not know is left out."""
    wanted = {
        "TCP_KEEPIDLE": KEEPALIVE_AFTER_S,
        "TCP_KEEPALIVE": KEEPALIVE_AFTER_S,  # The same by macOS' name
        "TCP_KEEPINTVL": KEEPALIVE_EVERY_S,
        "TCP_KEEPCNT": KEEPALIVE_COUNT,
    }
    return [
        *HTTPConnection.default_socket_options,  # TCP_NODELAY
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
        *(
            (socket.IPPROTO_TCP, getattr(socket, name), value)
            for name, value in wanted.items()
            if hasattr(socket, name)
        ),
    ]
