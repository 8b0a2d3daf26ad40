"""Answers that nobody shares: every question goes to the exchange."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.ports import Answer, ExchangeAnswers


class Unshared:
    """Implements the port SharedAnswers for a process that is alone."""

    def obtain(
        self,
        name: str,
        ask: Callable[[], Answer[Any]],
        *,
        asker: str,
        max_age_ms: int,
        as_of_ms: int = 0,
    ) -> Answer[Any]:
        return ask()

    def drop(self, name: str) -> None:
        """Nothing is kept."""


def share_nothing() -> ExchangeAnswers:
    return ExchangeAnswers(
        instruments=Unshared(), tickers=Unshared(), balances=Unshared(), candles=Unshared()
    )
