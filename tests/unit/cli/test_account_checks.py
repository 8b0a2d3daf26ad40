"""What the doctor concludes of an account before its first order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from engine.config import AccountSettings
from engine.domain.report import Balance, Balances, ContractSetting, HeldPosition
from workers.cli.account_checks import check_balance, check_mode, check_setting

SYMBOL = "BTC/USDT:USDT"


def account(**words: Any) -> AccountSettings:
    risk = {"default_budget": 500, "default_leverage": 5}
    fields = {"name": "mine", "market_type": "swap", "risk_management": risk} | words
    return AccountSettings.model_validate(fields)


@pytest.mark.parametrize(
    ("free", "level", "word"),
    [("0", "warning", "cut"), ("499", "warning", "cut"), ("500", "ok", "500 USDT")],
)
def test_money_is_compared_with_the_budget(free: str, level: str, word: str) -> None:
    """Less than the budget is a warning: some of it is at work, or was never there."""
    assets = {"USDT": Balance(free=Decimal(free), used=Decimal(7))}
    check = check_balance(
        account(), Balances(assets=assets, updated_at_ms=0, asked_at_ms=0), "USDT"
    )
    assert (check.level, word in check.text) == (level, True)


def test_an_account_without_the_asset_has_none() -> None:
    """An exchange lists only what is held; with nothing no order can be paid."""
    empty = Balances(assets={}, updated_at_ms=0, asked_at_ms=0)
    assert check_balance(account(), empty, "USDT").level == "problem"


@pytest.mark.parametrize("is_hedged", [True, False])
def test_the_position_mode_is_told(is_hedged: bool) -> None:
    """Neither is wrong, and an order must know it."""
    check = check_mode(account(), is_hedged=is_hedged)
    assert (check.level, check.text.partition(":")[0]) == (
        "ok",
        "hedge" if is_hedged else "one-way",
    )


@pytest.mark.parametrize(
    ("leverage", "margin", "wanted", "is_open", "level", "said"),
    [
        (5, "cross", None, True, "ok", "leverage 5, margin cross"),
        (20, "cross", None, True, "ok", "sets leverage 5"),
        (20, "cross", "isolated", False, "ok", "sets leverage 5 and margin isolated"),
        (5, "cross", "isolated", True, "warning", "close it first"),
        (5, "isolated", "isolated", True, "ok", "margin isolated"),
    ],
)
def test_what_an_order_will_set_is_told(
    leverage: int, margin: str, wanted: str | None, is_open: bool, level: str, said: str
) -> None:
    """A margin mode that cannot be changed now is a warning."""
    quantity = Decimal(1 if is_open else 0)
    held = HeldPosition(
        name=f"{SYMBOL}#LONG",
        quantity=quantity,
        entry_price=None,
        mark_price=Decimal(100),
        unrealized_pnl=Decimal(0),
        liquidation_price=None,
    )
    setting = ContractSetting(leverage=leverage, margin_mode=margin)
    check = check_setting(account(margin_mode=wanted), SYMBOL, setting, [held])
    assert (check.level, said in check.text) == (level, True)
