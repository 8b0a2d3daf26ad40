"""The yardstick: a Celery task that does nothing, on the same broker and the same worker."""

from __future__ import annotations

import time

from celery import Celery

from tasks.app import app

#: A lane of the general worker, and a quiet one.
LANE = "completion"
ANSWER_TIMEOUT_S = 30.0


@app.task(name="benchmarks.nothing", ignore_result=False)
def nothing() -> None:
    """Do nothing; the result is kept, so that somebody can wait for it."""


def round_trip_ms(client: Celery) -> float:
    """Return how long it takes from publishing the task until its result is here."""
    began_s = time.perf_counter()
    client.send_task("benchmarks.nothing", queue=LANE).get(timeout=ANSWER_TIMEOUT_S)
    return (time.perf_counter() - began_s) * 1000
