"""What the process imports from which commands are forked; nothing connects or reads settings."""

from __future__ import annotations

import gc
from importlib import import_module

from engine.exchange.ccxt_class import load_exchange_class

VERBS = ("halt", "order", "portfolio", "positions", "reconcile", "signal", "status")
for module in (
    "tests.command",
    "tasks.dispatch",
    "engine.order_manager",
    "engine.execution.reconciling.reconcile",
    "workers.cli.main",
    *(f"workers.cli.{verb}" for verb in VERBS),
):
    import_module(module)
load_exchange_class("binance")().describe()
gc.collect()
gc.freeze()  # A collection in a fork would copy every page
