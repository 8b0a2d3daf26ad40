"""Open orders that look like ours and bear another installation's mark.

After the setting `installation` was changed, an empty store does not know its own orders any
more: they would rest unwatched, and their trades count as somebody else's.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.domain.identity import other_tag
from engine.domain.report import OrderReport
from engine.execution.context import AccountContext

#: The same orders are told of again after this: two installations may share an account.
TELL_AGAIN_MS = 86_400_000


def tell_other_marks(context: AccountContext, listed: Iterable[OrderReport]) -> int:
    """Alarm about open orders of another mark that we do not know; return how many there are."""
    tags = {
        (report.symbol, report.exchange_order_id): tag
        for report in listed
        if (tag := other_tag(report.client_order_id, context.tag)) is not None
        and context.store.find_by_exchange_id(report.symbol, report.exchange_order_id) is None
    }
    names = " ".join(sorted(f"{symbol}/{number}" for symbol, number in tags))
    told = f"other_marks:{context.identity.slug}"
    if tags and context.shared.find_cache(told) != names:
        context.shared.put_cache(told, names, TELL_AGAIN_MS)
        marks = ", ".join(sorted({repr(tag) for tag in tags.values()}))
        context.alarm(
            f"{len(tags)} open orders bear the mark of installation {marks}; this one is"
            f" {context.tag!r} and leaves them alone. If they are ours, set `installation` back"
        )
    return len(tags)
