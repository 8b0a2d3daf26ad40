"""Move what is over into the archive, on the machine that keeps its files.

Its lane has one queue for all accounts: a worker elsewhere must not serve it. One that does finds
that the account's archive is not there, and leaves everything where it is.
"""

from __future__ import annotations

import logging

from engine.archive.run import run_if_due
from engine.bootstrap import Engine
from engine.errors import ArchiveUnreadable
from engine.execution.booking.late_rows import book_lost_rows
from engine.ports import Moved
from engine.process_engine import get_engine
from tasks.app import app

log = logging.getLogger(__name__)

#: A run that cannot work alarms so often (ms).
ALARM_EVERY_MS = 3_600_000


@app.task(name="archive.archive_account")
def archive_account(account: str) -> str:
    """Move what is over of one account, if it is due. Safe to run twice."""
    return archive(get_engine(), account)


def archive(engine: Engine, account: str) -> str:
    """Run the archive of an account; what it cannot do is an alarm, never an error."""
    identity = engine.store.find_identity(account)
    if identity is None:
        return "never opened"
    try:
        moved = run_if_due(engine.archivist(), account, identity)
    except (ArchiveUnreadable, OSError) as error:
        _alarm(engine, account, str(error))
        return "cannot work"
    return "not due" if moved is None else _finish(engine, account, moved)


def _finish(engine: Engine, account: str, moved: Moved) -> str:
    if moved.lost:
        book_lost_rows(engine.account(account), moved.lost)
    return f"{moved.orders} orders, {moved.rows} rows, {moved.signals} signals"


def _alarm(engine: Engine, account: str, sentence: str) -> None:
    log.warning("the archive of account %s: %s", account, sentence)
    context = engine.account(account)
    mark = f"archive alarm:{context.identity.slug}"
    if engine.store.find_cache(mark) is None:
        engine.store.put_cache(mark, "1", ALARM_EVERY_MS)
        context.alarm(f"the archive does not work: {sentence}")
