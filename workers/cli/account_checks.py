"""What a doctor concludes of an account before its first order. Pure: facts in, lines out."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from engine.config import AccountSettings
from engine.domain.decimals import plain
from engine.domain.derivative import market_of
from engine.domain.report import Balances, ContractSetting, HeldPosition
from workers.cli.checks import Check, ok, problem, warning


def check_balance(account: AccountSettings, balances: Balances, quote: str) -> Check:
    """Judge whether there is money to trade with, and as much as the budget supposes."""
    subject = f"{account.name}: balance"
    held = balances.assets.get(quote)
    free = held.free if held else Decimal(0)
    text = f"{plain(free)} {quote} free"
    budget = account.risk_management.default_budget
    if free <= 0 and not any(one.total for one in balances.assets.values()):
        wallet = "futures wallet" if account.market_type != "spot" else "account"
        return problem(subject, f"{text}: no order can be paid; move {quote} to the {wallet}")
    if free < budget:
        return warning(
            subject,
            f"{text}, and default_budget is {plain(budget)}: orders are cut to what is free",
        )
    return ok(subject, text)


def check_mode(account: AccountSettings, *, is_hedged: bool) -> Check:
    """Say how the account holds contracts; we never change it."""
    subject = f"{account.name}: position mode"
    if is_hedged:
        return ok(subject, "hedge: an order must say position_side long or short; signals do")
    return ok(subject, "one-way: an order that says position_side is denied")


def check_setting(
    account: AccountSettings,
    symbol: str,
    setting: ContractSetting,
    held: Iterable[HeldPosition],
) -> Check:
    """Judge leverage and margin of a contract against what orders will set."""
    subject = f"{account.name}: {symbol}"
    wanted, leverage = account.margin_mode, int(account.risk_management.default_leverage)
    is_open = any(market_of(one.name) == symbol and one.quantity for one in held)
    text = f"leverage {setting.leverage}, margin {setting.margin_mode}"
    if wanted not in {None, setting.margin_mode} and is_open:
        return warning(
            subject,
            f"{text}, and margin_mode is {wanted}: the exchange refuses the change while a"
            " position is open; close it first",
        )
    changes = [f"leverage {leverage}"] if setting.leverage != leverage else []
    changes += [f"margin {wanted}"] if wanted not in {None, setting.margin_mode} else []
    return ok(subject, f"{text}; an order sets {' and '.join(changes)}" if changes else text)
