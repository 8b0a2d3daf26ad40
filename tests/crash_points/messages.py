"""The messages between workers, in a durable list, as any worker would send them."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from engine.config.addresses import parse_address
from engine.domain.lanes import Lane
from engine.errors import EngineError
from engine.ports import OutboxEntry
from engine.store.client import RedisClient
from tasks.dispatch import CeleryDispatcher

log = logging.getLogger(__name__)

#: Name and arguments; the name of a task, of a chord, or of what a caller wants.
Errand = tuple[str, tuple[Any, ...]]

#: The messages' database of the server, and the list in it.
DATABASE = 1
KEY = "messages"
#: Arguments: the header's errands, and the body's.
CHORD = "chord"


class ListDispatcher(CeleryDispatcher):
    """Says what Celery's would say, each message one word of a list; one that is lost is lost."""

    def __init__(self, url: str) -> None:
        """`url` is the server's, without a database."""
        super().__init__()
        self._client = RedisClient(parse_address(f"{url}/{DATABASE}"))

    def submit_orders(
        self, account: str, client_order_ids: Sequence[str], lane: Lane = Lane.SUBMIT
    ) -> None:
        for name in client_order_ids:
            self.submit_order(account, name, lane)

    def complete(self, account: str, entry: OutboxEntry) -> None:
        header = [("positions.update_position", (account, name)) for name in sorted(entry.cursors)]
        body = ("portfolio.update_portfolio", (account, entry.entry_id))
        self._push(CHORD, header, body)

    def queue_lengths(self) -> Mapping[str, int]:
        return {KEY: int(self._client.read("LLEN", KEY))}

    def take(self) -> Errand | None:
        """Take the next message, as a broker hands it out."""
        text = self._client.write("LPOP", KEY)
        return None if text is None else read_errand(json.loads(text))

    def put_back(self, errand: Errand) -> None:
        """Hand a message out again, before all others."""
        self._client.write("LPUSH", KEY, json.dumps(errand))

    def close(self) -> None:
        self._client.close()

    def _ask(self, name: str, *ids: str) -> None:
        self._push(name, *ids)

    def _ask(self, name: str, *ids: str) -> None:
        self._send(name, *ids)  # Nobody crowds this list

    def _send(self, name: str, *ids: str, producer: Any = None) -> None:
        self._push(name, *ids)

    def _push(self, name: str, *arguments: Any) -> None:
        try:
            self._client.write("RPUSH", KEY, json.dumps((name, arguments)))
        except EngineError as error:
            log.warning("could not send %s: %s", name, error)


def read_errand(words: Sequence[Any]) -> Errand:
    """Return what JSON made of an errand."""
    name, arguments = words
    return name, tuple(arguments)
