"""Who listens to the account's user stream, and how well that works."""

from __future__ import annotations

from engine.domain.stream import StreamHealth
from engine.store.part import AccountPart


class StreamLeadership(AccountPart):
    """One leader per account, fenced by its term."""

    def lead_stream(self, owner: str, ttl_ms: int) -> int | None:
        """Take or renew the leadership for `ttl_ms`; return the term, None while another leads.

        A lost reply raises StoreUnclear; asking again answers.
        """
        term = self._write("lead_stream", (self._keys.stream(),), self._now(), owner, ttl_ms)
        return int(term) or None

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
        """Write how the stream is; False when the term is over."""
        figures = (answered_doubts, live_since_ms, heard_at_ms, messages, reconnects)
        args = (self._now(), term, int(is_live), *figures)
        return bool(self._write("report_stream", (self._keys.stream(),), *args))

    def resign_stream(self, term: int) -> None:
        """Give the leadership up at once, if it still is this term's."""
        self._write("resign_stream", (self._keys.stream(),), term)

    def load_stream(self) -> StreamHealth:
        """Return the stream's health; not live once lease or newest report have run out."""
        is_led, is_live, flat = self._read("load_stream", (self._keys.stream(),), self._now())
        words = dict(zip(flat[::2], flat[1::2], strict=True))
        return StreamHealth(
            leader=words.get("leader", "") if is_led else "",
            is_live=bool(is_live),
            doubt=words.get("doubt", ""),
            **{name: int(words.get(name, 0)) for name in _FIGURES},
        )

    def doubt_stream(self, term: int, reason: str) -> None:
        """End a live stream's being live until its leader has connected again."""
        self._write("doubt_stream", (self._keys.stream(),), term, reason)


_FIGURES = ("term", "live_since_ms", "heard_at_ms", "doubts", "messages", "reconnects")
