"""Which accounts a verb is about: a read shows all, a write names one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from engine.bootstrap import Engine
from engine.execution.context import AccountContext
from engine.order_manager import OrderManager
from engine.process_engine import get_engine

Function = TypeVar("Function", bound=Callable[..., Any])


def account_option(function: Function) -> Function:
    """Give a verb the option --account, as the argument `account` (None: not given)."""
    return click.option("--account", metavar="NAME", help="The account (else the only one).")(
        function
    )


def each_account(engine: Engine, name: str | None) -> tuple[AccountContext, ...]:
    """Return the named account, or all of them."""
    names = list(engine.settings.accounts) if name is None else [name]
    return tuple(engine.account(name) for name in names)


def order_manager() -> OrderManager:
    """Return the manager of every account: configuration and --live have decided about money."""
    return OrderManager(testnet=False, engine=get_engine())
