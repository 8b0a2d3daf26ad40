"""What the process imports from which Celery's are forked; nothing here reads settings."""

from __future__ import annotations

import gc
import sys

import celery.apps.beat
import celery.apps.worker
import celery.bin.celery
import celery.concurrency.prefork
import celery.worker.consumer  # noqa: F401

import tasks.archive
import tasks.emergency
import tasks.monitoring
import tasks.orders
import tasks.portfolio
import tasks.positions
import tasks.signals  # noqa: F401
import workers.warm_start  # noqa: F401
from engine.exchange.ccxt_class import load_exchange_class

load_exchange_class("binance")().describe()
# Their settings are those of each fork
assert "celeryconfig" not in sys.modules
gc.collect()
gc.freeze()  # A collection in a fork would copy every page
