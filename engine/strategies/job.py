"""One run of a configured strategy, as the workers do it: isolated, wishes as text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import Any

from engine.config.strategies import StrategySettings
from engine.domain.signal import SignalType
from engine.errors import StrategyFailed
from engine.strategies.deciding import Past, count_needed, wishes
from engine.strategies.isolation import run_isolated
from engine.strategies.loading import load_strategy
from engine.strategies.strategy import Strategy
from engine.strategies.wish import Wish

#: Imported before the copy is made, since each copy would have to do it again.
PRELOADED = "engine.strategies.indicators"


@dataclass(frozen=True, kw_only=True)
class Job:
    """A strategy by its configuration, and where its module may be."""

    settings: StrategySettings
    history: int  # Candles that are asked for, the open one included
    folder: Path | None = None  # Where its module may be, beside the usual places

    def load(self) -> Strategy:
        """Return the strategy; ConfigurationError or StrategyFailed says why there is none."""
        strategy = self._build()
        needed = count_needed(strategy)
        if needed >= self.history:
            raise StrategyFailed(
                f"candles_needed is {needed}; it must be below execution.candle_history,"
                f" {self.history}."
            )
        return strategy

    def _build(self) -> Strategy:
        return load_strategy(self.settings.class_path, self.settings.parameters, folder=self.folder)


def decide_isolated(job: Job, pasts: Sequence[Past]) -> tuple[Wish, ...]:
    """Return what the strategy wants of each symbol; StrategyFailed when it cannot tell."""
    preload()

    def work() -> bytes:
        strategy = job.load()
        said = [wish for past in pasts for wish in wishes(strategy, past)]
        return json.dumps([to_words(wish) for wish in said]).encode()

    rows = json.loads(run_isolated(work, limit_ms=job.settings.time_limit_ms))
    return tuple(wish_of(row) for row in rows)


def check_isolated(job: Job) -> int:
    """Return how many candles the strategy needs; StrategyFailed when it cannot be built."""
    preload()
    answer = run_isolated(
        lambda: str(count_needed(job.load())).encode(), limit_ms=job.settings.time_limit_ms
    )
    return int(answer)


def preload() -> None:
    """Import what every copy of this process would have to import again."""
    import_module(PRELOADED)


def to_words(wish: Wish) -> dict[str, Any]:
    """Return a wish as JSON values."""
    prices = {
        field: None if price is None else str(price)
        for field, price in (("stop_price", wish.stop_price), ("target_price", wish.target_price))
    }
    return {**vars(wish), **prices}


def wish_of(row: Mapping[str, Any]) -> Wish:
    """Return a wish from its JSON values."""
    stop, target = row["stop_price"], row["target_price"]
    return Wish(
        symbol=row["symbol"],
        signal_type=SignalType(row["signal_type"]),
        stop_price=None if stop is None else Decimal(stop),
        target_price=None if target is None else Decimal(target),
        at_ms=row["at_ms"],
        cause=row["cause"],
    )
