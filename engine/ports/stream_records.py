"""Who listens to an account's stream, and how well: the part of the store that says so."""

from __future__ import annotations

from typing import Protocol

from engine.domain.stream import StreamHealth


class StreamRecords(Protocol):
    """One leader per account. Its term is the fence: what an older one reports is refused."""

    def lead_stream(self, owner: str, ttl_ms: int) -> int | None:
        """Take or renew the leadership for `ttl_ms`; None while another leads.

        Returns the term: one more whenever the leader changes, and also when the same owner
        comes back after its lease ran out.
        """
        ...

    def report_stream(
        self,
        term: int,
        *,
        is_live: bool,
        answered_doubts: int,
        live_since_ms: int,
        heard_at_ms: int,
        messages: int,
        reconnects: int,
    ) -> bool:
        """Write how the stream is; False when the term is over.

        `answered_doubts` is how many doubts there were when the connection was begun. A newer
        doubt keeps the stream from being live until the leader has connected again.
        """
        ...

    def resign_stream(self, term: int) -> None:
        """Give the leadership up at once, if it still is this term's."""
        ...

    def load_stream(self) -> StreamHealth:
        """Return the stream's health; not live once lease or newest report have run out."""
        ...

    def doubt_stream(self, term: int, reason: str) -> None:
        """Say that a poll saw what a live stream should have brought; not live from now on.

        Nothing happens when the stream is not live under this term any more.
        """
        ...
