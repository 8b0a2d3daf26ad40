"""Where closed orders go when they leave Redis, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from engine.config.execution import DAY_MS, YEAR_MS, ExecutionSettings, Interval
from engine.config.fields import Section, Whole

#: What is younger is always here.
SHORTEST_RETENTION_MS = DAY_MS


class ArchiveSettings(Section):
    """The files of what is over. One machine keeps them; others may read a mounted folder."""

    enabled: bool = Field(
        default=True, description="Whether closed orders and old ledger rows leave Redis at all"
    )
    folder: Path | None = Field(
        default=None, description="Folder of the files; none: `archive` in the data folder"
    )
    retention_ms: Annotated[Whole, Field(ge=SHORTEST_RETENTION_MS, le=10 * YEAR_MS)] = Field(
        default=30 * DAY_MS,
        description="Age above which closed orders and ledger rows leave Redis; at least"
        " execution.key_horizon_ms",
    )
    interval_ms: Interval = Field(
        default=600_000, description="How often each account is looked through for them"
    )
    batch: Annotated[Whole, Field(ge=1, le=10_000)] = Field(
        default=1_000, description="Orders, and rows of each symbol, that leave in one run at most"
    )


def check_retention(archive: ArchiveSettings, execution: ExecutionSettings) -> None:
    """Raise ValueError when orders would leave Redis before their keys."""
    retention_ms, horizon_ms = archive.retention_ms, execution.key_horizon_ms
    if retention_ms < horizon_ms:
        raise ValueError(
            f"archive.retention_ms is {retention_ms}; it must be at least"
            f" execution.key_horizon_ms, {horizon_ms}"
        )
