"""Keys that tell when they were made. Pure."""

from __future__ import annotations

from ulid import ULID


def made_at_ms(key: str) -> int | None:
    """Return when a key of the form that we make ourselves (a ULID) was made; None for others."""
    try:
        made = ULID.from_str(key)
    except ValueError:
        return None
    return made.milliseconds if str(made) == key else None


def is_made_by_time(key: str) -> bool:
    """Tell whether a store that has lost the key can still see that it is an old one."""
    return made_at_ms(key) is not None
