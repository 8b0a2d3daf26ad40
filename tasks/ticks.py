"""Beat's ticks: of two beats, one tick of each kind is let through."""

from __future__ import annotations

from engine.bootstrap import Engine

#: Which part of beat's interval one tick keeps the next away.
GUARD_SHARE = 0.8
SKIPPED = "another tick did it"
#: A sign of life older than this is forgotten.
SIGN_OF_LIFE_MS = 3_600_000


def take_tick(engine: Engine, name: str, guard_ms: int) -> bool:
    """Tell whether this tick is the one that works; others of its kind wait for `guard_ms`."""
    return engine.store.acquire_lease(f"tick:{name}", engine.random.nonce(), guard_ms)
