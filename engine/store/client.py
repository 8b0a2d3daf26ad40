"""One connection pool to Redis that never sends a write twice.

redis-py repeats a command up to ten times by default, which would run a write again whose first
run was only slow to answer. Here a command goes out once; only questions are asked again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

from redis.backoff import NoBackoff
from redis.connection import AbstractConnection, ConnectionPool
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.retry import Retry
from redis.sentinel import Sentinel, SentinelConnectionPool

from engine.config.addresses import StoreAddress
from engine.errors import EngineError, InvalidRequest, StoreUnavailable, StoreUnclear
from engine.store.refusals import is_refusal, refusal_sentence

T = TypeVar("T")

#: How often a question is asked before the store counts as unavailable.
READ_ATTEMPTS = 3

#: One word or number of a command.
Word = str | int | bytes


class Session:
    """One connection, for commands that must follow each other on it."""

    def __init__(self, connection: AbstractConnection, place: str) -> None:
        self._connection = connection
        self._place = place

    def ask(self, *command: Word, timeout_s: float | None = None) -> Any:
        """Send one command once and return its reply.

        Raises StoreUnavailable when the server refused to run it, StoreUnclear when nobody knows
        whether it ran, NoScriptError when a hash is unknown, EngineError when the command is wrong.
        """
        is_over = False  # Nothing of this exchange is left on the wire
        try:
            self._connection.send_command(*command)  # type: ignore[no-untyped-call]
            reply = self._receive(timeout_s)
            is_over = True
            return reply
        except ResponseError as error:
            is_over = True
            if isinstance(error, NoScriptError):
                raise
            raise self._translated(error) from error
        except (RedisError, OSError) as error:
            raise self._translated(error) from error
        except UnicodeError as error:
            raise InvalidRequest("A text holds characters that are not valid Unicode.") from error
        finally:
            # Whatever interrupted us (a task's time limit, too): the next must not get this reply
            if not is_over:
                self._connection.disconnect()  # type: ignore[no-untyped-call]

    def _receive(self, timeout_s: float | None) -> Any:
        if timeout_s is None:
            return self._connection.read_response()
        return self._connection.read_response(timeout=timeout_s)

    def _translated(self, error: Exception) -> EngineError:
        if is_refusal(error):
            return StoreUnavailable(refusal_sentence(self._place, error))
        if isinstance(error, ResponseError):
            return EngineError(f"Redis at {self._place} said: {error}")
        return StoreUnclear(f"Redis at {self._place} did not answer: {error}")


class RedisClient:
    """Asks one Redis database; connects when first used, and anew in a forked process."""

    def __init__(
        self, address: StoreAddress, *, timeout_ms: int = 5_000, connect_timeout_ms: int = 2_000
    ) -> None:
        self.place = address.public_url
        self._pool = _build_pool(address, timeout_ms / 1000, connect_timeout_ms / 1000)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """Lend one connection; StoreUnavailable when none can be made."""
        try:
            connection = self._pool.get_connection()
        except (RedisError, OSError) as error:
            raise StoreUnavailable(f"Redis at {self.place} cannot be reached: {error}") from error
        try:
            yield Session(connection, self.place)
        finally:
            self._pool.release(connection)

    def write(self, *command: Word) -> Any:
        """Send a change once.

        Raises StoreUnavailable when nothing was changed, StoreUnclear when nobody knows.
        """
        with self.session() as session:
            return session.ask(*command)

    def read(self, *command: Word, timeout_s: float | None = None) -> Any:
        """Ask a question; StoreUnavailable when it was not answered."""
        return self.look(lambda session: session.ask(*command, timeout_s=timeout_s))

    def look(self, question: Callable[[Session], T]) -> T:
        """Ask a question that changes nothing, again on a new connection when one broke."""
        for _ in range(READ_ATTEMPTS - 1):
            with suppress(StoreUnclear), self.session() as session:
                return question(session)
        try:
            with self.session() as session:
                return question(session)
        except StoreUnclear as error:
            raise StoreUnavailable(str(error)) from error

    def close(self) -> None:
        self._pool.disconnect()


def _build_pool(address: StoreAddress, timeout_s: float, connect_s: float) -> ConnectionPool:
    options: dict[str, Any] = {
        "decode_responses": True,
        "protocol": 2,  # Scripts answer in flat lists; older servers speak nothing else
        "socket_timeout": timeout_s,
        "socket_connect_timeout": connect_s,
        "retry": Retry(NoBackoff(), 0),
    }
    if address.scheme != "unix":
        options["socket_keepalive"] = True
    if address.scheme == "sentinel":
        return _build_sentinel_pool(address, options)
    return ConnectionPool.from_url(address.url, **options)


def _build_sentinel_pool(address: StoreAddress, options: dict[str, Any]) -> ConnectionPool:
    """Follow the master that the sentinels name, also after they have named another."""
    words = dict(address.options)
    sentinel_login = {
        name: words[f"sentinel_{name}"]
        for name in ("username", "password")
        if f"sentinel_{name}" in words
    }
    sentinels = Sentinel(  # type: ignore[no-untyped-call]
        list(address.hosts), sentinel_kwargs={**options, **sentinel_login}
    )
    login = {"username": address.username or None, "password": address.password or None}
    return SentinelConnectionPool(  # type: ignore[no-untyped-call]
        address.master, sentinels, db=address.database, **login, **options
    )
