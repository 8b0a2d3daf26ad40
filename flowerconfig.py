"""Flower's settings: `celery -A tasks flower` is behind a password and read-only.

Flower without a password shows every argument and result to everybody, and with a password
but not read-only lets everybody who has it start tasks.
"""

import os

from tasks.configuration import load_celery_settings
from workers.supervisor.kept import flower_password

_settings = load_celery_settings()
_flower = _settings.flower

address = _flower.host
port = _flower.port
read_only = True
# Arguments and results are ids only: they say which order a line is about
tasks_columns = "name,state,args,result,received,runtime,worker,uuid"
max_tasks = 10_000  # Kept in memory; the store, not Flower, is the history

# A password that the user gave to Flower itself stays his own
if "FLOWER_BASIC_AUTH" not in os.environ:
    _password = (
        _flower.password.get_secret_value()
        if _flower.password
        else flower_password(_settings.data_dir)
    )
    basic_auth = [f"{_flower.user}:{_password}"]
