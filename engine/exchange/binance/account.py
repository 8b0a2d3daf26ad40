"""Binance spot's account and the rights of a key in our words. Pure."""

from __future__ import annotations

from typing import Any

from engine.domain.report import Balance, Balances, KeyPermissions
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import as_row, as_rows, flag, identifier, quantity, text, time_ms


def map_uid(answer: Any) -> str:
    """Return the account's own number, by which everything of it is keyed."""
    return identifier(as_row(answer), "uid")


def map_balances(answer: Any, asked_at_ms: int) -> Balances:
    """Return every asset that is held, free or locked in orders."""
    account = as_row(answer)
    found: dict[str, Balance] = {}
    for row in as_rows(account.get("balances")):
        asset = text(row, "asset")
        if asset in found:
            raise Unreadable(f"the asset {asset} is listed twice")
        found[asset] = Balance(free=quantity(row, "free"), used=quantity(row, "locked"))
    held = {asset: balance for asset, balance in found.items() if balance.total}
    # An account that never moved has no time of its last move
    updated_at_ms = time_ms(account, "updateTime") if account.get("updateTime") != 0 else 0
    return Balances(assets=held, updated_at_ms=updated_at_ms, asked_at_ms=asked_at_ms)


def map_key_restrictions(answer: Any, trading: str) -> KeyPermissions:
    """Return what the key itself may do (`/sapi/v1/account/apiRestrictions`).

    `trading`: the field that says whether it may trade on the market in question.
    """
    row = as_row(answer)
    return KeyPermissions(
        can_read=flag(row, "enableReading"),
        can_trade=flag(row, trading),
        can_withdraw=flag(row, "enableWithdrawals"),
        is_ip_restricted=flag(row, "ipRestrict"),
    )


def map_account_permissions(answer: Any) -> KeyPermissions:
    """Return what the account may do, where nobody states the key's own rights (test networks)."""
    return KeyPermissions(
        can_read=True,  # It was just read
        can_trade=flag(as_row(answer), "canTrade"),
        can_withdraw=None,
        is_ip_restricted=None,
    )
