"""The Celery app: `celery -A tasks worker`, `beat`, `flower`, `inspect`."""

from __future__ import annotations

from celery import Celery

app = Celery("augustan")
app.config_from_object("celeryconfig")
