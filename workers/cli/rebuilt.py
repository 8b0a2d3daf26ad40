"""When an account was rebuilt from its exchange, and what the store cannot know since."""

from __future__ import annotations

from engine.config import ExecutionSettings
from engine.domain.trading_state import AccountState
from engine.domain.unknown import describe_unknown
from workers.cli.documents import Document, iso_time


def rebuilt_document(state: AccountState, timings: ExecutionSettings) -> Document | None:
    """Return since when the ledger is whole, and what is unknown; None before the first rebuild."""
    if not state.is_opened:
        return None
    keys_until_ms = state.rebuilt_at_ms + timings.key_horizon_ms
    return {
        "at": iso_time(state.opened_at_ms),
        "history_from": iso_time(state.history_from_ms),
        "unknown": describe_unknown(state.history_from_ms, keys_until_ms),
    }


def rebuilt_pairs(document: Document | None) -> list[tuple[str, object]]:
    """Return the lines that people read."""
    if document is None:
        return []
    unknown = list(document["unknown"].values())
    names = ["not known", *[""] * (len(unknown) - 1)]
    head: list[tuple[str, object]] = [("rebuilt", f"from the exchange, {document['at']}")]
    return [*head, *zip(names, unknown, strict=True)]
