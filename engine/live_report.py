"""What a live engine says of itself: each component, each account, and the only one at the top."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from engine.errors import EngineError
from engine.live_account import LiveAccount
from engine.live_status import DEGRADED, Document, ProcessLook, component
from engine.order_manager import OrderManager


def describe_engine(
    accounts: Mapping[str, LiveAccount],
    orders: OrderManager,
    processes: ProcessLook,
    *,
    is_running: bool,
    interval: str,
    initial_balance: Decimal,
    strategies: Sequence[str],
) -> dict[str, Any]:
    """Return the whole status; asks the workers who is there."""
    of_accounts = {
        name: account.describe() | processes.account(name) for name, account in accounts.items()
    }
    only = next(iter(of_accounts.values())) if len(of_accounts) == 1 else {}
    return {
        **only,
        "running": is_running,
        "interval": interval,
        "strategy": strategies[0] if len(strategies) == 1 else None,
        "strategies": list(strategies),
        "initial_balance": initial_balance,
        "accounts": of_accounts,
        "order_manager": _orders(orders, is_running=is_running),
        "position_manager": _positions(of_accounts),
        "portfolio_manager": _portfolios(of_accounts),
        "risk_manager": _risk(of_accounts),
        "signal_processor": _signals(of_accounts, is_running=is_running),
        "workers": processes.workers(),
        "beat": processes.beat(),
        "stream_listener": _streams(of_accounts),
    }


def _orders(orders: OrderManager, *, is_running: bool) -> Document:
    try:
        active = orders.get_active_orders()
    except EngineError as error:
        return component([str(error)], active_orders_count=None, in_doubt_count=None)
    is_deaf = is_running and not orders.is_monitoring
    return component(
        ["callbacks are not called any more" if is_deaf else ""],
        active_orders_count=len(active),
        in_doubt_count=sum(order.in_doubt for order in active),
        is_monitoring=orders.is_monitoring,
    )


def _positions(accounts: Mapping[str, Document]) -> Document:
    held = sum(one["open_positions_count"] for one in accounts.values())
    return component(_problems(accounts), open_positions_count=held)


def _portfolios(accounts: Mapping[str, Document]) -> Document:
    unknown = [name for name, one in accounts.items() if one["equity"] is None]
    problem = f"the equity of {', '.join(unknown)} is not known" if unknown else ""
    equity = {name: one["equity"] for name, one in accounts.items()}
    return component([problem], worst=DEGRADED, equity=equity)


def _risk(accounts: Mapping[str, Document]) -> Document:
    """Whether orders are let through at all; limits that are near are told, and no problem."""
    return component(
        [f"{name}: {one['trading']['problem']}" for name, one in accounts.items() if _bars(one)],
        trading_states={
            name: one["trading"].get("trading_state") for name, one in accounts.items()
        },
        limit_warnings={name: one.get("limit_warnings", {}) for name, one in accounts.items()},
    )


def _bars(account: Document) -> bool:
    return bool(account["trading"]["problem"])


def _signals(accounts: Mapping[str, Document], *, is_running: bool) -> Document:
    """Whether candles come in and strategies are asked; the counts of all accounts together."""
    counts: Counter[str] = Counter()
    problems = []
    for name, one in accounts.items():
        counts.update(one["signals"])
        problems += [f"{name}: {one['last_error']}"] if one["last_error"] else []
        if is_running and not one["running"]:
            problems.append(f"{name} is not followed")
    return component(problems, worst=DEGRADED, running=is_running, **counts)


def _streams(accounts: Mapping[str, Document]) -> Document:
    streams = {name: one["stream"] for name, one in accounts.items() if "stream" in one}
    problems = [f"{name}: {one['problem']}" for name, one in streams.items() if one["problem"]]
    return component(problems, worst=DEGRADED, accounts=streams)


def _problems(accounts: Mapping[str, Document]) -> list[str]:
    return [f"{name}: {one['problem']}" for name, one in accounts.items() if one["problem"]]
