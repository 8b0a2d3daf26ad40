"""What a configuration may say of strategies, and the sentence about what it may not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from celeryconfig import beat_schedule
from engine.config import Settings, load_settings
from engine.errors import ConfigurationError

BARE = {"class": "mine.Rules", "symbols": ["BTC/USDT"]}


def load(tmp_path: Path, **document: Any) -> Settings:
    path = tmp_path / "augustan.json"
    path.write_text(json.dumps(document))
    return load_settings(path, environ={}, find_running=False)


def two_accounts() -> dict[str, Any]:
    return {name: {"base_url": "paper"} for name in ("one", "two")}


def test_little_is_needed(tmp_path: Path) -> None:
    """Class and symbols; the only account trades it, a minute at a time."""
    settings = load(tmp_path, strategies={"rules": BARE})
    strategy = settings.strategies["rules"]
    assert (strategy.class_path, strategy.interval, strategy.enabled) == ("mine.Rules", "1m", True)
    assert settings.strategy_accounts("rules") == ("paper",)


def test_two_strategies_share_a_symbol_on_two_accounts(tmp_path: Path) -> None:
    """Or an account, on two symbols."""
    settings = load(
        tmp_path,
        accounts=two_accounts(),
        strategies={
            "a": BARE | {"accounts": ["one"]},
            "b": BARE | {"accounts": ["two"]},
            "c": BARE | {"accounts": ["two"], "symbols": "ETHUSDT"},
        },
    )
    assert settings.strategy_accounts("c") == ("two",)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"class": "Rules"}, "strategies.rules.class must match"),
        ({"class": None}, "strategies.rules.class must be"),
        ({"symbols": []}, "strategies.rules.symbols must have at least 1 item"),
        ({"interval": "0m"}, "strategies.rules.interval must match .* not '0m'"),
        ({"interval": "1M"}, "strategies.rules.interval must match"),
        ({"accounts": ["nobody"]}, "names 'nobody'; configured are: paper"),
        ({"max_failures": 0}, "strategies.rules.max_failures must be greater"),
        ({"time_limit_ms": 60_000}, "strategies.rules.time_limit_ms must be less"),
        ({"signal_age_ms": 1}, "strategies.rules.signal_age_ms must be greater"),
        ({"parameters": [1]}, "strategies.rules.parameters must be"),
        ({"clas": "a.B"}, "Unknown key 'clas' in strategies.rules; did you mean 'class'"),
        ({"symbols": ["DOGE/USDT"]}, "has DOGE/USDT; the watchlist allows only: BTCUSDT"),
    ],
)
def test_what_cannot_be_is_one_sentence(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    """It names the field, the value and what is allowed."""
    with pytest.raises(ConfigurationError, match=said):
        load(tmp_path, strategies={"rules": BARE | changes}, watchlist=["BTCUSDT"])


def test_two_strategies_on_one_position_are_refused(tmp_path: Path) -> None:
    """However the symbol is written: one would close what the other opened."""
    other = BARE | {"symbols": ["btcusdt"]}
    with pytest.raises(ConfigurationError, match=r"strategies\.b and strategies\.a both trade"):
        load(tmp_path, strategies={"a": BARE, "b": other})


def test_with_several_accounts_one_is_named(tmp_path: Path) -> None:
    """Nobody should learn from fills which of his accounts a strategy trades."""
    with pytest.raises(ConfigurationError, match=r"rules\.accounts is missing; .* one, two"):
        load(tmp_path, accounts=two_accounts(), strategies={"rules": BARE})


def test_no_strategy_no_tick() -> None:
    """Beat has a tick for each interval in use, and none where there is none."""
    assert not [name for name in beat_schedule if name.startswith("candles of")]
