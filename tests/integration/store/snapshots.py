"""Everything that a server holds, without what differs from run to run."""

from __future__ import annotations

import re
from typing import Any

import redis

#: Write ids and stream ids are made anew each time.
_FRESH = re.compile(r"[0-9a-f]{32}|\b\d{13,}-\d+\b")


def snapshot(client: redis.Redis) -> dict[str, Any]:
    """Return the contents of every key, fresh ids blanked out."""
    return {_blank(name): _contents(client, name) for name in client.keys("*")}


def _contents(client: redis.Redis, name: str) -> Any:
    found = {
        "string": lambda: client.get(name),
        "hash": lambda: client.hgetall(name),
        "set": lambda: sorted(client.smembers(name)),
        "zset": lambda: client.zrange(name, 0, -1, withscores=True),
        "list": lambda: client.lrange(name, 0, -1),
        "stream": lambda: client.xrange(name),
    }[client.type(name)]()
    return _blank(repr(sorted(found.items()) if isinstance(found, dict) else found))


def _blank(text: str) -> str:
    return _FRESH.sub("…", text)
