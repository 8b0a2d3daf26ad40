"""Binance USDⓈ-M's wallets and positions in our words. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.domain.derivative import position_name
from engine.domain.fill import RowKind
from engine.domain.income import Income
from engine.domain.report import Balance, Balances, HeldPosition, KeyPermissions
from engine.exchange.binance.futures_mapping import map_position_side
from engine.exchange.raw_answer import Unreadable
from engine.exchange.rows import (
    Row,
    as_row,
    as_rows,
    flag,
    identifier,
    number,
    optional_text,
    quantity,
    text,
    time_ms,
)

#: Kinds of income that trades tell themselves, to the digit.
OF_TRADES = frozenset({"REALIZED_PNL", "COMMISSION"})
#: Those that are about a contract; whatever is not here is a change of the wallet alone.
OF_CONTRACTS = {"FUNDING_FEE": RowKind.FUNDING, "INSURANCE_CLEAR": RowKind.INSURANCE}


def map_uid(answer: Any) -> str:
    """Return the account's own code: USDⓈ-M states it beside every asset, and no number."""
    codes = {text(row, "accountAlias") for row in as_rows(answer)}
    if len(codes) != 1:
        raise Unreadable(f"expected one account, got {len(codes)}")
    return codes.pop()


def map_balances(answer: Any, asked_at_ms: int, symbols: Mapping[str, str]) -> Balances:
    """Return the wallets and the contracts that are held, of one and the same moment.

    A wallet's total is its balance without unrealized profit; what is free counts that profit.
    """
    account = as_row(answer)
    rows = as_rows(account.get("assets"))
    assets = {text(row, "asset"): _wallet(row) for row in rows}
    if len(assets) != len(rows):
        raise Unreadable("an asset is listed twice")
    positions = [(name_of(row, symbols), row) for row in as_rows(account.get("positions"))]
    if len({name for name, _ in positions}) != len(positions):
        raise Unreadable("a position is listed twice")
    held = {name: number(row, "positionAmt") for name, row in positions}
    return Balances(
        assets={asset: wallet for asset, wallet in assets.items() if wallet.total or wallet.free},
        positions={name: amount for name, amount in held.items() if amount},
        updated_at_ms=max(
            [_changed_at_ms(row) for row in (*rows, *(p[1] for p in positions))] + [0]
        ),
        asked_at_ms=asked_at_ms,
    )


def _wallet(row: Row) -> Balance:
    free = quantity(row, "availableBalance")
    margin = quantity(row, "initialMargin")
    return Balance(free=free, used=number(row, "walletBalance") - free, margin=margin)


def _changed_at_ms(row: Row) -> int:
    """Return when the row last changed; 0 for one that never did."""
    at_ms = row.get("updateTime")
    if isinstance(at_ms, bool) or not isinstance(at_ms, int) or at_ms < 0:
        raise Unreadable(f"updateTime is {at_ms!r}, expected a time in ms")
    return at_ms


def name_of(row: Row, symbols: Mapping[str, str]) -> str:
    """Return the name of a position; a market that is not listed goes by Binance's own word."""
    word = text(row, "symbol")
    return position_name(symbols.get(word, word), map_position_side(row))


def map_positions(answer: Any, symbols: Mapping[str, str]) -> tuple[HeldPosition, ...]:
    """Return every position that is not flat, with its prices of this moment."""
    held = (_held(row, symbols) for row in as_rows(answer))
    return tuple(position for position in held if position.quantity)


def _held(row: Row, symbols: Mapping[str, str]) -> HeldPosition:
    return HeldPosition(
        name=name_of(row, symbols),
        quantity=number(row, "positionAmt"),
        entry_price=_price(row, "entryPrice"),
        mark_price=quantity(row, "markPrice"),
        unrealized_pnl=number(row, "unRealizedProfit"),
        liquidation_price=_price(row, "liquidationPrice"),
    )


def _price(row: Row, field: str) -> Decimal | None:
    """Return a price; Binance writes 0 where there is none."""
    price = number(row, field)
    return price if price > 0 else None


def map_account_config(answer: Any) -> KeyPermissions:
    """Return what the account may do, where nobody states the key's own rights."""
    return KeyPermissions(
        can_read=True,  # It was just read
        can_trade=flag(as_row(answer), "canTrade"),
        can_withdraw=None,
        is_ip_restricted=None,
    )


def map_income(answer: Any, symbols: Mapping[str, str]) -> tuple[Income, ...]:
    """Return the lines of the income history, those about trades marked as such."""
    return tuple(_income(row, symbols) for row in as_rows(answer))


def _income(row: Row, symbols: Mapping[str, str]) -> Income:
    word = text(row, "incomeType")
    market = optional_text(row, "symbol") if word in OF_CONTRACTS else None
    return Income(
        transaction_id=identifier(row, "tranId"),
        word=word,
        kind=None if word in OF_TRADES else OF_CONTRACTS.get(word, RowKind.TRANSFER),
        market=market,
        symbol=None if market is None else symbols.get(market, market),
        asset=text(row, "asset"),
        amount=number(row, "income"),
        booked_at_ms=time_ms(row, "time"),
    )
