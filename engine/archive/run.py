"""Run the archive for one account: one process at a time, on the machine that keeps the files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.archive.folder import account_folder, name_archive, read_id
from engine.archive.moving import Move, decide_doubts, move_orders, move_rows, move_signals
from engine.archive.reader import ORDERS, ROWS, SIGNALS, ArchiveReader
from engine.archive.segments import list_segments, lock
from engine.config.archive import ArchiveSettings
from engine.domain.identity import AccountIdentity
from engine.errors import ArchiveUnreadable
from engine.ports import Clock, Moved, Random, Store

#: A run that died leaves its lease for so long; a run moves a bounded number and takes seconds.
LEASE_MS = 60_000
#: The store's note that it knows which callers' keys are in the archive.
_NOTED = "archived keys noted"
_KEEP_MS = 30 * 86_400_000
_NOTED_AT_ONCE = 1_000


@dataclass(frozen=True, kw_only=True)
class Archivist:
    """What a run needs beside the account."""

    folder: Path
    settings: ArchiveSettings
    shared: Store
    clock: Clock
    random: Random


def run_if_due(archivist: Archivist, account: str, identity: AccountIdentity) -> Moved | None:
    """Run when the interval has passed or the last run left something; None when not."""
    store, mark = archivist.shared, _mark(identity)
    if store.find_cache(mark) is not None and not store.account(identity).list_doubted(1):
        return None
    return run(archivist, account, identity)


def run(archivist: Archivist, account: str, identity: AccountIdentity) -> Moved | None:
    """Move what is over, whatever the interval; None while another process does.

    Raises ArchiveUnreadable where the account's archive is another folder's, OSError when the
    disk takes nothing; then nothing was removed.
    """
    lease, owner = f"archive:{identity.slug}", archivist.random.nonce()
    if not archivist.shared.acquire_lease(lease, owner, LEASE_MS):
        return None
    try:
        folder = account_folder(archivist.folder, identity)
        archive_id = _bind(archivist, identity)
        with lock(folder):
            return _move(archivist, account, identity, folder, archive_id)
    finally:
        archivist.shared.release_lease(lease, owner)


def _bind(archivist: Archivist, identity: AccountIdentity) -> str:
    """Return the archive's id, the same in folder and store."""
    store = archivist.shared.account(identity)
    here = read_id(archivist.folder)
    standing = store.find_archive()
    if here is None and standing is None:
        here = name_archive(archivist.folder, archivist.random.nonce())
    if here is not None and standing is None:
        standing = store.bind_archive(here)
    if here != standing:
        raise ArchiveUnreadable(
            f"account {identity.slug} has its archive elsewhere, not in {archivist.folder}: run"
            " the archive where it is, or set archive.folder to it."
        )
    return str(standing)


def _move(
    archivist: Archivist, account: str, identity: AccountIdentity, folder: Path, archive_id: str
) -> Moved:
    settings, now_ms = archivist.settings, archivist.clock.now_ms()
    store = archivist.shared.account(identity)
    move = Move(
        account=account,
        shared=archivist.shared,
        store=store,
        folder=folder,
        archive_id=archive_id,
        now_ms=now_ms,
        before_ms=now_ms - settings.retention_ms,
        most=settings.batch,
        life=store.load_state().life,
    )
    reader = ArchiveReader(archivist.folder, identity, lambda: archive_id)
    _note_keys(archivist, identity, reader)
    known, lost = decide_doubts(move, reader)
    orders = move_orders(move)
    rows = [move_rows(move, symbol) for symbol in sorted(store.load_cursors())]
    signals = move_signals(move)
    if max(orders, signals, *rows, 0) < settings.batch:
        archivist.shared.put_cache(_mark(identity), "1", settings.interval_ms)
    return Moved(orders=orders, rows=sum(rows), signals=signals, doubts=known, lost=lost)


def _note_keys(archivist: Archivist, identity: AccountIdentity, reader: ArchiveReader) -> None:
    """Have a store that was lost know again which callers' keys are in the archive."""
    name = f"{_NOTED}:{identity.slug}"
    if archivist.shared.find_cache(name) is not None:
        return
    store, orders = archivist.shared.account(identity), list(reader.list_orders())
    for start in range(0, len(orders), _NOTED_AT_ONCE):
        store.note_archived(orders[start : start + _NOTED_AT_ONCE])
    archivist.shared.put_cache(name, "1", _KEEP_MS)


def _mark(identity: AccountIdentity) -> str:
    return f"archive looked at:{identity.slug}"


def describe(archivist: Archivist, identity: AccountIdentity) -> dict[str, int | str | None]:
    """Return how much of the account is in the archive; what cannot be read here is a problem."""
    store, folder = archivist.shared.account(identity), account_folder(archivist.folder, identity)
    reader = ArchiveReader(archivist.folder, identity, store.find_archive)
    paths = [path for kind in (ORDERS, ROWS, SIGNALS) for path in list_segments(folder, kind)]
    size = sum(path.stat().st_size for path in paths)
    try:
        return {
            "orders": sum(1 for _ in reader.list_orders()),
            "rows": sum(1 for _ in reader.list_rows()),
            "signals": sum(1 for _ in reader.list_signals()),
            "bytes": size,
            "problem": None,
        }
    except ArchiveUnreadable as error:
        nothing = dict.fromkeys(("orders", "rows", "signals", "bytes"))
        return {**nothing, "problem": str(error)}
