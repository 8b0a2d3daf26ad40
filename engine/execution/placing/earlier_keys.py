"""Keys whose record has expired: their orders may still be known, here or in the archive."""

from __future__ import annotations

from collections.abc import Sequence

from engine.domain.key_age import made_at_ms
from engine.domain.request import OrderIntent
from engine.execution.context import AccountContext
from engine.execution.history import find_order
from engine.execution.placing.lost_keys import check_same
from engine.ports import Recorded, RecordOutcome

#: An order cannot have left for the archive so soon after its key was made.
YOUNG_MS = 60_000


def find_earlier_group(
    context: AccountContext, intents: Sequence[OrderIntent], names: tuple[str, ...], key: str
) -> Recorded | None:
    """Return the orders that stand under the key's ids already; None when there are none.

    Raises KeyConflict when they are not what is wished now, and ArchiveUnreadable when they may
    be in an archive that cannot be read here: then nothing must be placed.
    """
    found = [find_order(context, name) for name in names]
    if not any(found):
        return None
    check_same(intents, found, key)
    return Recorded(outcome=RecordOutcome.EXISTS, client_order_ids=names)


def is_old(key: str, now_ms: int) -> bool:
    """Tell whether the key says itself that it was not made just now: the store notes no such."""
    made_ms = made_at_ms(key)
    return made_ms is not None and abs(now_ms - made_ms) >= YOUNG_MS
