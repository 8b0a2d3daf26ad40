"""What the process does once from which every worker is forked; nothing connects here."""

from __future__ import annotations

import gc
import os

from engine.config.telling import NO_FILE
from engine.exchange.ccxt_class import load_exchange_class

os.environ["AUGUSTAN_CONFIG"] = NO_FILE  # Celery's own settings do not matter to the forks

import tests.crash_points.worker  # noqa: F401
from tasks.app import app

app.finalize(auto=True)
app.conf.humanize()  # Reads it
load_exchange_class("binance")().describe()
gc.collect()
gc.freeze()  # A collection in a fork would copy every page
