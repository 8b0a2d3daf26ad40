"""What one live engine may use: its account, its budget, its symbols."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config import Settings
from engine.errors import ConfigurationError, InvalidRequest
from engine.live_engine import LiveTradingEngine
from engine.live_settings import (
    choose_account,
    compare_balance,
    name_strategies,
    only,
    resolve_watchlist,
)
from engine.risk.sizing import allowed_budget
from tests.builders import build_instrument

LISTED = [
    build_instrument(),
    build_instrument(symbol="ETH/USDT", exchange_symbol="ETHUSDT", base="ETH"),
]
KEYS = {"api_key": "a-real-key", "secret": "a-real-secret"}
AMOUNTS = st.decimals("0.01", "1e9", places=2)


def build_settings(**account: Any) -> Settings:
    own = {"name": "main", "base_url": "paper"} if not account else {"name": "main", **account}
    live = bool(account.get("live"))
    return Settings.model_validate({"accounts": {"main": own}, "live": live})


@given(wanted=AMOUNTS, configured=AMOUNTS)
def test_off_paper_a_script_never_raises_the_budget(wanted: Decimal, configured: Decimal):
    """On paper the script decides; on any other account the smaller of the two counts."""
    assert allowed_budget(wanted, configured, is_paper=True) == wanted
    assert allowed_budget(wanted, configured, is_paper=False) == min(wanted, configured)


def test_paper_trading_refuses_an_account_with_real_money():
    """One sentence that names the account, before anything is connected."""
    settings = build_settings(live=True, **KEYS)

    with pytest.raises(ConfigurationError, match="main trades real money"):
        choose_account(settings, None, paper_trading=True)
    assert choose_account(settings, "main", paper_trading=False).name == "main"


def test_the_engine_itself_refuses_real_money(tmp_path, monkeypatch: pytest.MonkeyPatch):
    """The default of paper_trading is the careful one."""
    config = tmp_path / "augustan.json"
    config.write_text('{"accounts": {"main": {"live": true, "api_key": "k1", "secret": "s1"}}}')
    monkeypatch.setenv("AUGUSTAN_LIVE", "yes")

    with pytest.raises(ConfigurationError, match="main trades real money"):
        LiveTradingEngine(["BTCUSDT"], config_path=str(config))


def test_a_watchlist_is_resolved_and_each_symbol_counts_once():
    """BTCUSDT and BTC/USDT are one market."""
    assert resolve_watchlist(["BTCUSDT", "ethusdt", "BTC/USDT"], [], LISTED) == (
        "BTC/USDT",
        "ETH/USDT",
    )


def test_a_symbol_outside_the_configured_watchlist_is_refused():
    """A configured watchlist is a limit."""
    with pytest.raises(InvalidRequest, match="allows only BTC/USDT"):
        resolve_watchlist(["ETHUSDT"], ["BTCUSDT"], LISTED)
    with pytest.raises(InvalidRequest, match="XRPUSDT"):
        resolve_watchlist(["XRPUSDT"], [], LISTED)


@pytest.mark.parametrize(
    ("equity", "is_paper", "is_told"),
    [
        (Decimal(900), True, True),
        (Decimal("1000.0"), True, False),
        (None, True, False),
        (Decimal(900), False, False),
    ],
)
def test_only_a_paper_account_worth_something_else_is_told(
    equity: Decimal | None, is_paper: bool, is_told: bool
):
    """A real account's balance is nobody's promise."""
    note = compare_balance(Decimal(1000), equity, Decimal(1000), is_paper=is_paper)

    assert bool(note) is is_told


class Fast:
    candles_needed = 1


def test_strategies_go_by_their_names() -> None:
    """Their class's, or the ones that they were given; the one of `strategy` is among them."""
    one, other = Fast(), Fast()
    assert name_strategies(None, ()) == {}
    assert name_strategies(one, ()) == {"Fast": one}
    assert name_strategies(one, {"other": other}) == {"Fast": one, "other": other}
    with pytest.raises(InvalidRequest, match="has Fast twice"):
        name_strategies(one, [other])


def test_what_is_not_clear_with_several_accounts_must_be_said() -> None:
    """One is enough to be the one that is meant."""
    assert only({"a": 1}, "account") == 1
    with pytest.raises(InvalidRequest, match="account is not clear with several accounts: a, b"):
        only({"a": 1, "b": 2}, "account")
