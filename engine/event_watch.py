"""Tell a caller's functions what happened, from the event streams of accounts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping

from engine.callbacks import Hearing
from engine.domain.events import Event
from engine.errors import EngineError
from engine.ports import AccountStore, Store

log = logging.getLogger(__name__)

#: Returns where an account's events are; None while nobody has opened the account yet.
FindStore = Callable[[], AccountStore | None]

#: One read waits so long for news; stopping takes as long at most.
READ_WAIT_MS = 500
#: Where a named caller stopped is remembered for so long.
REMEMBER_MS = 30 * 86_400_000


class EventWatch:
    """One thread for each account reads its events and tells every hearing once per event.

    An account that nobody has opened yet is waited for; one that fails leaves the others alone.
    """

    def __init__(self) -> None:
        self._hearings: list[Hearing] = []
        self._threads: list[threading.Thread] = []
        self._stop = threading.Event()

    @property
    def is_running(self) -> bool:
        return bool(self._threads) and all(thread.is_alive() for thread in self._threads)

    def add(self, hearing: Hearing) -> None:
        self._hearings.append(hearing)

    def start(self, accounts: Mapping[str, FindStore], shared: Store, name: str = "") -> None:
        """Begin with the events from now on; a second start changes nothing.

        With a `name`, begin behind the last event that was told under it, by whatever process.
        """
        if self._threads:
            return
        self._stop.clear()
        for account, find_store in accounts.items():
            bookmark = Bookmark(shared, f"callbacks:{name}:{account}") if name else None
            after_id = _beginning(find_store, bookmark)
            thread = threading.Thread(
                target=self._run,
                args=(account, find_store, after_id, bookmark),
                name=f"events of {account}",
                daemon=True,
            )
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=10 * READ_WAIT_MS / 1000)
        self._threads.clear()

    # ---- inside ------------------------------------------------------------------------------

    def _run(
        self, account: str, find_store: FindStore, after_id: str, bookmark: Bookmark | None
    ) -> None:
        store: AccountStore | None = None
        while not self._stop.is_set():
            try:
                store = store or find_store()
                if store is None:
                    self._stop.wait(READ_WAIT_MS / 1000)
                    continue
                events = store.read_events(after_id, wait_ms=READ_WAIT_MS)
                for event in events:
                    self._tell(store, event)
                    after_id = event.event_id
                    if self._stop.is_set():
                        break
                if events and bookmark is not None:
                    bookmark.put(after_id)
            except EngineError as error:  # The event that was not told is read again
                log.warning("events of %s cannot be read now: %s", account, error)
                self._stop.wait(READ_WAIT_MS / 1000)

    def _tell(self, store: AccountStore, event: Event) -> None:
        # All is read before the first is told: a store that fails here repeats no callback
        calls = [
            (hearing, found)
            for hearing in self._hearings
            if event.kind in hearing.kinds and (found := hearing.find(store, event)) is not None
        ]
        for hearing, arguments in calls:
            try:
                hearing.callback(*arguments)
            except Exception:  # A caller's own function: its failure must not stop the others
                log.exception("a callback failed for %s %s", event.kind, event.event_id)


class Bookmark:
    """Where one named caller is in an account's events."""

    def __init__(self, shared: Store, key: str) -> None:
        self._shared = shared
        self._key = key

    def find(self) -> str | None:
        return self._shared.find_cache(self._key)

    def put(self, event_id: str) -> None:
        self._shared.put_cache(self._key, event_id, REMEMBER_MS)


def _beginning(find_store: FindStore, bookmark: Bookmark | None) -> str:
    """Return the event behind which to begin; all of an account that was never opened is new."""
    known = bookmark.find() if bookmark is not None else None
    if known is not None:
        return known
    store = find_store()
    after_id = "0" if store is None else store.last_event_id()
    if bookmark is not None:
        bookmark.put(after_id)
    return after_id


def stores_of(shared: Store, accounts: Iterable[str]) -> dict[str, FindStore]:
    """Return where each account's events are found; its exchange is asked nothing for it."""

    def finder(account: str) -> FindStore:
        def find() -> AccountStore | None:
            identity = shared.find_identity(account)
            return None if identity is None else shared.account(identity)

        return find

    return {account: finder(account) for account in accounts}
