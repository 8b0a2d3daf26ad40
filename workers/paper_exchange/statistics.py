"""What was asked of the exchange: counts by endpoint, key and answer, and orders by client id."""

from __future__ import annotations

from collections import Counter


class Statistics:
    """Counters since the start or the last reset."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        self.requests: Counter[str] = Counter()  # By endpoint
        self.requests_by_key: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()  # By HTTP status
        self.codes: Counter[str] = Counter()  # By Binance's error code
        self.faults: Counter[str] = Counter()  # By the name of the answer that was given instead
        self.weight = 0  # All weight ever charged, successful orders excepted
        self.sent_client_ids: Counter[str] = Counter()  # New orders that arrived
        self.placed_client_ids: Counter[str] = Counter()  # New orders that were accepted

    def report(self) -> dict[str, object]:
        """Return the counters as JSON, with the client ids that were accepted more than once."""
        return {
            "requests": dict(self.requests),
            "requests_by_key": dict(self.requests_by_key),
            "answers": dict(self.answers),
            "codes": dict(self.codes),
            "faults": dict(self.faults),
            "weight": self.weight,
            "too_many_requests": self.answers["429"],
            "bans": self.answers["418"],
            "sent_client_ids": dict(self.sent_client_ids),
            "placed_client_ids": dict(self.placed_client_ids),
            "duplicated_client_ids": {k: n for k, n in self.placed_client_ids.items() if n > 1},
        }
