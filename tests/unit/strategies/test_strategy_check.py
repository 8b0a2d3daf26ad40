"""What a configuration says of a strategy is tried before anything runs."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest

from engine.strategy_check import find_strategy_problem
from tests.unit.config.writing import load
from workers.cli.checks import Level
from workers.cli.doctor import examine_strategies
from workers.supervisor.console import Console
from workers.supervisor.plan import Role
from workers.supervisor.up import Up

GOOD = {
    "class": "engine.strategies.donchian_breakout.DonchianBreakout",
    "symbols": "BTCUSDT",
    "interval": "1h",
}
FUTURES = {"one": {"base_url": "paper", "market_type": "futures"}}
PROBLEMS = [
    ({"class": "nope.Nope"}, "class is nope.Nope; there is no module nope on the path"),
    ({"class": "engine.strategies.wish.Nope"}, "engine.strategies.wish has no Nope"),
    ({"interval": "7m"}, "interval is 7m; for account one it must be one of 1s, 1m, 3m"),
    ({"parameters": {"nonsense": 1}}, "nonsense"),
]


@pytest.mark.parametrize(("changes", "said"), PROBLEMS)
def test_what_cannot_run_is_said(tmp_path: Path, changes: Mapping[str, object], said: str) -> None:
    """One sentence that names what is wrong and what is allowed."""
    settings = load(
        tmp_path, {"accounts": {"one": {"base_url": "paper"}}, "strategies": {"a": GOOD | changes}}
    )
    assert said in find_strategy_problem(settings, "a")


def test_an_exchange_that_nobody_knows_is_a_problem_of_the_strategy(tmp_path: Path) -> None:
    """Said like any other: the accounts beside it are to start all the same."""
    accounts = {"one": {"exchange": "nonsense", "base_url": "http://127.0.0.1:1"}}
    settings = load(tmp_path, {"accounts": accounts, "strategies": {"a": GOOD}})
    assert "Account one names exchange 'nonsense'" in find_strategy_problem(settings, "a")


def test_what_can_run_is_not(tmp_path: Path) -> None:
    """Asked without an exchange."""
    settings = load(tmp_path, {"strategies": {"a": GOOD}})
    assert find_strategy_problem(settings, "a") == ""


def test_intervals_are_those_of_the_market(tmp_path: Path) -> None:
    """Candles of a second are of spot alone."""
    settings = load(tmp_path, {"accounts": FUTURES, "strategies": {"a": GOOD | {"interval": "1s"}}})
    assert find_strategy_problem(settings, "a").startswith("interval is 1s; for account one")


def test_the_doctor_looks_at_all_that_are_enabled(tmp_path: Path) -> None:
    """One that is not run is nobody's problem."""
    bad = GOOD | {"class": "nope.Nope", "symbols": "ETHUSDT"}
    strategies = {"good": GOOD, "bad": bad, "off": bad | {"enabled": False, "symbols": "BNBUSDT"}}
    told = examine_strategies(load(tmp_path, {"strategies": strategies}))
    assert [(check.subject, check.level) for check in told] == [
        ("strategy good", Level.OK),
        ("strategy bad", Level.PROBLEM),
    ]


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        (frozenset(Role), "strategy bad will not run: class is nope.Nope; there is"),
        # Its module need not lie where nobody runs it
        (frozenset({Role.STORE, Role.BEAT}), ""),
    ],
)
def test_a_start_says_it_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, roles: frozenset[Role], said: str
) -> None:
    """What is held already needs its workers, whatever a strategy is called."""
    load(tmp_path, {"strategies": {"bad": GOOD | {"class": "nope.Nope"}}})
    monkeypatch.chdir(tmp_path)
    printed = StringIO()
    console = Console(use_colour=False, stream=printed)
    Up(roles, console, lambda _: None)
    console.close()
    assert printed.getvalue()[: max(len(said), 1)] == said
