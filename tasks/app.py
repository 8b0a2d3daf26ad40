"""The Celery app: `celery -A tasks worker`, `beat`, `flower`, `inspect`."""

from __future__ import annotations

import os
from pathlib import Path

from celery import Celery

# Flower looks for its settings in the folder that one stands in; elsewhere it would run
# without a password, and show everybody every task
os.environ.setdefault("FLOWER_CONF", str(Path(__file__).parents[1] / "flowerconfig.py"))

app = Celery("augustan")
app.config_from_object("celeryconfig")
