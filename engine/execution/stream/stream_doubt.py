"""Doubt a live stream that did not bring what a look found."""

from __future__ import annotations

import logging
from collections.abc import Collection

from engine.domain.stream import StreamHealth
from engine.errors import ClockUnknown
from engine.execution.context import AccountContext

log = logging.getLogger(__name__)


def is_doubtful(
    before: StreamHealth, after: StreamHealth, happened_at_ms: int, now_ms: int, patience_ms: int
) -> bool:
    """Tell whether the stream should have told news that a look found in between. Pure.

    Times are ours. The stream must have been one and the same from before it happened until
    now, and have had the time.
    """
    is_one = (before.term, before.live_since_ms, before.doubts) == (
        after.term,
        after.live_since_ms,
        after.doubts,
    )
    is_live = before.is_live and after.is_live
    return (
        is_live
        and is_one
        and after.live_since_ms <= happened_at_ms
        and now_ms - happened_at_ms > patience_ms
    )


def doubt_if_late(
    context: AccountContext, before: StreamHealth, news_ms: Collection[int]
) -> StreamHealth:
    """Doubt the stream if it should have told any of the news (exchange times) itself.

    Returns how the stream is now.
    """
    after = context.store.load_stream()
    if not news_ms or not after.is_live:
        return after
    try:
        offset_ms = context.gateway.exchange_now_ms() - context.clock.now_ms()
    except ClockUnknown:
        return after
    happened_at_ms, now_ms = min(news_ms) - offset_ms, context.clock.now_ms()
    if not is_doubtful(before, after, happened_at_ms, now_ms, context.timings.stream_patience_ms):
        return after
    late_ms = now_ms - happened_at_ms
    reason = f"a look found news that was {late_ms} ms old and had not come by the stream"
    log.warning("stream of %s: %s", context.name, reason)
    context.store.doubt_stream(after.term, reason)
    return context.store.load_stream()
