"""What the callers of one run asked for, and what they were told."""

from __future__ import annotations

import threading

from engine.order_manager import OrderRequest
from workers.chaos.proof import Intent
from workers.chaos.wishes import Task


class Diary:
    """What the callers asked for and were told. Shared by their threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: dict[str, tuple[OrderRequest, ...]] = {}
        self._names: dict[str, tuple[str, ...]] = {}
        self._accounts: dict[str, str] = {}
        self._answered: set[str] = set()
        self._refused: set[str] = set()
        self.repeats = 0  # Calls with an id that had been used before

    def begin(self, task: Task, names: tuple[str, ...]) -> None:
        """Note a first call: from now on its orders are wanted."""
        with self._lock:
            self.repeats += task.key in self._names
            self._names[task.key] = names
            self._accounts[task.key] = task.account

    def keep(self, key: str, requests: tuple[OrderRequest, ...]) -> tuple[OrderRequest, ...]:
        """Return the requests of the first call with this key: a repeat asks for the same."""
        with self._lock:
            return self._requests.setdefault(key, requests)

    def find(self, key: str) -> tuple[OrderRequest, ...] | None:
        return self._requests.get(key)

    def answer(self, key: str, *, is_refused: bool = False) -> None:
        """Note that a call came back with an answer."""
        with self._lock:
            self._answered.add(key)
            if is_refused:
                self._refused.add(key)

    def is_answered(self, key: str) -> bool:
        return key in self._answered

    def intents(self) -> tuple[Intent, ...]:
        """Return every order that was wanted."""
        with self._lock:
            return tuple(
                Intent(
                    account=self._accounts[key],
                    client_order_id=name,
                    is_refused=key in self._refused,
                )
                for key, names in self._names.items()
                for name in names
            )
