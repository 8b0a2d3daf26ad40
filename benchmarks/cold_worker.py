"""Included in a Celery worker, it leaves out what warms a fresh process: for comparison only."""

from __future__ import annotations

from celery import signals

from workers import celery_worker

signals.worker_process_init.disconnect(celery_worker.build_engine)
signals.worker_init.disconnect(celery_worker.import_exchanges)
