"""Tell a person that the exchange does not listen to this address, or this key, any more."""

from __future__ import annotations

from engine.domain.events import Event, EventKind
from engine.domain.identity import AccountIdentity
from engine.ports import Store

#: While it lasts a ban is told of again after this.
TELL_AGAIN_MS = 3_600_000


def tell_ban(
    store: Store, identity: AccountIdentity, status: int, quiet_ms: int, now_ms: int
) -> None:
    """Alarm, once however many workers heard it: open orders are out of reach meanwhile."""
    told = f"ban:{identity.slug}"
    if store.find_cache(told) is not None:
        return
    store.put_cache(told, "1", max(min(quiet_ms, TELL_AGAIN_MS), 1))
    message = (
        f"the exchange answers {status} and blocks this address for {quiet_ms // 1000} s: nothing"
        " is asked or sent meanwhile, and open orders are neither watched nor cancelled"
    )
    event = Event(kind=EventKind.ALARM, at_ms=now_ms, message=message)
    store.account(identity).emit([event])


#: A key that was refused counts as refused for so long after the last time.
KEY_REFUSED_MS = 600_000


def note_key_refused(store: Store, identity: AccountIdentity, words: str) -> None:
    """Remember that the exchange refused the account's key, with its own words."""
    store.put_cache(_key_mark(identity), words or "refused", KEY_REFUSED_MS)


def key_refusal(store: Store, identity: AccountIdentity) -> str:
    """Return the exchange's words while the key counts as refused; else nothing."""
    return store.find_cache(_key_mark(identity)) or ""


def _key_mark(identity: AccountIdentity) -> str:
    return f"key_refused:{identity.slug}"
