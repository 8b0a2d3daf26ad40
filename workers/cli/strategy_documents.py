"""What `augustan strategies` prints, as JSON values. Pure."""

from __future__ import annotations

from engine.config.strategies import StrategySettings
from engine.domain.strategy import StrategyRecord
from engine.strategies.replay import Said
from workers.cli.documents import Document, number, time_fields
from workers.cli.tables import short_time


def strategy_document(record: StrategyRecord, settings: StrategySettings) -> Document:
    """Return where a strategy stands on one account."""
    looks = [look.decided_until_ms for look in record.symbols.values() if look.decided_until_ms]
    last_ms = max(looks, default=None)
    return {
        "name": record.name,
        "account": record.account,
        "class": settings.class_path,
        "class_name": settings.class_path.rpartition(".")[2],
        "interval": settings.interval,
        "symbols": list(settings.symbols),
        "last_candle": short_time(last_ms),
        **time_fields("last_candle_at", last_ms),
        "runs": record.runs,
        "signals": record.signals,
        "failures": record.failures,
        "failures_in_row": record.failures_in_row,
        "state": _strategy_state(record, settings),
        "problem": record.problem,
        "positions": {
            symbol: number(look.position.net_quantity) for symbol, look in record.symbols.items()
        },
    }


def _strategy_state(record: StrategyRecord, settings: StrategySettings) -> str:
    if not settings.enabled:
        return "disabled"
    if record.is_paused:
        return "paused"
    return "failing" if record.failures_in_row else "running"


def said_document(said: Said) -> Document:
    """Return a wish of a replay."""
    return {
        "symbol": said.wish.symbol,
        "signal": said.wish.signal_type.value,
        "stop_price": number(said.wish.stop_price),
        "target_price": number(said.wish.target_price),
        "close": number(said.close),
        "held": number(said.held),
        **time_fields("at", said.wish.at_ms),
    }
