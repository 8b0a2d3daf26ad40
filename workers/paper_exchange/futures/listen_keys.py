"""Listen keys: who may hear an account's events, and until when."""

from __future__ import annotations

import hashlib

from workers.paper_exchange.clock import Clock
from workers.paper_exchange.errors import ApiError

from .ledger import Ledger

VALID_MS = 60 * 60_000
_PREFIX = "listen_key/"


class ListenKeys:
    """One live key for each account; the ledger keeps them, so a restart ends none."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    def open(self, uid: int) -> str:
        """Return the account's live key, with an hour more, or a new one."""
        live = self.live(uid)
        key = live or self._new(uid)
        self._keep(uid, key, self._clock() + VALID_MS)
        return key

    def extend(self, uid: int) -> str:
        """Give the account's key an hour more; -1125 when there is none."""
        key = self.live(uid)
        if key is None:
            raise ApiError(-1125, "This listenKey does not exist.")
        self._keep(uid, key, self._clock() + VALID_MS)
        return key

    def close(self, uid: int) -> None:
        """End the account's key at its owner's wish: nothing is told any more."""
        if self.live(uid) is not None:
            self._ledger.set_text(f"{_PREFIX}{uid}", "")

    def live(self, uid: int) -> str | None:
        """Return the key that hears of an account now, None when there is none."""
        key, _, until_ms = self._ledger.texts.get(f"{_PREFIX}{uid}", "").partition(" ")
        return key if key and int(until_ms) > self._clock() else None

    def uid_of(self, key: str) -> int | None:
        """Return the account that a live key hears of."""
        return next((uid for uid in self._ledger.accounts if self.live(uid) == key), None)

    def take_expired(self) -> list[tuple[int, str]]:
        """Return the uids and keys whose time is over since the last call."""
        ended: list[tuple[int, str]] = []
        for uid in self._ledger.accounts:
            text = self._ledger.texts.get(f"{_PREFIX}{uid}", "")
            if text and self.live(uid) is None:
                ended.append((uid, text.partition(" ")[0]))
                self._ledger.set_text(f"{_PREFIX}{uid}", "")
        return ended

    def expire_all(self) -> None:
        """Let every key end now."""
        for uid in self._ledger.accounts:
            key = self.live(uid)
            if key is not None:
                self._keep(uid, key, self._clock())

    def _keep(self, uid: int, key: str, until_ms: int) -> None:
        self._ledger.set_text(f"{_PREFIX}{uid}", f"{key} {until_ms}")

    def _new(self, uid: int) -> str:
        number = self._ledger.next_id("", "listen_key")
        seed = f"{uid}/{number}/{self._clock()}".encode()
        return hashlib.blake2b(seed, digest_size=32).hexdigest()
