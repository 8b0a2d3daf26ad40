"""A store that fails over to a copy which is a little behind: its newest writes are gone."""

from __future__ import annotations

from contextlib import closing

import redis

from tests.redis_server import RedisServer

Value = tuple[bytes, int, bytes]


class Copy:
    """All that the server held at one moment."""

    def __init__(self, server: RedisServer) -> None:
        self._server = server
        with closing(self._client()) as client:
            keys = sorted(client.scan_iter())
            self._values: list[Value] = [
                (key, max(client.pttl(key), 0), client.dump(key)) for key in keys
            ]

    def fall_back(self) -> None:
        """Go on with the copy, as another server."""
        self.restore()
        with closing(self._client()) as client:
            client.replicaof("127.0.0.1", 1)
            client.replicaof("NO", "ONE")

    def restore(self) -> None:
        with closing(self._client()) as client:
            pipeline = client.pipeline()
            pipeline.flushdb()
            for key, ttl_ms, value in self._values:
                pipeline.restore(key, ttl_ms, value)
            pipeline.execute()

    def _client(self) -> redis.Redis:
        return redis.Redis(port=self._server.port)
