"""What every part of an account's store shares: connection, keys, time, write ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import time
from typing import Any
from uuid import uuid4

import orjson

from engine.domain.identity import AccountIdentity
from engine.errors import InvalidRequest, Retryable, StoreUnclear
from engine.store.client import RedisClient, Word
from engine.store.keys import AccountKeys
from engine.store.scripts import run_read, run_write

#: Tells the time in ms; given where a simulation owns it.
NowMs = Callable[[], int]


def fresh_write_id() -> str:
    """Return a word for one write: stored with it, it shows that the write happened."""
    return uuid4().hex


def pack(plan: Mapping[str, object]) -> str:
    """Return a script's plan as JSON; InvalidRequest for text that is not Unicode."""
    try:
        return orjson.dumps(plan).decode()
    except orjson.JSONEncodeError as error:
        raise InvalidRequest("A text holds characters that are not valid Unicode.") from error


class AccountPart:
    """The keys of one account on one Redis database."""

    def __init__(
        self, client: RedisClient, identity: AccountIdentity, now_ms: NowMs | None = None
    ) -> None:
        self._client = client
        self._identity = identity
        self._keys = AccountKeys(identity.slug)
        self._now_ms = now_ms

    @property
    def identity(self) -> AccountIdentity:
        return self._identity

    def _now(self) -> str:
        """Return the time for a script; empty: the server's own."""
        return "" if self._now_ms is None else str(self._now_ms())

    def _wall_ms(self) -> int:
        """Return our own time, for what is only told."""
        return int(time() * 1000) if self._now_ms is None else self._now_ms()

    def _write(self, script: str, keys: Sequence[str], *args: Word) -> Any:
        return run_write(self._client, script, keys, args)

    def _read(self, script: str, keys: Sequence[str], *args: Word) -> Any:
        return run_read(self._client, script, keys, args)

    def _was_written(self, key: str, version: int, write_id: str, error: StoreUnclear) -> bool:
        """See after a lost reply whether this write made the version after `version`.

        Raises Retryable when the record is still at `version`; False: somebody else's stands.
        """
        stored, author = self._client.read("HMGET", key, "version", f"by:{version + 1}")
        if author == write_id:
            return True
        if int(stored or 0) == version:
            raise Retryable("Redis did not take a write; nothing was changed.") from error
        return False
