"""The one engine of this process: built when it is first asked for, closed with the process."""

from __future__ import annotations

import atexit
import os

from engine.bootstrap import Engine, build_engine
from engine.config import load_settings

_engines: dict[int, Engine] = {}


def get_engine() -> Engine:
    """Return this process's engine; a forked child builds its own, so no socket is shared."""
    engine = _engines.get(os.getpid())
    if engine is None:
        _engines.clear()  # The parent's: closing its sockets here would end them there
        engine = _engines[os.getpid()] = build_engine(load_settings())
        atexit.register(engine.close)
    return engine


def close_engine() -> None:
    """Close this process's engine; the next call of get_engine builds a new one."""
    engine = _engines.pop(os.getpid(), None)
    if engine is not None:
        engine.close()
